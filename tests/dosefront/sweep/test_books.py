"""The books of a run: what has ended is written down once, and stays."""

import dataclasses
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from ray.tune.result import SHOULD_CHECKPOINT
from rich.console import Console

import dosefront.sweep.books
import dosefront.sweep.driver
from dosefront.errors import StorageError, SweepInterrupted
from dosefront.evaluate import NetworkPolicy, PatientResults, policy_bytes
from dosefront.experiment import load_experiment
from dosefront.records import (
    Ledger,
    RunFolder,
    TrialRecord,
    TrialSpec,
    read_front,
    read_results,
    read_subgroups,
)
from dosefront.sweep.books import Books
from dosefront.sweep.driver import Driver
from dosefront.sweep.progress import PlainView
from dosefront.sweep.stopping import Stopping
from dosefront.track import RecordingTracker
from dosefront.trial import judge
from posology.dosing import conventional_care
from posology.patients import Cohort
from posology.treatment import Regimen

EXPERIMENT = """\
name: books
environment: {id: posology/DocetaxelCisplatin-v0, options: {decisions: due}}
objectives: [efficacy, toxicity]
cohorts: {seed: 3, train: 10, select: 20, held_out: 30}
weights: [[1, 0], [0, 1]]
algorithms: [{name: PPO}]
"""


@pytest.fixture
def books(tmp_path: Path) -> Books:
    file = tmp_path / "books.yaml"
    file.write_text(EXPERIMENT)
    folder = RunFolder(tmp_path / "run")
    folder.create()
    made = Books(folder, load_experiment(file), RecordingTracker())
    made.write_comparators()
    return made


def results(efficacy: float, patients: int) -> PatientResults:
    rng = np.random.default_rng(0)
    returns = np.stack([efficacy + 0.01 * rng.random(patients), -rng.random(patients)], axis=1)
    return PatientResults(returns, {"cycles": np.full(patients, 6.0)})


def report(books: Books, spec: TrialSpec, *efficacies: float) -> dict:
    """A trial's last report, with an efficacy for each of its preferences."""
    weights = [np.zeros((25, 36), np.float32)]
    policy = NetworkPolicy(weights, [np.zeros(25, np.float32)], "tanh", {})
    judgement = judge(
        policy_bytes(policy),
        spec,
        select=[results(each, 20) for each in efficacies],
        held_out=[results(each, 30) for each in efficacies],
        comparators=books.comparators,
    )
    return {"judgement": judgement, "steps": 100, "wall_seconds": 1.0}


def test_a_finished_trial_is_stored_and_no_longer_missing(books: Books) -> None:
    first, second = books.missing()
    record = books.finished(first, report(books, first, 0.2))
    assert books.missing() == (second,)
    assert (books.folder.path / record.checkpoint).exists()
    assert record.judged[0].paired["no-treatment"][0].low > 0.0
    assert [p.id for p in read_front(books.folder.front_json).points] == [first.trial_id]
    assert books.tracker.records == [record]
    assert len(books.tracker.fronts) == 1


def test_a_failed_trial_is_told_and_stays_missing(books: Books) -> None:
    first, second = books.missing()
    books.finished(second, report(books, second, 0.2))
    books.failed(first, "ValueError: NaN", steps=5, seconds=1.0)
    assert books.missing() == (first,)
    assert [each.id for each in books.front().failed_trials] == [first.trial_id]


def test_what_a_diverged_trial_learned_from_is_kept_beside_it(books: Books) -> None:
    first, _ = books.missing()
    result = {"error": "training diverged", "batch": b"columns", "steps": 5, "wall_seconds": 1.0}
    receiver = driver(books)
    receiver.on_trial_result(1, [], None, {**result, "trial": first.trial_id, "done": True})
    assert (books.folder.trial(first.trial_id) / "batch.npz").read_bytes() == b"columns"
    (record,) = Ledger(books.folder.ledger).read().trials
    assert (record.status, record.error, record.judged) == ("failed", "training diverged", ())


def test_a_trial_judged_at_many_preferences_stores_the_results_of_each(books: Books) -> None:
    spec = dataclasses.replace(books.missing()[0], preferences=((1.0, 0.0), (0.0, 1.0)))
    efficacies = (0.2, 0.4)
    record = books.finished(spec, report(books, spec, *efficacies))
    assert [judged.weights for judged in record.judged] == list(spec.preferences)
    for number, (judged, each) in enumerate(zip(record.judged, efficacies, strict=True)):
        returns = results(each, 30).returns
        assert judged.held_out.value_vector[0].value == pytest.approx(returns[:, 0].mean())
        with np.load(books.folder.trial(spec.trial_id) / f"held-out-{number}.npz") as stored:
            assert (stored["returns"] == returns).all()
    points = read_front(books.folder.front_json).points
    assert [point.id for point in points] == [spec.point_id(0), spec.point_id(1)]


def test_the_ledger_is_read_once_and_what_follows_is_known(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = books.missing()
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "read", None)
        books.finished(first, report(books, first, 0.2))
        books.finished(second, report(books, second, 0.3))
        known = books.front()
    assert known == Books(books.folder, books.experiment, books.tracker).front()
    assert len(known.points) == 2


def test_the_figure_is_drawn_at_times_and_told_when_it_was(books: Books) -> None:
    for number, trial in enumerate(books.missing()):
        books.finished(trial, report(books, trial, 0.2 + 0.1 * number))
    told = [figure for _, figure in books.tracker.fronts]
    assert told == [books.folder.front_png, None]
    before = books.folder.front_png.read_bytes()
    books.front()
    assert books.folder.front_png.read_bytes() != before


def test_comparators_are_written_down_once(books: Books) -> None:
    before = books.folder.ledger.read_bytes()
    books.write_comparators()
    assert books.folder.ledger.read_bytes() == before
    offered = conventional_care(Regimen.labelled("docetaxel-cisplatin"))
    written = [each.name for each in Ledger(books.folder.ledger).read().comparators]
    assert written == [each.name for each in offered]


def test_comparators_results_of_each_held_out_patient_are_kept(books: Books) -> None:
    for each in books.comparators:
        stored = read_results(books.folder.comparator_results(each.name))
        assert (stored.returns == each.held_out.returns).all()
        assert stored.outcome() == each.held_out.outcome()
    masks = read_subgroups(books.folder)
    held_out = Cohort.virtual(30, seed=3, split="held-out", regimen="docetaxel-cisplatin")
    assert (masks["female"] == held_out.covariates.female).all()
    assert (masks["age_65_or_over"] == (held_out.covariates.age_years >= 65.0)).all()


def test_what_an_earlier_version_did_not_write_is_written_and_nothing_else(books: Books) -> None:
    ledger = books.folder.ledger.read_bytes()
    path = books.folder.comparator_results("label-with-rules")
    content = path.read_bytes()
    path.unlink()
    Books(books.folder, books.experiment, books.tracker).complete_comparators()
    assert path.read_bytes() == content
    assert books.folder.ledger.read_bytes() == ledger


def test_another_version_of_the_environment_makes_every_record_old(books: Books) -> None:
    books.finished(books.missing()[0], report(books, books.missing()[0], 0.2))
    books._provenance = {**books._provenance, "environment": {"id": "x", "version": "9"}}
    assert len(books.missing()) == 2
    assert books.front() is None


def test_a_full_disk_loses_nothing_that_had_finished(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = books.missing()
    books.finished(first, report(books, first, 0.2))
    before = books.folder.ledger.read_bytes()

    def full(path: Path, content: bytes) -> None:
        raise StorageError(f"cannot write {path}: No space left on device. Free disk space.")

    monkeypatch.setattr(dosefront.sweep.books, "write_atomically", full)
    with pytest.raises(StorageError, match="Free disk space"):
        books.finished(second, report(books, second, 0.3))
    assert books.folder.ledger.read_bytes() == before
    assert books.missing() == (second,)


def test_a_front_that_finds_no_room_takes_nothing_back(
    books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = books.missing()

    def full(*_: object) -> None:
        raise StorageError("cannot write front.json: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr(dosefront.sweep.books, "write_front", full)
        receiver = driver(books)
        receiver.on_trial_result(
            1, [], None, {**report(books, first, 0.2), "trial": first.trial_id}
        )
        with pytest.raises(StorageError):
            books.front()
    assert [each.status for each in Ledger(books.folder.ledger).read().trials] == ["finished"]
    assert "the front will be written later: cannot write front.json" in caplog.text
    assert books.missing() == (second,)
    assert [point.id for point in books.front().points] == [first.trial_id]


def test_a_status_that_finds_no_room_is_told_once_and_costs_nothing(
    books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = driver(books)

    def full(*_: object) -> None:
        raise StorageError("cannot write status.json: No space left on device.")

    monkeypatch.setattr(dosefront.sweep.driver, "STATUS_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(dosefront.sweep.driver, "write_status", full)
        for iteration in range(3):
            receiver.on_step_begin(iteration, [])
    assert caplog.text.count("cannot write status.json") == 1
    receiver.on_step_begin(3, [])
    assert books.folder.status_json.exists()


def test_a_sweep_that_stops_waits_for_what_ran_and_for_nothing_that_begins(books: Books) -> None:
    stopping = Stopping(Console(file=io.StringIO()))
    receiver = driver(books, stopping)
    first, second = books.missing()

    def reports(spec: TrialSpec) -> bool:
        """Whether the trial is told to save itself."""
        result = {"trial": spec.trial_id, "steps": 10, "seconds": 1.0, "scalar_return": 0.0}
        result["return_vector"] = (0.0, 0.0)
        receiver.on_trial_result(1, [], None, result)
        return result.get(SHOULD_CHECKPOINT, False)

    assert not reports(first)
    stopping.ask("enough", error=SweepInterrupted)
    assert not reports(second)
    assert not receiver.is_idle
    assert reports(first)
    receiver.on_trial_complete(1, [], SimpleNamespace(config={"trial": first.to_mapping()}))
    assert receiver.is_idle


def driver(books: Books, stopping: Stopping | None = None) -> Driver:
    console = Console(file=io.StringIO())
    view = PlainView(console, objectives=books.objectives, trials=2, ended=0)
    return Driver(books, books.missing(), view, stopping=stopping or Stopping(console), total=2)


def test_a_process_that_dies_after_its_report_takes_nothing_back(books: Books) -> None:
    first, _ = books.missing()
    receiver = driver(books)
    result = {**report(books, first, 0.2), "trial": first.trial_id, "done": True}
    receiver.on_trial_result(1, [], None, result)
    dead = SimpleNamespace(config={"trial": first.to_mapping()}, error_file=None)
    receiver.on_trial_error(1, [], dead)
    statuses = {
        record.spec.trial_id: record.status
        for record in Ledger(books.folder.ledger).read().trials
        if isinstance(record, TrialRecord)
    }
    assert statuses == {first.trial_id: "finished"}


def test_a_trial_that_hung_and_goes_on_is_told_as_one(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = books.missing()
    trace = books.folder.hang_trace(first.trial_id)
    trace.parent.mkdir()
    trace.write_text('Thread 0x1 (most recent call first):\n  File "pump.py", line 3 in wait\n')
    receiver, told = driver(books), []
    monkeypatch.setattr(receiver._view, "retried", lambda spec, reason: told.append(reason))
    receiver.on_trial_recover(1, [], SimpleNamespace(config={"trial": first.to_mapping()}))
    (reason,) = told
    assert "line 3 in wait" in reason
    assert reason.splitlines()[-1].startswith("no sign of life for too long")


def test_missing_trials_mean_the_sweep_was_stopped(books: Books) -> None:
    with pytest.raises(SweepInterrupted, match=r"2 trials missing; .*dosefront resume"):
        driver(books).check()


def test_intervals_over_patients_wait_for_the_end_of_the_sweep(books: Books) -> None:
    first = books.missing()[0]
    books.finished(first, report(books, first, 0.2))
    during = read_front(books.folder.front_json)
    assert during.points[0].probability_nondominated is during.hypervolume_low is None
    assert during.history[0].trials_ended == 1
    assert books.front() == read_front(books.folder.front_json)
    after = read_front(books.folder.front_json)
    assert after.points[0].probability_nondominated == 1.0
    assert after.hypervolume_low < after.hypervolume < after.hypervolume_high
    (own,) = after.hypervolume_per_seed
    assert (own.low, own.high) == (after.hypervolume_low, after.hypervolume_high)
