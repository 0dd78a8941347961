"""A comparison on a terminal."""

from rich.table import Table

from dosefront.compare.comparison import Comparison, Difference
from dosefront.front import Estimate


def comparison_tables(comparison: Comparison) -> tuple[Table, ...]:
    """What each side reaches, how they differ, how they are spread, what each preference gets."""
    return (
        _reached(comparison),
        _differences(comparison),
        _indicators(comparison),
        _preferences(comparison),
    )


def _reached(comparison: Comparison) -> Table:
    table = _table("front", "seeds", "hypervolume", "over seeds", "over patients")
    for each in comparison.reached:
        table.add_row(
            each.label,
            str(each.seeds),
            f"{each.hypervolume:.3f}",
            _ends(each.over_seeds),
            _ends(each.over_patients),
        )
    return table


def _indicators(comparison: Comparison) -> Table:
    table = _table("front", "IGD+", "epsilon", "utility", "loss", "points", "spacing", "beyond")
    for each in comparison.reached:
        *distances, points, spacing = each.indicators.values()
        table.add_row(
            each.label,
            *(f"{value:.3f}" for value in distances),
            f"{points:.1f}",
            f"{spacing:.3f}",
            str(each.points_beyond_reference),
        )
    return table


def _differences(comparison: Comparison) -> Table:
    table = _table("first", "second", "hypervolume", "over seeds", "over patients")
    for each in comparison.differences:
        table.add_row(
            each.first,
            each.second,
            f"{each.value:+.3f}",
            _ends(each.over_seeds, sign="+"),
            _ends(each.over_patients, sign="+") + _pairing(each),
        )
    return table


def _preferences(comparison: Comparison) -> Table:
    names = [objective.name for objective in comparison.sides[0].objectives]
    table = _table(*(f"weight of {name}" for name in names))
    for side in comparison.sides:
        table.add_column(side.label, justify="right")
    for each in comparison.preferences:
        weights = (f"{weight:.2f}" for weight in each.weights)
        table.add_row(*weights, *(f"{utility:.3f}" for utility in each.utilities))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        is_name = column in ("front", "first", "second")
        table.add_column(
            column, justify="left" if is_name else "right", no_wrap=not is_name, overflow="fold"
        )
    return table


def _ends(estimate: Estimate | None, *, sign: str = "") -> str:
    if estimate is None:
        return "–"
    return f"[{estimate.low:{sign}.3f}, {estimate.high:{sign}.3f}]"


def _pairing(difference: Difference) -> str:
    if difference.over_patients is None:
        return ""
    return " paired" if difference.is_paired else " unpaired"
