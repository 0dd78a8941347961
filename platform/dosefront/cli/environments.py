"""Commands that show environments, and what they are worth."""

import json
import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from dosefront.cli.arguments import AsJson, data, narration, progress_bar
from dosefront.errors import UsageError
from dosefront.records.storage import storage_error

if TYPE_CHECKING:
    from posology.library import TrialArm
    from posology.validation import ArmResult, AuditReport, Settings


def envs(
    environment: Annotated[
        str | None, typer.Argument(metavar="[ENV]", help="One of them, in full.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the environments: regimens by tumour, drugs, doses and objectives."""
    from dosefront.experiment import catalogue, listed, named_subject
    from dosefront.report.environments import environment_sheet, environments_table

    if environment is not None:
        named_subject(environment)  # an unknown name is told with the nearest
        entry = listed(environment)
        print(json.dumps(entry.to_mapping(), indent=2) if as_json else environment_sheet(entry))
        return
    entries = catalogue()
    if as_json:
        print(json.dumps([entry.to_mapping() for entry in entries], indent=2))
        return
    data.print(environments_table(entries), soft_wrap=False, highlight=False)
    narration.print(
        "Each regimen has continuous doses as posology/...Continuous-v0 too. "
        "Next: dosefront envs posology/FOLFOX6-v0, for actions, objectives and reference boxes.",
        highlight=False,
    )


def audit(
    environment: Annotated[
        str,
        typer.Argument(metavar="ENV", help="A registered id, mo:id, module:id or module:Class."),
    ],
    episodes: Annotated[int, typer.Option(min=8, help="Episodes of each policy.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Of the first episode.")] = 0,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="Argument of its constructor."),
    ] = None,
    max_steps: Annotated[int, typer.Option(min=1, help="Longer episodes are cut here.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Check what an environment pays for, and whether it can be repeated.

    Exits with 1 when a check fails.
    """
    from posology.validation import Settings

    settings = Settings(episodes=episodes, seed=seed, max_steps=max_steps)
    report = _audited(environment, tuple(options or ()), settings)
    if as_json:
        print(json.dumps(report.to_mapping(), indent=2))
    else:
        _print_audit(report)
    if report.fails:
        raise typer.Exit(1)


def validate_model(
    arms: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            help="Arms in the columns of the library's trials.csv; the library's if left out.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="This arm; may be repeated.")
    ] = None,
    patients: Annotated[int, typer.Option(min=1, help="Virtual patients of each arm.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the patients.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder of the table and the figure.")] = Path("."),
    as_json: AsJson = False,
) -> None:
    """Emulate published trials and compare: response, progression and toxicity."""
    from dosefront.report.validation import (
        agreement_table,
        validation_mapping,
        validation_table,
        write_validation_table,
    )
    from dosefront.report.validation_figure import write_validation_figure
    from posology.validation import agreements, compare

    results, left_out = _emulated(_chosen_arms(arms, only or []), patients=patients, seed=seed)
    cells = compare(results)
    agreement = agreements(cells)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(out, error) from error
    table_csv, figure_png = out / "model-validation.csv", out / "model-validation.png"
    write_validation_table(cells, table_csv)
    write_validation_figure(cells, figure_png)
    if as_json:
        print(json.dumps(validation_mapping(cells, agreement, left_out), indent=2))
    else:
        data.print(
            f"{len(results)} arms, {patients:,} virtual patients each: simulated/published, "
            "! beyond tolerance",
            highlight=False,
        )
        data.print(validation_table(cells, width=data.width), soft_wrap=False, highlight=False)
        print()
        data.print(agreement_table(agreement), soft_wrap=False, highlight=False)
    narration.print(f"Files: {table_csv}, {figure_png}", highlight=False)


def _audited(environment: str, options: tuple[str, ...], settings: "Settings") -> "AuditReport":
    """The audit, while strangers' code writes to stderr only and its warnings are kept quiet."""
    from dosefront.experiment import named_subject
    from posology.validation import audit_environment

    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        subject = named_subject(environment, options)
        with progress_bar() as progress:
            task = progress.add_task(environment, total=None)

            def follow(what: str, done: int, total: int) -> None:
                label = f"{escape(environment)}: {what}"
                progress.update(task, description=label, completed=done, total=total)

            try:
                return audit_environment(subject, settings, progress=follow)
            except ValueError as error:
                raise UsageError(f"{environment} cannot be audited: {error}") from error


def _print_audit(report: "AuditReport") -> None:
    from dosefront.report.audit import findings_table, hidden_rows, sweep_table, verdict_line

    data.print(
        f"[bold]{escape(report.environment)}[/]: {report.episodes} episodes of each policy, means "
        "with 95 % intervals, ★ the best constant action",
        highlight=False,
    )
    data.print(sweep_table(report, width=data.width), soft_wrap=False, highlight=False)
    if hidden := hidden_rows(report):
        data.print(f"[dim]{hidden} more policies were played: --json[/]", highlight=False)
    print()
    data.print(findings_table(report), soft_wrap=False, highlight=False)
    print()
    data.print(escape(verdict_line(report)), highlight=False)


def _chosen_arms(file: Path | None, only: list[str]) -> "tuple[TrialArm, ...]":
    """The arms of a file, or the library's: all, or those named."""
    from posology.library import read_arms, trial_arms

    try:
        arms = trial_arms() if file is None else read_arms(file)
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    ids = [arm.id for arm in arms]
    if unknown := [name for name in only if name not in ids]:
        raise UsageError(f"no arm is called {', '.join(unknown)}; there are {', '.join(ids)}.")
    return tuple(arm for arm in arms if not only or arm.id in only)


def _emulated(
    arms: "tuple[TrialArm, ...]", *, patients: int, seed: int
) -> "tuple[list[ArmResult], dict[str, str]]":
    """Every arm that can be emulated, and why the others cannot, by id."""
    from posology.validation import emulate

    results, left_out = [], {}
    with progress_bar() as progress:
        task = progress.add_task("emulating", total=len(arms))
        for arm in arms:
            progress.update(task, description=escape(f"{arm.id} {arm.regimen}"))
            try:
                results.append(emulate(arm, patients=patients, seed=seed))
            except ValueError as error:
                left_out[arm.id] = str(error)
            progress.advance(task)
    if not results:
        raise UsageError(
            "no arm can be emulated:\n" + "\n".join(f"{k}: {v}" for k, v in left_out.items())
        )
    for name, reason in left_out.items():
        narration.print(f"[yellow]left out:[/] {escape(name)}: {escape(reason)}", highlight=False)
    return results, left_out
