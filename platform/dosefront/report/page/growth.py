"""How the front grew while trials ended, and what each seed reached."""

from typing import Any, Final

from dosefront.records import FrontSummary
from dosefront.report.page.section import Column, Figure, Section, Table, columns_of
from dosefront.report.page.theme import FAINT, INK, named, quantitative

STEPS: Final = "environment steps of the trials that have ended"


def growth_section(summary: FrontSummary, colours: dict[str, str]) -> Section:
    """Hypervolume against steps, and by algorithm and seed; `colours` are the algorithms'."""
    per_seed = [
        {
            "algorithm": each.algorithm,
            "seed": each.seed,
            "hypervolume": each.value,
            "low": each.low,
            "high": each.high,
        }
        for each in summary.hypervolume_per_seed
    ]
    return Section(
        name="growth",
        title="Hypervolume",
        text=(
            "The share of the box between reference and ideal point that the front dominates, "
            "held-out. By steps: the front of all trials that had ended, against the environment "
            "steps that they took; the line below is conventional care. By seed: the front of each "
            "algorithm and seed alone, with a 95 % interval over patients. The front of all seeds "
            "together is that of the luckiest ones: to judge an algorithm, read its seeds."
        ),
        figures=(
            Figure("growth", _growth_spec(summary), "By steps"),
            Figure("seeds", _seeds_spec(colours, len(per_seed)), "By seed"),
        ),
        tables=(
            Table(
                "history",
                "history",
                "Hypervolume by steps",
                (
                    Column("trials_ended", "Trials ended"),
                    Column("steps", "Steps"),
                    Column("hypervolume", "Hypervolume", digits=4),
                ),
            ),
            Table(
                "seeds",
                "seeds",
                "Hypervolume by algorithm and seed",
                (
                    Column("algorithm", "Algorithm"),
                    Column("seed", "Seed"),
                    Column("hypervolume", "Hypervolume", digits=4, low="low", high="high"),
                ),
            ),
        ),
        datasets={
            "history": columns_of(
                [
                    {
                        "trials_ended": each.trials_ended,
                        "steps": each.steps,
                        "hypervolume": each.hypervolume,
                    }
                    for each in summary.history
                ]
            ),
            "seeds": columns_of(per_seed),
        },
    )


def _growth_spec(summary: FrontSummary) -> dict[str, Any]:
    height = quantitative("hypervolume", "share of the reference box", scale={"domainMin": 0})
    conventional = {
        "mark": {"type": "rule", "strokeDash": [4, 3], "color": FAINT},
        "encoding": {"y": {"datum": summary.comparators_hypervolume}},
    }
    return {
        "description": "Hypervolume of the front against environment steps",
        "height": 220,
        "data": named("history"),
        "layer": [
            {
                "mark": {
                    "type": "line",
                    "interpolate": "step-after",
                    "color": INK,
                    "point": {"color": INK},
                },
                "encoding": {
                    "x": quantitative("steps", STEPS, axis={"format": ",d", "grid": False}),
                    "y": height,
                    "tooltip": [
                        {"field": "trials_ended", "title": "trials"},
                        {"field": "steps", "title": "steps", "format": ","},
                        {"field": "hypervolume", "title": "hypervolume", "format": ".4f"},
                    ],
                },
            },
            *([conventional] if summary.comparators else []),
        ],
    }


def _seeds_spec(colours: dict[str, str], seeds: int) -> dict[str, Any]:
    scale = {"domain": list(colours), "range": list(colours.values())}
    share = "share of the reference box"
    return {
        "description": "Hypervolume of each algorithm and seed with intervals over patients",
        "height": 20 * seeds,
        "data": named("seeds"),
        "transform": [{"calculate": "datum.algorithm + ', seed ' + datum.seed", "as": "label"}],
        "encoding": {
            "y": {"field": "label", "type": "nominal", "title": None, "sort": None},
            "color": {"field": "algorithm", "type": "nominal", "scale": scale, "legend": None},
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {
                    "x": quantitative("low", share, scale={"zero": False}),
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": {"x": quantitative("hypervolume", share)},
            },
        ],
    }
