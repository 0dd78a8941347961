"""Plans that between them use every value, and what is read out of their manifests."""

import pytest

from dosefront.manifests import ClusterPlan

PLANS = {
    "default": ClusterPlan(),
    "ten kept": ClusterPlan(workers=10, min_workers=10, cpus=4, memory_gib=8, name="oncology"),
    "GPUs": ClusterPlan(workers=2, gpus=1, cpus=16, memory_gib=64, image="10.0.0.9:5000/ray@sha"),
}


@pytest.fixture(params=PLANS.values(), ids=PLANS.keys())
def plan(request: pytest.FixtureRequest) -> ClusterPlan:
    """Each of the plans in turn."""
    made: ClusterPlan = request.param
    return made
