"""Lets names such as `toy_environments:Counter` be imported."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _toys_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
