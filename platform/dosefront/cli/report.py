"""The command that writes a run's page."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dosefront.cli.arguments import AsJson, Run, data, narration, progress_bar
from dosefront.records import RunFolder, write_atomically


def report(
    run: Run,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write; RUN/report.html if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the front, its regimens and what they do to patients as one page for a browser.

    The page needs no network. Courses of treatment are rolled out once and kept in the run.
    """
    from dosefront.report.page import load_run, page_html

    path = run / "report.html" if out is None else out.expanduser()
    with progress_bar() as bar:
        task = bar.add_task("courses")
        contents = load_run(
            RunFolder(run),
            lambda done, total, arm: bar.update(
                task, completed=done, total=total, description=f"courses of {arm}"
            ),
        )
    page = page_html(contents).encode()
    write_atomically(path, page)
    for reason in contents.missing:
        narration.print(f"Left out: {reason}", highlight=False, markup=False)
    if as_json:
        print(json.dumps({"page": str(path), "bytes": len(page), "left_out": contents.missing}))
        return
    data.print(str(path), highlight=False, markup=False)
    narration.print(
        f"{len(page) / 1e6:.1f} MB, one file. Next: open {path} in a browser.",
        highlight=False,
        markup=False,
    )
