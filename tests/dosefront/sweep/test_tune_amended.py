"""What Tune costs a driver does not grow with the trials that have ended."""

from types import SimpleNamespace
from typing import Any

import pyarrow.fs
import pytest
import ray
from ray.exceptions import OutOfMemoryError
from ray.tune.execution import tune_controller
from ray.tune.experiment import Trial

from dosefront.sweep.tune_amended import FirstComeFirstServed, amend, forget


class CountedTrial:
    """A trial that counts how often its status is asked for."""

    asked = 0

    def __init__(self, status: str) -> None:
        self._status = status

    @property
    def status(self) -> str:
        CountedTrial.asked += 1
        return self._status


def controller(actors: dict[Any, str], *, starting: tuple[str, ...] = ()) -> SimpleNamespace:
    manager = SimpleNamespace(_live_actors_to_ray_actors_resources=dict.fromkeys(starting))
    inside = SimpleNamespace(_trial_to_actor=actors, _actor_manager=manager)
    return SimpleNamespace(_tune_controller=inside)


@pytest.mark.parametrize("ended", [10, 1000])
def test_each_step_looks_at_trials_that_wait_and_at_no_other(ended: int) -> None:
    scheduler = FirstComeFirstServed()
    for _ in range(ended):
        scheduler.on_trial_add(controller({}), CountedTrial(Trial.TERMINATED))
    waiting = CountedTrial(Trial.PENDING)
    scheduler.on_trial_add(controller({}), waiting)
    assert scheduler.choose_trial_to_run(controller({})) is waiting
    CountedTrial.asked = 0
    for _ in range(100):
        assert scheduler.choose_trial_to_run(controller({})) is waiting
    assert CountedTrial.asked == 100


def test_a_free_process_goes_to_a_trial_that_none_is_being_started_for() -> None:
    scheduler = FirstComeFirstServed()
    first, second, third = (CountedTrial(Trial.PENDING) for _ in range(3))
    for each in (first, second, third):
        scheduler.on_trial_add(controller({}), each)
    actors = {first: "starts", second: "has no machine yet"}
    assert scheduler.choose_trial_to_run(controller(actors, starting=("starts",))) is second
    assert scheduler.choose_trial_to_run(controller(actors)) is first


def test_where_every_trial_has_its_process_none_is_chosen() -> None:
    scheduler = FirstComeFirstServed()
    trial = CountedTrial(Trial.PENDING)
    scheduler.on_trial_add(controller({}), trial)
    assert scheduler.choose_trial_to_run(controller({trial: "a"}, starting=("a",))) is None


def test_of_a_report_tune_keeps_what_it_acts_on() -> None:
    report = {"done": True, "training_iteration": 3, "node_ip": "1.2.3.4", "pid": 5}
    result = {**report, "judgement": b"large", "config": {"trial": {}}, "steps": 7}
    forget(result)
    assert result == report


def test_a_checkpoint_of_a_trial_makes_tune_write_nothing_of_the_others(tmp_path: Any) -> None:
    amend()
    storage = SimpleNamespace(
        experiment_fs_path=str(tmp_path / "session"),
        storage_filesystem=pyarrow.fs.LocalFileSystem(),
        experiment_driver_staging_path=str(tmp_path / "staging"),
    )
    manager = tune_controller._ExperimentCheckpointManager(
        storage=storage, checkpoint_period="auto", sync_every_n_trial_checkpoints=1
    )

    class Owner:
        experiment_state_file_name = "experiment_state-now.json"
        saved = 0

        def save(self) -> None:
            self.saved += 1

    owner = Owner()
    manager.on_trial_checkpoint(object())
    manager.sync_up_experiment_state(owner.save)
    manager.sync_up_experiment_state(owner.save, force=True)
    assert owner.saved == 0
    assert not list(tmp_path.iterdir())
    manager.sync_up_experiment_state(owner.save, force=True, wait=True)
    assert owner.saved == 0
    assert (tmp_path / "session" / owner.experiment_state_file_name).read_bytes() == b"{}"


def test_a_process_that_is_ended_for_memory_before_it_reports_costs_its_trial_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    amend()

    def out_of_memory(_: object) -> None:
        raise OutOfMemoryError("1 worker was killed due to the node running low on memory")

    monkeypatch.setattr(ray, "get", out_of_memory)
    trial = Trial("nothing", stub=True, trial_id="a")
    trial._default_result_or_future = ray.ObjectRef(bytes(28), skip_adding_local_ref=True)
    assert trial.last_result == {"trial_id": "a"}
    assert trial._default_result_or_future is None
