"""Weights & Biases as a window on a sweep while it runs."""

import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal

from dosefront.records import (
    FrontPoint,
    FrontSummary,
    RunFolder,
    TrialRecord,
    TrialSpec,
    figures,
    front_rows,
    read_front,
    write_front,
)
from dosefront.track.disclosure import disclosed, error_name
from dosefront.track.wandb_session import IS_INSTALLED, may_go_online, wandb_environment

with suppress(ImportError):
    import wandb

logger = logging.getLogger(__name__)

Mode = Literal["auto", "online", "offline"]

INIT_SECONDS: Final = 20.0
"""How long one run waits for the server before the sweep goes on offline."""
FINISH_SECONDS: Final = 30.0
"""How long one run waits for its upload; the rest stays on disk for `dosefront sync`."""
LONGEST_TAG: Final = 64
"""Characters that W&B takes."""


class WandbTracker:
    """One W&B run per trial and one for the front, in one group; all files in the run folder.

    Only figures of whole cohorts are logged. Calls raise what W&B raises and wait as long as W&B
    waits: put it behind a `BackgroundTracker`.
    """

    def __init__(
        self, run_folder: RunFolder, run_id: str, *, project: str, mode: Mode = "auto"
    ) -> None:
        if not IS_INSTALLED:
            raise ImportError("wandb is not installed; install it, or set tracking.wandb.mode: off")
        self._run_folder = run_folder
        self._run_id = run_id
        self._project = project
        self._environment_before = dict(os.environ)
        os.environ.update(wandb_environment(run_folder))
        self._went_offline = False
        self._trials: dict[str, Any] = {}
        self._front: Any = None
        self._code: dict[str, Any] = {}
        try:
            self._is_online = mode == "online" or (mode == "auto" and may_go_online())
            self._front = self._open_front()
        except Exception:
            self._leave()
            raise
        logger.info("W&B: %s", self._where())

    def trial_progress(self, spec: TrialSpec, progress: Mapping[str, float]) -> None:
        """Log the progress to the trial's own run."""
        self._trial(spec).log(dict(progress))

    def trial_ended(self, record: TrialRecord) -> None:
        """Close the run of a failed trial; a finished one stays open for the front's verdict."""
        run = self._trial(record.spec)
        self._tell_code(record, run)
        run.summary.update({"status": record.status, "wall_seconds": record.wall_seconds})
        if record.status == "failed":
            run.summary.update({"error": error_name(record.error or "")})
            self._finish(self._trials.pop(record.spec.trial_id), exit_code=1)

    def front_changed(self, summary: FrontSummary, figure: Path | None) -> None:
        """Log the front, and close the runs of the trials that have come to it."""
        summary = disclosed(summary)
        self._despite_the_network(lambda: self._show(summary, figure))
        for trial, judged in groupby(summary.points, key=lambda point: point.trial):
            if trial in self._trials:
                run, points = self._trials.pop(trial), tuple(judged)
                self._keep_policy(run, points[0])
                for point in points:
                    # A policy that serves many preferences has figures for each.
                    of = "eval" if point.id == trial else f"eval/{point.preference}"
                    held_out = figures(point, summary.objectives)
                    run.summary.update({f"{of}/{name}": value for name, value in held_out.items()})
                    run.summary.update({f"{of}/on_front": point.on_front})
                self._finish(run)

    def close(self) -> None:
        """Close every run, keep the front as an artifact and end W&B's process."""
        try:
            for run in self._trials.values():  # trials that the end of the sweep interrupted
                self._finish(run, exit_code=1)
            if self._run_folder.front_json.exists():
                self._despite_the_network(self._keep_front_file)
            front, self._front = self._front, None
            self._finish(front)
        finally:
            self._leave()

    def _show(self, summary: FrontSummary, figure: Path | None) -> None:
        rows = _shown_rows(summary)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        data = [[row.get(column) for column in columns] for row in rows]
        upwards, across = summary.objectives[0].name, summary.objectives[1].name
        shown: dict[str, Any] = {
            "trials_ended": len({point.trial for point in summary.points})
            + len(summary.failed_trials),
            "hypervolume": summary.hypervolume,
            "hypervolume_comparators": summary.comparators_hypervolume,
            "comparators_dominated": summary.comparators_dominated,
            # The chart keeps its table as `front_table`.
            "front": wandb.plot.scatter(
                wandb.Table(columns=columns, data=data),
                across,
                upwards,
                title=f"{upwards} over {across}, held-out",
            ),
        }
        if summary.hypervolume_low is not None:
            shown["hypervolume_low"] = summary.hypervolume_low
            shown["hypervolume_high"] = summary.hypervolume_high
        if figure is not None:
            shown["front_figure"] = wandb.Image(str(figure))
        self._front.log(shown)
        # A table is a file of its own; in the summary, the rows can be read where the run is.
        self._front.summary.update({"front_rows": rows})

    def _keep_policy(self, run: Any, point: FrontPoint) -> None:
        """Keep the checkpoint as an artifact of its trial."""
        if point.checkpoint is None or not (self._run_folder.path / point.checkpoint).exists():
            return
        if self._went_offline and not run.offline:
            return  # begun before the server went; it would be waited for in vain
        artifact = wandb.Artifact(
            f"policy-{point.trial}", type="policy", metadata={"algorithm": point.algorithm}
        )
        try:
            artifact.add_file(str(self._run_folder.path / point.checkpoint))
            run.log_artifact(artifact)
        except Exception as error:
            if not self._is_online:
                raise
            self._go_offline(error)

    def _keep_front_file(self) -> None:
        artifact = wandb.Artifact(f"front-{self._run_id}", type="pareto-front")
        with tempfile.TemporaryDirectory() as name:
            copy = RunFolder(Path(name))
            write_front(copy, disclosed(read_front(self._run_folder.front_json)))
            artifact.add_file(str(copy.front_json))
        self._front.log_artifact(artifact)

    def _tell_code(self, record: TrialRecord, run: Any) -> None:
        """Which code made it: commit and versions, nothing of the machine."""
        told = ("commit", "versions", "environment")
        self._code = {name: record.provenance.get(name) for name in told}
        for each in (run, self._front):
            each.config.update({"code": self._code}, allow_val_change=True)

    def _despite_the_network(self, show: Callable[[], None]) -> None:
        """Show it; tables and artifacts ask the server, and where it is gone, show it offline."""
        try:
            show()
        except Exception as error:
            if not self._is_online:
                raise
            self._go_offline(error)
            show()

    def _open_front(self) -> Any:
        run = self._open(
            "front",
            name=self._run_id,
            job_type="front",
            tags=("dosefront", "front"),
            config={"run": self._run_id, "code": self._code},
        )
        run.define_metric("trials_ended")
        run.define_metric("*", step_metric="trials_ended")
        return run

    def _trial(self, spec: TrialSpec) -> Any:
        if spec.trial_id not in self._trials:
            weights = [dict(zip(spec.objectives, each, strict=True)) for each in spec.preferences]
            run = self._open(
                spec.trial_id,
                name=spec.label,
                job_type="train",
                tags=(
                    "dosefront",
                    spec.algorithm,
                    str(spec.scalarization["name"]),
                    f"seed {spec.seed}",
                    spec.environment[-LONGEST_TAG:],
                ),
                config={**spec.to_mapping(), "trial_id": spec.trial_id, "preferences": weights},
            )
            run.define_metric("steps")
            run.define_metric("*", step_metric="steps")
            self._trials[spec.trial_id] = run
        return self._trials[spec.trial_id]

    def _open(self, suffix: str, **what: Any) -> Any:
        """A new W&B run; online if that works."""
        if self._is_online:
            try:
                return self._init(f"{self._run_id}-{suffix}", mode="online", **what)
            except Exception as error:  # refused, unreachable, timed out: all the same to a sweep
                self._go_offline(error)
        # W&B keeps the name of a run that it failed to open, hence another one.
        ending = "-offline" if self._went_offline else ""
        return self._init(f"{self._run_id}-{suffix}{ending}", mode="offline", **what)

    def _init(self, wandb_id: str, *, mode: str, **what: Any) -> Any:
        settings = wandb.Settings(
            mode=mode,
            root_dir=str(self._run_folder.path.resolve()),
            init_timeout=INIT_SECONDS,
            finish_timeout=FINISH_SECONDS,
            finish_timeout_raises=True,
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            x_disable_machine_info=True,
            x_disable_stats=True,
        )
        return wandb.init(
            id=wandb_id,
            project=self._project,
            group=self._run_id,
            reinit="create_new",
            resume="allow",
            settings=settings,
            **what,
        )

    def _finish(self, run: Any, *, exit_code: int = 0) -> None:
        try:
            run.finish(exit_code=exit_code)
        except TimeoutError as error:
            self._go_offline(error)

    def _go_offline(self, error: Exception) -> None:
        if self._is_online:
            self._is_online = False
            self._went_offline = True
            logger.warning("W&B cannot be reached (%s); %s", error, self._where())
            if self._front is not None:
                unreachable, self._front = self._front, self._open_front()
                self._finish(unreachable, exit_code=1)

    def _leave(self) -> None:
        wandb.teardown()
        for name in wandb_environment(self._run_folder):
            os.environ.pop(name, None)
            if name in self._environment_before:
                os.environ[name] = self._environment_before[name]

    def _where(self) -> str:
        if self._is_online:
            return f"online, project {self._project}, group {self._run_id}"
        folder = self._run_folder.wandb
        return f"offline, in {folder}; upload with: dosefront sync {self._run_folder.path}"


def _shown_rows(summary: FrontSummary) -> list[dict[str, object]]:
    """The front's rows, each trial's with the artifact that holds its policy."""
    policies = {point.id: f"policy-{point.trial}:latest" for point in summary.points}
    return [{**row, "artifact": policies.get(str(row["id"]))} for row in front_rows(summary)]
