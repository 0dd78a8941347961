"""Dosefront: maps the trade-off between efficacy and toxicity of cancer drug combinations."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("dosefront")
