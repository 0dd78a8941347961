"""Arms of published trials: what was given, how it was watched, and what came of it."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from posology.library.quantities import CONFIDENCES, keys, regimen_names, text
from posology.library.units import DAYS_PER_WEEK


@dataclass(frozen=True)
class TrialArm:
    """One arm of a published trial; None is a figure that was not reported or not found.

    Toxicities are the share of patients whose worst grade is the one named. How often the blood was
    counted decides the rates of neutropenia more than most drugs do, so it belongs to the arm.
    """

    id: str
    """Short name, such as N01."""
    tumour: str
    """Tumour of the library."""
    trial: str
    arm: str
    regimen: str
    """Regimen of the library."""
    doses: Mapping[str, float]
    """Doses that differ from the regimen's, by agent, in the unit the regimen gives them in."""
    interval_days: int
    """A cycle is due this long after the last one [d]."""
    cycles: int
    """Most cycles given."""
    patients: int
    prior_lines: int
    """Lines of chemotherapy before, 0 or 1."""
    blood_days: tuple[int, ...]
    """Days after the start of a cycle at whose end the blood was counted; the interval is the next
    cycle's first morning."""
    scan_weeks: int | None
    """Weeks between scans; None without scans, as in adjuvant treatment."""
    schedule_confidence: str
    """How far blood_days and scan_weeks can be trusted."""
    response_pct: float | None
    """Objective response [%]."""
    progression_months: float | None
    """Median time to progression or progression-free survival [months]."""
    survival_months: float | None
    """Median overall survival [months]."""
    neutropenia_grade34_pct: float | None
    neutropenia_grade4_pct: float | None
    thrombocytopenia_grade34_pct: float | None
    febrile_neutropenia_pct: float | None
    diarrhoea_grade34_pct: float | None
    neuropathy_grade34_pct: float | None
    mucositis_grade34_pct: float | None
    confidence: str
    """How far the arm can be trusted; columns beside verified_fields are recalled at best."""
    verified_fields: tuple[str, ...]
    """Columns of trials.csv that were read in a source."""
    not_comparable: tuple[str, ...]
    """Columns that no emulation can be held to; the notes say why."""
    source: str
    notes: str

    def is_comparable(self, field: str) -> bool:
        """Whether an emulation can be held to a published figure."""
        return _column_of(field) not in self.not_comparable

    def confidence_of(self, field: str) -> str:
        """How far one figure can be trusted: ``verified`` only if it was itself read."""
        if _column_of(field) in self.verified_fields:
            return "verified"
        return self.confidence if self.confidence != "verified" else "recalled-high"


@functools.cache
def trial_arms() -> tuple[TrialArm, ...]:
    """The arms on which the models are calibrated.

    Raises:
        ValueError: the file has a fault; the message names every one by row and column.
    """
    data = resources.files(__package__) / "data" / "trials.csv"
    return arms_in(data.read_text(encoding="utf-8"))


def read_arms(path: Path) -> tuple[TrialArm, ...]:
    """Arms in a file with the columns of trials.csv; see ``trial_arms``."""
    try:
        table = path.read_text(encoding="utf-8-sig")  # spreadsheets write a byte order mark
    except UnicodeDecodeError as fault:
        raise ValueError(f"{path.name} is not text in UTF-8; save it as CSV UTF-8.") from fault
    arms = arms_in(table, name=path.name)
    if not arms:
        raise ValueError(f"{path.name} holds no arm below its first row.")
    return arms


def arms_in(table: str, *, name: str = "trials.csv") -> tuple[TrialArm, ...]:
    """Arms in the text of a table like trials.csv, called ``name``; see ``trial_arms``."""
    reader = csv.DictReader(io.StringIO(table))
    found = reader.fieldnames or ()
    if tuple(found) != COLUMNS:
        wrong = [*(set(COLUMNS) - set(found)), *(set(found) - set(COLUMNS))]
        raise ValueError(
            f"{name} must have the columns {', '.join(COLUMNS)}, in this order; missing, "
            f"unknown or out of place: {', '.join(sorted(wrong)) or 'the order'}."
        )
    faults: list[str] = []
    arms = [_arm(row, reader.line_num, faults) for row in reader]
    ids = [arm.id for arm in arms if arm is not None]
    faults += [f"id {each} names several rows" for each in _repeated(ids)]
    if faults:
        raise ValueError(f"{name} cannot be read:\n" + "\n".join(faults))
    return tuple(arm for arm in arms if arm is not None)


def _arm(row: Mapping[str, str | None], line: int, faults: list[str]) -> TrialArm | None:
    """The arm in a row; faults of its columns are added to ``faults``."""
    values: dict[str, Any] = {}
    for column, (field, parse) in _PARSERS.items():
        try:
            values[field] = parse(row[column] or "")
        except ValueError as fault:
            faults.append(f"row {line} ({row['id']}), column {column}: {fault}")
    if None in row or len(values) < len(_PARSERS):
        if None in row:
            faults.append(f"row {line} ({row['id']}) has more cells than columns; quote commas.")
        return None
    arm = TrialArm(**values)
    faults += [f"row {line} ({arm.id}), column {fault}" for fault in _contradictions(arm)]
    return arm


def _contradictions(arm: TrialArm) -> list[str]:
    """What an arm's columns say against each other or the library."""
    if arm.regimen not in regimen_names():
        return [
            f"regimen: the library has no regimen {arm.regimen!r}; it has "
            f"{', '.join(regimen_names())}."
        ]
    faults = []
    agents = keys(f"regimens/{arm.regimen}/components")
    if unknown := set(arm.doses) - set(agents):
        faults.append(
            f"doses: {arm.regimen} gives {', '.join(agents)}; got {', '.join(sorted(unknown))}."
        )
    if arm.tumour != (of := text(f"regimens/{arm.regimen}/tumour")):
        faults.append(f"tumour: {arm.regimen} is for {of}; got {arm.tumour}.")
    if arm.interval_days % DAYS_PER_WEEK:
        faults.append(f"interval_days: cycles are whole weeks; got {arm.interval_days} d.")
    days = arm.blood_days
    if list(days) != sorted(set(days)) or not days or days[-1] > arm.interval_days:
        faults.append(
            f"blood_days: give rising days from 1 to {arm.interval_days}; got "
            f"{', '.join(map(str, days)) or 'none'}."
        )
    return faults


def _word(cell: str) -> str:
    if not cell.strip():
        raise ValueError("expected a word; got an empty cell.")
    return cell.strip()


def _confidence(cell: str) -> str:
    if cell not in CONFIDENCES:
        raise ValueError(f"expected one of {', '.join(CONFIDENCES)}; got {cell!r}.")
    return cell


def _whole(cell: str, *, least: int = 1) -> int:
    if not cell.strip().isdecimal() or int(cell) < least:
        raise ValueError(f"expected a whole number of {least} or more; got {cell!r}.")
    return int(cell)


def _prior(cell: str) -> int:
    if cell not in ("0", "1"):
        raise ValueError(f"expected 0 or 1; got {cell!r}.")
    return int(cell)


def _weeks(cell: str) -> int | None:
    return _whole(cell) if cell else None


def _days(cell: str) -> tuple[int, ...]:
    return tuple(_whole(day) for day in cell.split(","))


def _months(cell: str) -> float | None:
    return _positive(cell) if cell else None


def _percent(cell: str) -> float | None:
    if not cell:
        return None
    value = _number(cell)
    if not 0.0 <= value <= 100.0:
        raise ValueError(f"expected 0 to 100 %; got {cell!r}.")
    return value


def _positive(cell: str) -> float:
    value = _number(cell)
    if not 0.0 < value < float("inf"):
        raise ValueError(f"expected a number above 0; got {cell!r}.")
    return value


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"expected a number; got {cell!r}.") from None


def _doses(cell: str) -> Mapping[str, float]:
    """Doses in "paclitaxel=225;carboplatin=6"."""
    doses: dict[str, float] = {}
    for entry in filter(None, cell.split(";")):
        agent, sign, dose = entry.partition("=")
        if not sign or not agent.strip():
            raise ValueError(f"expected agent=dose, with ; between them; got {entry!r}.")
        doses[agent.strip()] = _positive(dose)
    return doses


def _columns(cell: str) -> tuple[str, ...]:
    names = tuple(cell.split())
    if unknown := set(names) - set(COLUMNS):
        raise ValueError(f"expected names of columns; got {', '.join(sorted(unknown))}.")
    return names


def _column_of(field: str) -> str:
    return next(column for column, (name, _) in _PARSERS.items() if name == field)


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


_PARSERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "id": ("id", _word),
    "tumour": ("tumour", _word),
    "trial": ("trial", _word),
    "arm": ("arm", _word),
    "regimen": ("regimen", _word),
    "doses": ("doses", _doses),
    "interval_days": ("interval_days", _whole),
    "cycles": ("cycles", _whole),
    "patients": ("patients", _whole),
    "prior_lines": ("prior_lines", _prior),
    "blood_days": ("blood_days", _days),
    "scan_weeks": ("scan_weeks", _weeks),
    "schedule_confidence": ("schedule_confidence", _confidence),
    "ORR_pct": ("response_pct", _percent),
    "PFS_or_TTP_mo": ("progression_months", _months),
    "OS_mo": ("survival_months", _months),
    "neut_g34_pct": ("neutropenia_grade34_pct", _percent),
    "neut_g4_pct": ("neutropenia_grade4_pct", _percent),
    "plt_g34_pct": ("thrombocytopenia_grade34_pct", _percent),
    "FN_pct": ("febrile_neutropenia_pct", _percent),
    "diarr_g3_pct": ("diarrhoea_grade34_pct", _percent),
    "neuro_g3_pct": ("neuropathy_grade34_pct", _percent),
    "mucositis_g3_pct": ("mucositis_grade34_pct", _percent),
    "confidence": ("confidence", _confidence),
    "verified_fields": ("verified_fields", _columns),
    "not_comparable": ("not_comparable", _columns),
    "source": ("source", _word),
    "notes": ("notes", str.strip),
}
"""Columns of trials.csv: the field of ``TrialArm`` and what reads the cell."""

COLUMNS = tuple(_PARSERS)
"""Columns of trials.csv, in order."""
