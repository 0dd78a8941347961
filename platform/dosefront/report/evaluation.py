"""Policies tried on patients of one's choice, as tables and files."""

import csv
import io
from collections.abc import Mapping, Sequence

from dosefront.clinical import AS_TRAINED, Evaluation, Shift, measures_of
from dosefront.decide import Quantity
from dosefront.front import difference_of, estimate_of
from dosefront.report.sheet import Sheet, figure, group_title


def evaluation_sheet(evaluation: Evaluation) -> Sheet:
    """Each arm's measures, and below them the paired difference to the usual care."""
    usual = evaluation.usual
    measures = measures_of(evaluation.objectives, evaluation.arms[0].results)
    rows = []
    for treated in evaluation.arms:
        cells = []
        for measure in measures:
            values = measure.of_patients(treated.results)
            text = figure(estimate_of(values), is_rate=measure.is_share)
            if usual is not None and treated is not usual:
                theirs = measure.of_patients(usual.results)
                found = difference_of(values, theirs)
                changed = figure(found, is_rate=measure.is_share, is_signed=True)
                text = f"{text}\n{changed}"
            cells.append(text)
        rows.append((f"{treated.arm.title}\n{treated.arm.id}", *cells))
    against = "" if usual is None else f" Second lines: difference to {usual.arm.title}, paired."
    return Sheet(
        title=f"{len(evaluation.patients)} patients: {evaluation.patients.title}",
        columns=("", *map(_heading, measures)),
        rows=tuple(rows),
        note=f"Means and rates with 95 % intervals over patients.{against}",
    )


def shift_sheet(shift: Shift) -> Sheet:
    """How much worse each arm is on each group than on patients as in training."""
    rates = {measure.name: measure.is_share for measure in shift.measures}
    rows = []
    for row in shift.rows:
        cells = []
        for each in row.measures:
            is_rate = rates[each.measure]
            if each.drop is None:
                lines = [figure(each.value, is_rate=is_rate)]
            else:
                lines = [figure(each.drop, is_rate=is_rate, is_signed=True)]
            if each.gain_lost is not None:
                lines.append(figure(each.gain_lost, is_rate=is_rate, is_signed=True))
            cells.append("\n".join(lines))
        is_first = row.patients == AS_TRAINED
        group = group_title(row.patients)
        rows.append((f"{row.title}: {group}" if is_first else f"  {group}", *cells))
    return Sheet(
        title="Patients other than in training",
        columns=("", *map(_heading, shift.measures)),
        rows=tuple(rows),
        note="As in training: the mean or rate. Below: the drop, more being worse, with both "
        "samples' errors in its 95 % interval; second lines: how much of the gain over the usual "
        "care is lost, paired within each kind of patients.",
    )


def worst_lines(shift: Shift) -> list[str]:
    """A sentence for each arm: on which group it drops most."""
    titles = {row.arm: row.title for row in shift.rows}
    lines = []
    for arm in titles:
        worst = ", ".join(
            f"{measure} on {group_title(group)}" for measure, group in shift.worst(arm).items()
        )
        lines.append(f"{titles[arm]} drops most in {worst}.")
    return lines


def shift_csv(shift: Shift) -> str:
    """One row for each arm, kind of patients and measure."""
    rows = []
    for row in shift.rows:
        for each in row.measures:
            cells: dict[str, object] = {
                "arm": row.arm,
                "patients": row.patients,
                "n": len(shift.cohorts[row.patients]),
                "measure": each.measure,
            }
            for name in ("value", "drop", "gain", "gain_lost"):
                cells |= estimate_cells(name, getattr(each, name))
            rows.append(cells)
    return csv_text(rows)


def evaluation_csv(evaluation: Evaluation) -> str:
    """One row an arm: objectives and endpoints in clinical units, with their intervals."""
    rows = []
    for treated in evaluation.arms:
        arm = treated.arm
        cells: dict[str, object] = {"id": arm.id, "kind": arm.kind, "title": arm.title}
        vector = zip(evaluation.objectives, evaluation.value_vector(treated), strict=True)
        for objective, each in vector:
            cells |= estimate_cells(objective.name, each)
        for name, each in treated.results.outcome().endpoints.items():
            cells |= estimate_cells(name, each)
        rows.append(cells)
    return csv_text(rows)


def estimate_cells(name: str, estimate: object) -> dict[str, object]:
    """The cells of an estimate: its value and the ends of its interval; blank for None."""
    ends = {"": "value", "_low": "low", "_high": "high"}
    return {f"{name}{end}": getattr(estimate, part, "") for end, part in ends.items()}


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as CSV, with the columns of the first that has them."""
    text = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(text, fieldnames=columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _heading(measure: Quantity) -> str:
    return f"{measure.name}\n{measure.unit}" if measure.unit else measure.name
