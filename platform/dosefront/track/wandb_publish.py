"""A run at W&B for people: the front's chart, a saved workspace and a report, made once."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from dosefront.errors import TrackerError, UsageError
from dosefront.experiment import load_experiment
from dosefront.records import FrontSummary, RunFolder, parse_json, read_front, write_atomically
from dosefront.track.front_chart import chart_fields, chart_name, chart_strings, front_chart
from dosefront.track.wandb_session import account

try:
    import wandb_workspaces.reports.v2 as reports
    import wandb_workspaces.workspaces as workspaces
    from wandb_workspaces.expr import Metric
except ImportError:
    reports = workspaces = Metric = None

DISCLAIMER: Final = "In silico, for research use only; not for patient care."
TABLE: Final = "front_table"
"""Key of the front's table in the front's run."""


@dataclass(frozen=True)
class Published:
    """What stands at W&B now."""

    entity: str
    project: str
    chart: str
    """Of the front; W&B's editor of custom charts offers it by this name."""
    workspace_url: str
    report_url: str

    def to_mapping(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
        return asdict(self)


def publish_run(run_folder: RunFolder) -> Published:
    """Make or renew the chart, the workspace and the report of a run.

    What was made is noted in the run folder, so that a second time renews it, from another machine
    too. Only figures of whole cohorts are sent.

    Raises:
        UsageError: wandb-workspaces is not installed, or the folder holds no experiment.
        FrontError: the run has no front.
        TrackerError: there is no account, or W&B cannot be reached or refuses.
    """
    if reports is None:
        raise UsageError(
            "publishing needs wandb-workspaces, which is not installed. "
            "Install it: pip install 'dosefront[publish]'."
        )
    summary = read_front(run_folder.front_json)
    project = load_experiment(run_folder.experiment_yaml).tracking.wandb.project
    with account() as api:
        address = f"{api.settings['base_url']} in project {project}"
        try:
            entity = str(api.settings["entity"] or api.default_entity)
            noted = _Noted(run_folder.wandb / "published.json", f"{address} of {entity}")
            chart = _chart(api, entity, summary)
            panels = _panels(summary, chart)
            workspace = _workspace(summary, entity, project, panels=panels, noted=noted)
            report = _report(summary, entity, project, panels=panels, noted=noted)
            return Published(entity, project, chart, workspace.url, report.url)
        except UsageError:
            raise
        except Exception as error:  # of W&B's two libraries, each with errors of its own
            raise TrackerError(
                f"W&B did not take what was published to {address}: {error}. Check that the "
                "account may write there; `dosefront publish` again renews what is there."
            ) from error


@dataclass(frozen=True)
class _Noted:
    """What was made at an address before, in a file of the run folder."""

    path: Path
    address: str

    def read(self) -> dict[str, str]:
        """Ids by what they are of; empty before the first time."""
        found: dict[str, str] = self._all().get(self.address, {})
        return found

    def add(self, ids: dict[str, str]) -> None:
        """Note them beside those that are noted."""
        content = {**self._all(), self.address: {**self.read(), **ids}}
        self.path.parent.mkdir(exist_ok=True)
        write_atomically(self.path, json.dumps(content, indent=1).encode())

    def _all(self) -> dict[str, dict[str, str]]:
        try:
            stored: dict[str, dict[str, str]] = parse_json(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise UsageError(
                f"{self.path} cannot be read: {error}. Without it a second workspace and report "
                "are made: delete those at W&B, then this file."
            ) from error
        return stored


def _chart(api: Any, entity: str, summary: FrontSummary) -> str:
    """The name of the front's chart, which is made unless the entity has it."""
    specification = front_chart(summary.objectives)
    name = chart_name(specification)
    try:
        api.create_custom_chart(
            entity=entity,
            name=name,
            display_name="Dosefront front",
            spec_type="vega2",
            access="private",
            spec=specification,
        )
    except Exception as error:
        # The name follows from the content: one that is there is the same chart.
        if "exist" not in str(error).lower() and "duplicate" not in str(error).lower():
            raise
    return f"{entity}/{name}"


def _panels(summary: FrontSummary, chart: str) -> list[Any]:
    upwards, across = (objective.name for objective in summary.objectives[:2])
    return [
        reports.CustomChart(
            query={"summaryTable": {"tableKey": TABLE}},
            chart_name=chart,
            chart_fields=chart_fields(summary.objectives),
            chart_strings=chart_strings(summary.objectives),
            layout=reports.Layout(0, 0, 14, 10),
        ),
        reports.LinePlot(
            title="Hypervolume as trials end",
            x="trials_ended",
            y=["hypervolume", "hypervolume_comparators"],
            layout=reports.Layout(14, 0, 10, 10),
        ),
        reports.MediaBrowser(
            title="The front as it grew: move the slider",
            media_keys=["front_figure"],
            layout=reports.Layout(0, 10, 12, 10),
        ),
        reports.ScatterPlot(
            title="Trials",
            x=reports.SummaryMetric(f"eval/{across}"),
            y=reports.SummaryMetric(f"eval/{upwards}"),
            running_ymax=True,
            layout=reports.Layout(12, 10, 12, 10),
        ),
    ]


def _workspace(
    summary: FrontSummary, entity: str, project: str, *, panels: Sequence[Any], noted: _Noted
) -> Any:
    workspace = workspaces.Workspace(
        entity=entity,
        project=project,
        name=f"Front of {summary.run}",
        sections=[workspaces.Section(name="Front", panels=list(panels), is_open=True)],
        runset_settings=workspaces.RunsetSettings(filters=[_of_run(summary)]),
    )
    known = noted.read()
    if "workspace" in known:
        workspace._internal_id = known["workspace"]
        workspace._internal_name = known["workspace_name"]
    workspace.save()
    noted.add({"workspace": workspace._internal_id, "workspace_name": workspace._internal_name})
    return workspace


def _report(
    summary: FrontSummary, entity: str, project: str, *, panels: Sequence[Any], noted: _Noted
) -> Any:
    runs = reports.Runset(
        entity=entity, project=project, name=summary.run, filters=[_of_run(summary)]
    )
    report = reports.Report(
        entity=entity,
        project=project,
        title=f"Front of {summary.run}",
        description=DISCLAIMER,
        blocks=[
            reports.P(DISCLAIMER),
            *(reports.P(sentence) for sentence in _sentences(summary)),
            reports.PanelGrid(runsets=[runs], panels=list(panels)),
        ],
        width="fluid",
    )
    report.id = noted.read().get("report", "")
    report.save()
    noted.add({"report": report.id})
    return report


def _of_run(summary: FrontSummary) -> Any:
    return Metric("Group") == summary.run


def _sentences(summary: FrontSummary) -> list[str]:
    on_front = sum(point.on_front for point in summary.points)
    return [
        f"{summary.environment}, version {summary.environment_version}. {on_front} of "
        f"{len(summary.points)} policies are on the front, decided on {summary.select_patients:,} "
        f"patients; every figure is of {summary.held_out_patients:,} others.",
        f"Hypervolume {summary.hypervolume:.3f} of the reference box; conventional care "
        f"{summary.comparators_hypervolume:.3f}.",
    ]
