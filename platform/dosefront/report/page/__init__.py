"""The page of a run: its front, its regimens and what they do, in one file without a network."""

from dosefront.report.page.load import Progress, RunContents, load_run
from dosefront.report.page.page import page_content, page_html, page_sections

__all__ = ["Progress", "RunContents", "load_run", "page_content", "page_html", "page_sections"]
