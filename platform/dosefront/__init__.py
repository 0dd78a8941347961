"""Dosefront: maps the trade-off between efficacy and toxicity of cancer drug combinations."""

__all__: list[str] = []
