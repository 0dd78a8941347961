"""A sweep: every trial of an experiment on Ray Tune, nothing run twice, nothing finished lost."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import ray
from ray import tune
from rich.console import Console

from dosefront.errors import SweepIncomplete, UsageError
from dosefront.experiment import ExperimentSpec, ResourceSection, dump_resolved, load_experiment
from dosefront.records import FrontSummary, RunFolder, TrialSpec, locked
from dosefront.search import Search, most_trials, search_for
from dosefront.sweep.books import Books
from dosefront.sweep.checkpoints import Checkpoints
from dosefront.sweep.cluster import Places, check_address, ray_at
from dosefront.sweep.driver import Driver, StopWhenSaved
from dosefront.sweep.progress import progress_view
from dosefront.sweep.proposals import Proposals, Starts
from dosefront.sweep.reach import check_reach
from dosefront.sweep.rungs import council_here
from dosefront.sweep.stopping import Stopping
from dosefront.sweep.tune_amended import FirstComeFirstServed, amend
from dosefront.sweep.waiting import WaitForMachines
from dosefront.track import tracker_for
from dosefront.trial import TrialTrainable, configuration

AHEAD = 8
"""Planned trials that wait at a cluster beyond what it holds, so that one that grows has a reason
to; a search looks at the front first and asks for nothing ahead. This machine does not grow."""
REPORTS_A_SECOND = 50.0
"""That all trials together give the driver at most: each costs it a few milliseconds."""


@dataclass(frozen=True)
class _Setting:
    """Where a sweep runs, and who is told."""

    address: str
    max_wait: float | None
    console: Console
    trainable: type[tune.Trainable] = TrialTrainable


@dataclass(frozen=True)
class SweepResult:
    """A sweep that ran to its end."""

    folder: RunFolder
    summary: FrontSummary
    failed: int
    """Trials without a policy."""


def start_sweep(
    experiment: ExperimentSpec,
    folder: RunFolder,
    *,
    address: str,
    max_wait: float | None,
    console: Console,
    trainable: type[tune.Trainable] = TrialTrainable,
) -> SweepResult:
    """Run an experiment in a new folder.

    Args:
        experiment: what to run.
        folder: where its results go; it must not hold a run yet.
        address: of the Ray cluster; "local" starts one here, "auto" joins the one around us.
        max_wait: seconds without a machine that can take a trial, after which the sweep stops;
            None waits for as long as it takes.
        console: where progress is shown.
        trainable: what runs a trial; what is measured without training takes a stand-in's place.

    Raises:
        StorageError: the folder cannot be written.
        SweepIncomplete: no trial finished.
        SweepInterrupted: stopped by Ctrl-C.
        UsageError: the folder holds a run.
    """
    check_address(address)
    if folder.experiment_yaml.exists():
        raise UsageError(
            f"{folder.path} already holds a run. Finish it with `dosefront resume {folder.path}`, "
            "or choose another folder with --run-id or --out."
        )
    folder.create()
    with locked(folder):
        dump_resolved(experiment, folder.experiment_yaml)
        return _run(experiment, folder, _Setting(address, max_wait, console, trainable))


def resume_sweep(
    folder: RunFolder, *, address: str, max_wait: float | None, console: Console
) -> SweepResult:
    """Run what is missing of a run; what its ledger holds as finished is not run again."""
    check_address(address)
    if not folder.experiment_yaml.exists():
        raise UsageError(
            f"{folder.path} holds no run: it has no {folder.experiment_yaml.name}. "
            "Give the folder that `dosefront sweep` named."
        )
    folder.create()
    experiment = load_experiment(folder.experiment_yaml)
    with locked(folder):
        return _run(experiment, folder, _Setting(address, max_wait, console))


def _run(experiment: ExperimentSpec, folder: RunFolder, setting: _Setting) -> SweepResult:
    tracker = tracker_for(experiment.tracking, folder, folder.path.name)
    try:
        books = Books(folder, experiment, tracker)
        search = search_for(experiment)
        left = _left(books, search)
        if finished := books.counts[0]:
            most = most_trials(experiment)
            of = "" if most is None else f"of {most} "
            setting.console.print(f"{finished} {of}trials had finished already.")
        if left:
            _train(left, books, search, setting)
        else:
            books.complete_comparators()
        if summary := books.front():
            tracker.front_changed(summary, folder.front_png)
    finally:
        tracker.close()
    if summary is None:
        raise SweepIncomplete(
            f"none of {sum(books.counts)} trials finished; {folder.ledger} says why of each. "
            f"Correct the experiment, or run `dosefront resume {folder.path}`."
        )
    return SweepResult(folder, summary, len(summary.failed_trials))


def _left(books: Books, search: Search) -> tuple[TrialSpec, ...]:
    """The trials to run; of a search, those that are known already."""
    missing = books.missing()
    if books.experiment.search is None:
        return missing
    begun = books.interrupted()
    following = search.next(books.ended(), begun)
    return begun if following is None else (*begun, following)


def _train(trials: Sequence[TrialSpec], books: Books, search: Search, setting: _Setting) -> None:
    """Run trials and write down how each ends."""
    amend()
    resources, console = books.experiment.resources, setting.console
    starts = Starts(books.folder)
    for trial in trials:
        starts.read(trial)
    checkpoints = Checkpoints.at(resources.storage or books.folder.checkpoints)
    session = checkpoints.new_session()
    stopping = Stopping(console)
    places = Places(_bundles(trials[0].settings, resources)[0])
    waiting = WaitForMachines(places, stopping=stopping, console=console, max_wait=setting.max_wait)
    total = most_trials(books.experiment)
    view = progress_view(console, objectives=books.objectives, trials=total, ended=books.counts[0])
    driver = Driver(
        books,
        trials,
        view,
        stopping=stopping,
        total=total,
        on_save=lambda trial_id: checkpoints.forget(trial_id, but=session),
        note=lambda: waiting.note,
    )
    ahead, hours, scheduler = 0 if setting.address == "local" else AHEAD, None, None
    if section := books.experiment.search:
        ahead, hours, scheduler = 0, section.budget.hours, section.scheduler
    try:
        with ThreadPoolExecutor(1) as aside:
            care = aside.submit(books.write_comparators)  # Ray takes as long to start
            with ray_at(setting.address, note=books.folder.path / ".ray"), stopping.on_signals():
                check_reach(checkpoints)
                care.result()  # compiled the simulator; workers load it from the cache
                comparators = ray.put(books.comparators)
                council = scheduler and council_here(scheduler, books.objectives)
                proposals = Proposals(
                    search,
                    driver=driver,
                    books=books,
                    stopping=stopping,
                    is_room=lambda pending: (
                        pending < (resources.max_concurrent or places.count() + ahead)
                    ),
                    seconds=math.inf if hours is None else 3600.0 * hours,
                    configure=lambda spec: configuration(
                        spec,
                        start=starts.of(spec),
                        comparators=comparators,
                        council=council,
                        checkpoints=checkpoints.of(spec.trial_id),
                        bundles=_bundles(spec.settings, resources),
                        report_every=places.count() / REPORTS_A_SECOND,
                        hang_trace=books.folder.hang_trace(spec.trial_id),
                        hang_after=resources.hang_after,
                    ),
                )
                run_config = tune.RunConfig(
                    name=session,
                    storage_path=checkpoints.root,
                    callbacks=[driver, waiting],
                    stop=StopWhenSaved(stopping, driver),
                    failure_config=tune.FailureConfig(max_failures=resources.max_failures),
                    checkpoint_config=tune.CheckpointConfig(num_to_keep=1, checkpoint_at_end=False),
                    verbose=0,
                )
                _tuner(setting.trainable, proposals, run_config).fit()
    finally:
        view.close()
        driver.raise_fault()
    driver.check()
    driver.write_status("complete")
    checkpoints.clear()


def _tuner(
    trainable: type[tune.Trainable], proposals: Proposals, run_config: tune.RunConfig
) -> tune.Tuner:
    return tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=proposals,
            scheduler=FirstComeFirstServed(),
            num_samples=-1,
            reuse_actors=True,
            trial_name_creator=_trial_id,
            trial_dirname_creator=_trial_id,
        ),
        run_config=run_config,
    )


def _trial_id(trial: Any) -> str:
    return TrialSpec.from_mapping(trial.config["trial"]).trial_id


def _bundles(settings: Mapping[str, Any], resources: ResourceSection) -> list[dict[str, float]]:
    """What a trial takes: its own processors, and one for each process that samples for it."""
    own: dict[str, float] = {"CPU": resources.cpus_per_trial}
    if resources.memory_gb_per_trial is not None:
        own["memory"] = resources.memory_gb_per_trial * 2**30
    return [own] + [{"CPU": 1}] * settings.get("runners", 0)
