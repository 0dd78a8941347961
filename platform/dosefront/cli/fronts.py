"""Commands that read the front of a run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dosefront.cli.arguments import AsJson, Run, data, narration
from dosefront.errors import UsageError
from dosefront.records import FrontSummary, RunFolder, front_csv, read_front


def front(
    run: Run,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table as CSV.")] = False,
) -> None:
    """Show the front of a run, with conventional care on the same patients."""
    if as_json and as_csv:
        raise UsageError("--json and --csv were both asked for. Leave one out.")
    folder = RunFolder(run)
    summary = read_front(folder.front_json)
    if as_json:
        print(folder.front_json.read_text(encoding="utf-8"), end="")
        return
    if as_csv:
        print(front_csv(summary), end="")
        return
    print_front(summary, folder)


def export(
    run: Run,
    point: Annotated[
        str,
        typer.Option(
            metavar="ID", help="The point, as `dosefront front` shows it; its start if that is one."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder to write; RUN/policies/ID if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the policy of a point as a folder that posology and torch run without dosefront.

    It holds safetensors, JSON and a README; nothing in it is executed when it is read.
    """
    from dosefront.export import export_point

    name, folder = export_point(RunFolder(run), point, out.expanduser() if out else None)
    if as_json:
        files = sorted(file.name for file in folder.iterdir())
        print(json.dumps({"point": name, "folder": str(folder), "files": files}))
        return
    data.print(str(folder), highlight=False)
    narration.print(
        f"The policy of {name}. {folder / 'README.md'} shows how to run it.", highlight=False
    )


def print_front(summary: FrontSummary, folder: RunFolder) -> None:
    """Print a front as a table, a plot and the sentences that belong to them."""
    from dosefront.report import front_plot, front_table, hypervolume_sentence

    width = data.width
    data.print(front_table(summary, width=width))
    if len(summary.objectives) == 2:
        print(front_plot(summary, width=min(width, 100)))
    beaten = [point for point in summary.points if point.dominates]
    print()
    print(hypervolume_sentence(summary))
    if summary.comparators:
        print(
            f"comparators dominated by the front (means): {summary.comparators_dominated:.0%}; "
            f"{len(beaten)} of {len(summary.points)} policies beat at least one beyond 95 %"
        )
    for failed in summary.failed_trials:
        print(f"failed: {failed.label}: {failed.error.strip().splitlines()[-1]}")
    narration.print(
        f"Files: {folder.path}: {folder.front_json.name}, {folder.table_csv.name}, "
        f"{folder.front_png.name}, {folder.ledger.name}\n"
        f"Next: dosefront report {folder.path}, for a page to look at and decide from",
        highlight=False,
    )
