"""Weights & Biases as a window on a sweep; the one file that imports wandb."""

import logging
import os
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal

from dosefront.records import (
    FrontSummary,
    RunFolder,
    TrialRecord,
    TrialSpec,
    figures,
    front_rows,
)

try:
    import wandb
    from wandb.sdk.lib.wbauth import read_netrc_auth
except ImportError:
    IS_INSTALLED = False
else:
    IS_INSTALLED = True

logger = logging.getLogger(__name__)

Mode = Literal["auto", "online", "offline"]

INIT_SECONDS: Final = 20.0
"""How long one run waits for the server before the sweep goes on offline."""
FINISH_SECONDS: Final = 30.0
"""How long one run waits for its upload; the rest stays on disk for `wandb sync`."""


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
        os.environ.update(_environment(run_folder))
        self._went_offline = False
        self._trials: dict[str, Any] = {}
        self._front: Any = None
        try:
            self._is_online = mode == "online" or (mode == "auto" and _may_go_online())
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
        run.summary.update({"status": record.status, "wall_seconds": record.wall_seconds})
        if record.status == "failed":
            run.summary.update({"error": record.error})
            self._finish(self._trials.pop(record.spec.trial_id), exit_code=1)

    def front_changed(self, summary: FrontSummary, figure: Path | None) -> None:
        """Log the front, and close the runs of the trials that have come to it."""
        self._despite_the_network(lambda: self._show(summary, figure))
        for trial, points in groupby(summary.points, key=lambda point: point.trial):
            if trial in self._trials:
                run = self._trials.pop(trial)
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
        rows = front_rows(summary)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        data = [[row.get(column) for column in columns] for row in rows]
        shown: dict[str, Any] = {
            "trials_ended": len({point.trial for point in summary.points})
            + len(summary.failed_trials),
            "hypervolume": summary.hypervolume,
            "hypervolume_comparators": summary.comparators_hypervolume,
            "comparators_dominated": summary.comparators_dominated,
            "front_table": wandb.Table(columns=columns, data=data),
        }
        if figure is not None:
            shown["front_figure"] = wandb.Image(str(figure))
        self._front.log(shown)
        # A table is a file of its own; in the summary, the rows can be read where the run is.
        self._front.summary.update({"front_rows": rows})

    def _keep_front_file(self) -> None:
        artifact = wandb.Artifact(f"front-{self._run_id}", type="pareto-front")
        artifact.add_file(str(self._run_folder.front_json))
        self._front.log_artifact(artifact)

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
        run = self._open("front", name=self._run_id, job_type="front", config={"run": self._run_id})
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
                config={**spec.to_mapping(), "trial_id": spec.trial_id, "preferences": weights},
            )
            run.define_metric("steps")
            run.define_metric("*", step_metric="steps")
            self._trials[spec.trial_id] = run
        return self._trials[spec.trial_id]

    def _open(self, suffix: str, *, name: str, job_type: str, config: dict[str, Any]) -> Any:
        """A new W&B run; online if that works."""
        what = {"name": name, "job_type": job_type, "config": config}
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
        for name in _environment(self._run_folder):
            os.environ.pop(name, None)
            if name in self._environment_before:
                os.environ[name] = self._environment_before[name]

    def _where(self) -> str:
        if self._is_online:
            return f"online, project {self._project}, group {self._run_id}"
        folder = self._run_folder.wandb
        return f"offline, in {folder}; upload with: wandb sync {folder}/*run-*"


def _environment(run_folder: RunFolder) -> dict[str, str]:
    """Keeps W&B's files in the run folder, its crash reports at home and its terminal quiet."""
    folder = run_folder.wandb.resolve()
    return {
        "WANDB_DATA_DIR": str(folder / "data"),
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SILENT": "true",
    }


def _may_go_online() -> bool:
    """Whether this machine holds a W&B key and its user has not gone offline; asks no server."""
    settings = wandb.setup().settings
    if settings.mode != "online":  # WANDB_MODE, or W&B's own settings file
        return False
    return bool(settings.api_key or read_netrc_auth(host=settings.base_url))
