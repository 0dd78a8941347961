"""The books of a run: what has ended is written down once, and stays."""

import dataclasses
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

import dosefront.sweep.books
from dosefront.errors import StorageError, SweepInterrupted
from dosefront.evaluate import NetworkPolicy, PatientResults, policy_bytes
from dosefront.experiment import load_experiment
from dosefront.records import Ledger, RunFolder, TrialRecord, TrialSpec, read_front
from dosefront.sweep.books import Books
from dosefront.sweep.driver import Driver
from dosefront.sweep.judgement import judge
from dosefront.sweep.progress import PlainView
from dosefront.sweep.stopping import Stopping
from dosefront.track import RecordingTracker
from posology.dosing import conventional_care
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
    record = books.finished(spec, report(books, spec, 0.2, 0.4))
    assert [judged.weights for judged in record.judged] == list(spec.preferences)
    for number, (judged, each) in enumerate(zip(record.judged, (0.2, 0.4), strict=True)):
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


def test_another_version_of_the_environment_makes_every_record_old(books: Books) -> None:
    first, _ = books.missing()
    books.finished(first, report(books, first, 0.2))
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


def driver(books: Books) -> Driver:
    console = Console(file=io.StringIO())
    view = PlainView(console, objectives=books.objectives, trials=2, ended=0)
    return Driver(books, books.missing(), view, stopping=Stopping(console), total=2)


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


def test_missing_trials_mean_the_sweep_was_stopped(books: Books) -> None:
    with pytest.raises(SweepInterrupted, match=r"2 trials missing; .*dosefront resume"):
        driver(books).check()
