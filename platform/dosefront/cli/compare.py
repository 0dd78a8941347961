"""The command that compares fronts."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dosefront.cli.arguments import AsJson, data, narration
from dosefront.errors import UsageError

LEGEND = (
    "Hypervolumes are shares of the reference box, interquartile means over seeds. Intervals over "
    "seeds: what other seeds might have given; over patients: these very policies on other "
    "patients. Distances are to what all fronts attain together; beyond: points that are worse "
    "than the reference in some objective. In silico, for research use only; not for patient care."
)


def compare(
    fronts: Annotated[
        list[str],
        typer.Argument(
            metavar="FRONT...",
            help="RUN, RUN:ALGORITHM, RUN:ALGORITHM:SEED, or a CSV or JSON file of points.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder for comparison.json and attainment.png."),
    ] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:SENSE:REFERENCE:IDEAL",
            help="Of files of points, e.g. toxicity:minimise:12:0; the first run's if left out.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare fronts: hypervolume with intervals, distances, and what each preference gets."""
    from dosefront.compare import compare_fronts, comparison_tables, parse_objective, read_sides

    if len(set(fronts)) < len(fronts) or len(fronts) < 2:
        raise UsageError(
            f"a comparison needs two different fronts or more; got {', '.join(fronts)}. "
            "Those of two algorithms of a run are RUN:ALGORITHM RUN:ALGORITHM."
        )
    objectives = tuple(parse_objective(each) for each in objective or ())
    comparison = compare_fronts(read_sides(fronts, objectives))
    text = json.dumps(comparison.to_mapping(), indent=2, allow_nan=False)
    if as_json:
        print(text)
    else:
        for table in comparison_tables(comparison):
            data.print(table)
            data.print()
        data.print(LEGEND, highlight=False)
    for note in comparison.notes:
        narration.print(f"Note: {note}", highlight=False)
    if out is None:
        narration.print("Next: dosefront compare ... --out FOLDER draws what each attains")
        return
    from dosefront.records import write_atomically

    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "comparison.json", f"{text}\n".encode())
    written = ["comparison.json"]
    if len(comparison.sides[0].objectives) == 2:
        from dosefront.report.comparison_figure import write_comparison_figure

        write_comparison_figure(comparison, out / "attainment.png")
        written.append("attainment.png")
    narration.print(f"Files: {out}: {', '.join(written)}", highlight=False)
