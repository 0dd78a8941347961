"""How the front grew while trials ended, and what each seed reached."""

from typing import Any, Final

from dosefront.records import FrontSummary
from dosefront.report.page.section import Column, Figure, Scalar, Section, Table, columns_of
from dosefront.report.page.theme import FAINT, INK, interval_rules, named, quantitative

STEPS: Final = "environment steps of the trials that have ended"
HISTORY: Final = Table(
    "history",
    "history",
    "Hypervolume by steps",
    (
        Column("trials_ended", "Trials ended"),
        Column("steps", "Steps"),
        Column("hypervolume", "Hypervolume", digits=4),
    ),
)
SEEDS: Final = Table(
    "seeds",
    "seeds",
    "Hypervolume by algorithm and seed",
    (
        Column("algorithm", "Algorithm"),
        Column("label", "Front of"),
        Column("over", "Interval over"),
        Column("hypervolume", "Hypervolume", digits=4, low="low", high="high"),
    ),
)


def growth_section(summary: FrontSummary, colours: dict[str, str]) -> Section:
    """Hypervolume against steps, and by algorithm and seed; `colours` are the algorithms'."""
    seeds = _seeds(summary)
    return Section(
        name="growth",
        title="Hypervolume",
        text=(
            "The share of the box between reference and ideal point that the front dominates, "
            "held-out. By steps: the front of all trials that had ended, against the environment "
            "steps that they took"
            + ("; the dashed line is conventional care" if summary.comparators else "")
            + ". By seed: circles are the fronts of one algorithm and seed alone, with 95 % "
            "intervals over patients; diamonds, the interquartile mean over an algorithm's seeds, "
            "with 95 % intervals over seeds. The front of all seeds together is that of the "
            "luckiest ones: to judge an algorithm, read the diamonds."
        ),
        figures=(
            Figure("growth", _growth_spec(summary), "By steps"),
            Figure("seeds", _seeds_spec(colours, len(seeds)), "By seed"),
        ),
        tables=(HISTORY, SEEDS),
        datasets={"history": columns_of(_history(summary)), "seeds": columns_of(seeds)},
    )


def _history(summary: FrontSummary) -> list[dict[str, Scalar]]:
    return [
        {
            "trials_ended": each.trials_ended,
            "steps": each.steps,
            "hypervolume": each.hypervolume,
        }
        for each in summary.history
    ]


def _seeds(summary: FrontSummary) -> list[dict[str, Scalar]]:
    """Of each algorithm what it reaches over several seeds, then what each seed reached."""
    by_algorithm: list[dict[str, Scalar]] = [
        {
            "algorithm": each.algorithm,
            "label": f"{each.algorithm}, {each.seeds} seeds",
            "over": "seeds",
            "hypervolume": each.interquartile_mean,
            "low": each.low,
            "high": each.high,
        }
        for each in summary.hypervolume_by_algorithm
        if each.seeds > 1
    ]
    per_seed: list[dict[str, Scalar]] = [
        {
            "algorithm": each.algorithm,
            "label": f"{each.algorithm}, seed {each.seed}",
            "over": "patients",
            "hypervolume": each.value,
            "low": each.low,
            "high": each.high,
        }
        for each in summary.hypervolume_per_seed
    ]
    return sorted([*by_algorithm, *per_seed], key=lambda row: str(row["algorithm"]))


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
                    "x": quantitative(
                        "steps", STEPS, axis={"format": ",d", "grid": False, "tickCount": 4}
                    ),
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
    shapes = {"domain": ["patients", "seeds"], "range": ["circle", "diamond"]}
    return {
        "description": "Hypervolume of each algorithm and seed with intervals over patients",
        "height": 20 * seeds,
        "data": named("seeds"),
        "encoding": {
            "y": {"field": "label", "type": "nominal", "title": None, "sort": None},
            "color": {"field": "algorithm", "type": "nominal", "scale": scale, "legend": None},
        },
        "layer": [
            interval_rules("low", "high", share, scale={"zero": False}),
            {
                "mark": {"type": "point", "filled": True, "size": 80},
                "encoding": {
                    "x": quantitative("hypervolume", share),
                    "shape": {"field": "over", "type": "nominal", "legend": None, "scale": shapes},
                },
            },
        ],
    }
