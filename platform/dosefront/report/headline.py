"""The headline as tables, Markdown and CSV."""

from collections.abc import Iterator

from dosefront.clinical import (
    LEAST_PATIENTS,
    ArmHeadline,
    Band,
    Effect,
    Headline,
)
from dosefront.report.evaluation import csv_text, estimate_cells
from dosefront.report.plane import DISCLAIMER
from dosefront.report.sheet import Sheet, figure, group_title, sheet_markdown


def headline_sheets(headline: Headline, arm: ArmHeadline) -> tuple[Sheet, ...]:
    """What is said of one policy, the main table first."""
    sheets = [_main_sheet(headline, arm), _tail_sheet(headline, arm)]
    if arm.groups:
        sheets.append(_groups_sheet(arm))
    if arm.bands:
        sheets.append(_bands_sheet(arm))
    return tuple(sheets)


def headline_markdown(headline: Headline) -> str:
    """The headline as a Markdown page."""
    parts = [
        f"# {headline.run}: chosen policies against {headline.usual}",
        "",
        f"{DISCLAIMER} {preamble(headline)}",
        "",
    ]
    for arm in headline.arms:
        parts += [f"## {arm.title} ({arm.id})", "", f"Chosen: {arm.reason}.", ""]
        parts += [sheet_markdown(sheet) for sheet in headline_sheets(headline, arm)]
    return "\n".join(parts)


def preamble(headline: Headline) -> str:
    """Who was treated, and how the policies were chosen."""
    return (
        f"{len(headline.patients):,} virtual patients ({headline.patients.title}) of "
        f"{headline.environment} version {headline.environment_version}, each treated once by "
        "every arm with the same noise. The policies were chosen on the select cohort, whose "
        "patients are none of these."
    )


def headline_csv(headline: Headline) -> str:
    """One row for each policy, group and measure; ``group`` is empty for all patients."""
    rows: list[dict[str, object]] = []
    for arm in headline.arms:
        bands = {band.measure: band for band in arm.bands}
        for each in arm.effects:
            band = bands.get(each.measure)
            row = {"arm": arm.id, "group": "", "n": len(headline.patients), **_cells(each)}
            rows.append({**row, **_band_cells(band)})
        for group in arm.groups:
            for each in group.effects:
                row = {"arm": arm.id, "group": group.name, "n": group.patients, **_cells(each)}
                rows.append(row)
    return csv_text(rows)


def _main_sheet(headline: Headline, arm: ArmHeadline) -> Sheet:
    return Sheet(
        title=f"{arm.title} against {headline.usual}, n = {len(headline.patients):,}",
        columns=(
            "",
            "policy",
            headline.usual,
            "difference",
            "relative change",
            "number needed to treat",
        ),
        rows=tuple(
            (
                _name(each),
                figure(each.ours, is_rate=_is_rate(each)),
                figure(each.theirs, is_rate=_is_rate(each)),
                figure(each.difference, is_rate=_is_rate(each), is_signed=True),
                figure(each.relative, is_rate=True, is_signed=True),
                "" if each.needed is None else str(each.needed),
            )
            for each in arm.effects
        ),
        note="95 % intervals over patients, paired. NNTB, NNTH: patients treated for one more to "
        "benefit, or to be harmed.",
    )


def _tail_sheet(headline: Headline, arm: ArmHeadline) -> Sheet:
    return Sheet(
        title=f"The worst {arm.tails[0].share:.0%} of patients under each (CVaR)",
        columns=("", "policy", headline.usual, "difference"),
        rows=tuple(
            (
                f"{each.measure} [{each.unit}]",
                figure(each.ours),
                figure(each.theirs),
                figure(each.difference, is_signed=True),
            )
            for each in arm.tails
        ),
    )


def _groups_sheet(arm: ArmHeadline) -> Sheet:
    effects = arm.groups[0].effects
    worst: dict[str, list[str]] = {group.name: [] for group in arm.groups}
    for measure, group in arm.worst().items():
        worst[group.name].append(measure)
    columns = [f"{each.measure}\n{kind}" for each in effects for kind in ("difference", "relative")]
    rows = []
    for group in arm.groups:
        cells = []
        for each in group.effects:
            mark = " *" if each.measure in worst[group.name] else ""
            cells.append(f"{figure(each.difference, is_rate=True, is_signed=True)}{mark}")
            cells.append(figure(each.relative, is_rate=True, is_signed=True))
        rows.append((group_title(group.name), f"{group.patients:,}", *cells))
    return Sheet(
        title="By group of patients",
        columns=("", "n", *columns),
        rows=tuple(rows),
        note=f"* the least benefit among groups of {LEAST_PATIENTS} patients and more; with "
        "so many groups one of them lies low by chance.",
    )


def _bands_sheet(arm: ArmHeadline) -> Sheet:
    return Sheet(
        title=f"Over {arm.bands[0].draws} draws of the population's parameters, same patients",
        columns=("", "difference, 5 to 95 %", "relative change, 5 to 95 %", "draws in favour"),
        rows=tuple(
            (
                each.measure,
                _range(each.difference),
                _range(each.relative),
                f"{each.favourable} of {each.draws}",
            )
            for each in arm.bands
        ),
        note="How far the model is known: no sampling error, and no part of the intervals above.",
    )


def _name(each: Effect) -> str:
    return f"{each.measure} [{each.unit}]" if each.unit else each.measure


def _is_rate(each: Effect) -> bool:
    return each.needed is not None


def _range(ends: tuple[float, float] | None) -> str:
    return "–" if ends is None else f"{100.0 * ends[0]:+.1f} to {100.0 * ends[1]:+.1f} %"


def _cells(each: Effect) -> dict[str, object]:
    cells: dict[str, object] = {"measure": each.measure, "unit": each.unit, "is_harm": each.is_harm}
    for name in ("ours", "theirs", "difference", "relative"):
        cells |= estimate_cells(name, getattr(each, name))
    return {**cells, "needed": "" if each.needed is None else str(each.needed)}


def _band_cells(band: Band | None) -> dict[str, object]:
    if band is None:
        return {}
    cells = dict(_ends("band_difference", band.difference))
    if band.relative is not None:
        cells |= dict(_ends("band_relative", band.relative))
    return {**cells, "draws": band.draws, "draws_favourable": band.favourable}


def _ends(name: str, ends: tuple[float, float]) -> Iterator[tuple[str, object]]:
    yield f"{name}_5", ends[0]
    yield f"{name}_95", ends[1]
