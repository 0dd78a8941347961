"""What we amend of Ray Tune, so that a sweep survives what it must and costs what it should."""

from pathlib import Path
from typing import Any

from ray.air.execution._internal import actor_manager
from ray.exceptions import OutOfMemoryError, RayActorError
from ray.tune.execution import tune_controller
from ray.tune.experiment import Trial
from ray.tune.result import DONE, NODE_IP, PID, SHOULD_CHECKPOINT, TRAINING_ITERATION
from ray.tune.schedulers import FIFOScheduler

KEPT = frozenset((DONE, NODE_IP, PID, SHOULD_CHECKPOINT, TRAINING_ITERATION))
"""Entries of a report that Tune acts on after our callbacks have seen it."""
_TUNES_DEFAULT_RESULT = Trial._get_default_result_or_future


def amend() -> None:
    """Amend Tune in this process; once is enough, and more does no harm.

    Tune gives the whole sweep up when Ray ends one process for want of memory: it does not count
    that among the deaths of an actor. Here it is one, so that the trial alone is tried again, also
    where the process had not told yet on which machine it is.

    After every checkpoint of any trial, Tune writes down what it knows of all trials. We never read
    that, since the ledger holds more; Tune itself needs a file of that name when it ends.
    """
    for module in (actor_manager, tune_controller):
        module.RayActorError = (RayActorError, OutOfMemoryError)
    Trial._get_default_result_or_future = _default_result
    manager = tune_controller._ExperimentCheckpointManager
    manager.sync_up_experiment_state = _keep_nothing


def _default_result(trial: Trial) -> dict[str, Any] | None:
    """Stands in for Tune's own, which it asks; nothing where that process was ended for memory."""
    try:
        found: dict[str, Any] | None = _TUNES_DEFAULT_RESULT(trial)
    except OutOfMemoryError:
        found = trial._default_result_or_future = None
    return found


def _keep_nothing(manager: Any, save_fn: Any, *, force: bool = False, wait: bool = False) -> None:
    """Stands in for Tune's own: at the sweep's end, an empty account where Tune looks for one."""
    if wait:
        controller, storage = save_fn.__self__, manager._storage
        place = Path(storage.experiment_fs_path, controller.experiment_state_file_name)
        storage.storage_filesystem.create_dir(storage.experiment_fs_path, recursive=True)
        with storage.storage_filesystem.open_output_stream(place.as_posix()) as file:
            file.write(b"{}")


class FirstComeFirstServed(FIFOScheduler):  # type: ignore[misc]  # Ray carries no types
    """A process that has become free goes to the first trial that none is being started for.

    Tune's own scheduler gives it to the first that waits, and ends the process that was being
    started for that one; where trials are shorter than starts, that is every process but one. It
    also looks through all trials, the ended ones too, at each step. None of ours is ever paused.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[Any, None] = {}
        """Trials in the order in which they were asked for; some may have begun."""

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """A trial is asked for, or is to be tried again."""
        self._waiting[trial] = None

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        """The first trial that waits for a machine."""
        controller = tune_controller._tune_controller
        starting = controller._actor_manager._live_actors_to_ray_actors_resources
        for trial in list(self._waiting):
            if trial.status != Trial.PENDING:
                del self._waiting[trial]
            elif controller._trial_to_actor.get(trial) not in starting:
                return trial
        return None


def forget(result: dict[str, Any]) -> None:
    """Leave of a report what Tune acts on; it keeps each trial's last one until the sweep ends."""
    for name in result.keys() - KEPT:
        del result[name]
