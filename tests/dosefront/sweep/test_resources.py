"""What a trial takes of the cluster."""

import pytest

from dosefront.experiment import ResourceSection
from dosefront.sweep.sweep import _bundles

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("settings", "bundles"),
    [
        ({}, [{"CPU": 2.0}]),
        ({"runners": 0}, [{"CPU": 2.0}]),
        ({"runners": 3}, [{"CPU": 2.0}, {"CPU": 1.0}, {"CPU": 1.0}, {"CPU": 1.0}]),
    ],
)
def test_a_trial_takes_its_processors_and_one_for_each_process_that_samples(
    settings: dict[str, int], bundles: list[dict[str, float]]
) -> None:
    assert _bundles(settings, ResourceSection(cpus_per_trial=2)) == bundles
