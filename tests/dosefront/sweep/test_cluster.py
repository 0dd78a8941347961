"""Which Ray a sweep runs on."""

from pathlib import Path

import pytest
from rich.console import Console

from dosefront.errors import UsageError
from dosefront.experiment import ExperimentSpec
from dosefront.records import RunFolder
from dosefront.sweep import resume_sweep, start_sweep

pytestmark = pytest.mark.integration


def test_ray_s_client_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    given = {"address": "ray://head:10001", "max_wait": None, "console": Console()}
    spec = ExperimentSpec.model_construct()
    for ask in (lambda: start_sweep(spec, folder, **given), lambda: resume_sweep(folder, **given)):
        with pytest.raises(UsageError, match=r"ray://head:10001.*dosefront submit FILE"):
            ask()
    assert not folder.path.exists()
