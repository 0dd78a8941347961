"""Dosefront: maps the trade-off between efficacy and toxicity of cancer drug combinations."""

from dosefront.errors import DosefrontError

__all__ = ["DosefrontError"]
