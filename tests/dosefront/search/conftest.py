"""What the tests of searches share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for simulated, which registers an environment

from simulated import FRONTS


@pytest.fixture(params=FRONTS)
def shape(request: pytest.FixtureRequest) -> str:
    """Each front's name."""
    return request.param
