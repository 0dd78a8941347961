"""Stopping early while a sweep runs: trials at a rung ask one actor, which has heard of the others.

It is asked by the trial's own process, between two slices of training: Tune's schedulers would end
that process, and the policy with it. A trial that stops here is judged as it stands.
"""

from collections.abc import Sequence
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from dosefront.experiment import SchedulerSection
from dosefront.front import Objective
from dosefront.records import TrialSpec
from dosefront.search import Reached, rungs, stops


class Council:
    """Remembers what trials had reached at each rung; a driver after a crash begins a new one."""

    def __init__(self, scheduler: SchedulerSection, objectives: Sequence[Objective]) -> None:
        self._scheduler, self._objectives = scheduler, tuple(objectives)
        self._reached: dict[int, dict[str, Reached]] = {}

    def stops(self, trial: dict[str, Any], steps: int, return_vector: tuple[float, ...]) -> bool:
        """Whether a trial stops after so many steps.

        Args:
            trial: its spec, as JSON holds it.
            steps: environment steps it has taken.
            return_vector: mean of its recent training courses, maximised.
        """
        spec = TrialSpec.from_mapping(trial)
        heights = [each for each in rungs(self._scheduler, spec.steps) if each <= steps]
        if not heights or spec.trial_id in self._reached.get(heights[-1], {}):
            return False
        others = self._reached.setdefault(heights[-1], {})
        reached = Reached(spec, return_vector)
        is_stopped = stops(
            reached,
            tuple(others.values()),
            scheduler=self._scheduler,
            objectives=self._objectives,
        )
        others[spec.trial_id] = reached
        return is_stopped


def council_here(scheduler: SchedulerSection, objectives: Sequence[Objective]) -> Any:
    """A council as an actor on the driver's own machine: the others may die and come back."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(num_cpus=0, scheduling_strategy=here)(Council)
    return actor.remote(scheduler, tuple(objectives))
