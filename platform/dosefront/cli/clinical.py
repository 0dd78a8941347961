"""Commands that try the policies of a run on virtual patients of one's choice."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from dosefront.cli.arguments import AsJson, Run, data, narration
from dosefront.errors import UsageError
from dosefront.records import RunFolder, storage_error, subgroups_bytes, write_atomically

if TYPE_CHECKING:
    from dosefront.clinical import Evaluation, Headline, Shift
    from dosefront.clinical.evaluation import Tell

Points = Annotated[
    list[str] | None,
    typer.Option("--point", metavar="ID", help="A point, as `dosefront front` shows it; repeated."),
]
Cohort = Annotated[
    str | None,
    typer.Option(
        metavar="held-out|select|SEED",
        help="The run's own patients, or new ones of a seed; new ones if left out.",
    ),
]
Group = Annotated[
    str | None,
    typer.Option(metavar="GROUP", help="Patients of a group only, e.g. age_65_or_over."),
]
Circumstances = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        metavar="KEY=VALUE",
        help="An option of the environment that differs from the run's, e.g. adherence=0.8.",
    ),
]


def evaluate(
    run: Run,
    points: Points = None,
    cohort: Cohort = None,
    n: Annotated[
        int | None, typer.Option(help="Patients; as many as held-out if left out.")
    ] = None,
    subgroup: Group = None,
    scenario: Circumstances = None,
    with_shift: Annotated[
        bool,
        typer.Option("--shift", help="Also on older patients, impaired kidneys, other ancestry."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write JSON, CSV and each patient there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try the policies on the front again, with conventional care on the same patients.

    What is on the front stays as the run decided it: nothing is chosen by what is found here.
    """
    from dosefront import clinical
    from dosefront.evaluate import Archive

    archive = Archive.read(RunFolder(run))
    asked = [archive.point(each) for each in points or ()]
    treated = asked or [point for point in archive.summary.points if point.on_front]
    chosen: dict[str, Any] = {"cohort": cohort, "number": n, "scenario": _values(scenario)}
    patients = clinical.chosen_patients(clinical.shared_spec(archive), subgroup=subgroup, **chosen)
    if with_shift and subgroup is not None:
        raise UsageError("--shift tries every group itself. Leave out --subgroup, or --shift.")
    with _waiting() as tell:
        found = clinical.evaluate(archive, patients, points=treated, tell=tell)
        shifted = (
            clinical.shift(archive, points=treated, tell=tell, **chosen) if with_shift else None
        )
    if out is not None:
        _write_evaluation(found, shifted, out.expanduser())
    if as_json:
        print(json.dumps(_evaluation_mapping(found, shifted), indent=2, allow_nan=False))
        return
    _print_evaluation(found, shifted)
    following = "headline" if clinical.has_headline(found.arms[0].results) else "front"
    narration.print(f"Next: dosefront {following} {run}", highlight=False)


def headline(
    run: Run,
    points: Points = None,
    cohort: Cohort = None,
    n: Annotated[int, typer.Option(help="Patients.")] = 2847,
    draws: Annotated[
        int, typer.Option(min=0, help="Draws of the population's parameters; 0 for no band.")
    ] = 20,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder to write; RUN/headline.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Response and serious adverse events of chosen policies against the usual care.

    Left to itself, it takes out of the front the policy with most response among those with no more
    serious adverse events than the usual care, and the reverse, both by the select cohort.
    """
    from dosefront import clinical
    from dosefront.evaluate import Archive
    from dosefront.report.headline import headline_csv, headline_markdown

    folder = RunFolder(run)
    archive = Archive.read(folder)
    if cohort == "select":
        raise UsageError("policies are chosen on select. Report on held-out, or on new patients.")
    chosen = clinical.choices(archive, tuple(points or ()))
    spec = clinical.shared_spec(archive)
    patients = clinical.chosen_patients(spec, cohort=cohort, number=n)
    with _waiting() as tell:
        found = clinical.headline(archive, patients, chosen=chosen, draws=draws, tell=tell)
    path = folder.path / "headline" if out is None else out.expanduser()
    mapping = json.dumps(found.to_mapping(), indent=2, allow_nan=False)
    files = {"md": headline_markdown(found), "csv": headline_csv(found), "json": f"{mapping}\n"}
    _write(path, {f"headline.{ending}": text.encode() for ending, text in files.items()})
    if as_json:
        print(mapping)
        return
    _print_headline(found)
    narration.print(
        f"Files: {path}: headline.md, headline.csv, headline.json\n"
        f"Next: dosefront export {run} --point {found.arms[0].id}",
        highlight=False,
    )


def _values(scenario: list[str] | None) -> dict[str, Any]:
    """The options that a scenario names, their values read as YAML."""
    found = {}
    for each in scenario or ():
        key, equals, value = each.partition("=")
        if not (key and equals):
            raise UsageError(f'a scenario is KEY=VALUE; got "{each}". Write e.g. adherence=0.8.')
        try:
            found[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise UsageError(f'"{value}", the value of {key}, is no YAML: {error}') from error
    return found


@contextmanager
def _waiting() -> Iterator["Tell"]:
    """Shows what is being done, on a terminal only."""
    with narration.status("") as status:
        yield status.update


def _print_evaluation(found: "Evaluation", shifted: "Shift | None") -> None:
    from dosefront.report import DISCLAIMER, sheet_table
    from dosefront.report.evaluation import evaluation_sheet, shift_sheet, worst_lines

    data.print(sheet_table(evaluation_sheet(found), width=data.width), highlight=False)
    if shifted is not None:
        print()
        data.print(sheet_table(shift_sheet(shifted), width=data.width), highlight=False)
        print()
        for line in worst_lines(shifted):
            data.print(line, highlight=False)
    print()
    print(DISCLAIMER)


def _print_headline(found: "Headline") -> None:
    from dosefront.report import DISCLAIMER, sheet_table
    from dosefront.report.headline import headline_sheets, preamble

    data.print(preamble(found), highlight=False)
    for arm in found.arms:
        data.print(f"\n{arm.id}: {arm.reason}", highlight=False)
        for sheet in headline_sheets(found, arm):
            print()
            data.print(sheet_table(sheet, width=data.width), highlight=False)
    print()
    print(DISCLAIMER)


def _evaluation_mapping(found: "Evaluation", shifted: "Shift | None") -> dict[str, Any]:
    return {**found.to_mapping(), "shift": None if shifted is None else shifted.to_mapping()}


def _write_evaluation(found: "Evaluation", shifted: "Shift | None", path: Path) -> None:
    from dosefront.report.evaluation import evaluation_csv, shift_csv

    mapping = json.dumps(_evaluation_mapping(found, shifted), indent=2, allow_nan=False)
    files = {
        "evaluation.json": f"{mapping}\n".encode(),
        "evaluation.csv": evaluation_csv(found).encode(),
        "subgroups.npz": subgroups_bytes(found.patients.subgroups),
    }
    if shifted is not None:
        files["shift.csv"] = shift_csv(shifted).encode()
    files |= {f"{each.arm.id}.npz": each.results.to_bytes() for each in found.arms}
    _write(path, files)
    narration.print(f"Files: {path}: {', '.join(list(files)[:3])}, ...", highlight=False)


def _write(path: Path, files: dict[str, bytes]) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error
    for name, content in files.items():
        write_atomically(path / name, content)
