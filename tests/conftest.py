"""Checks types and array shapes at every call, in the tests only; and a made sweep to show."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

ROOT = Path(__file__).parents[1]
# pytest-xdist gives its workers a width, and a console keeps the one that it is born with.
os.environ.pop("COLUMNS", None)


def is_checked(file: Path) -> bool:
    """Not what numba compiles, which sees through no wrapper, nor pydantic's door, which checks."""
    return "njit" not in file.read_text(encoding="utf-8") and file.parent.name != "experiment"


CHECKED = [
    ".".join(file.relative_to(source_root).with_suffix("").parts)
    for source_root in (ROOT / "platform", ROOT / "envs")
    for file in source_root.rglob("*.py")
    if file.name != "__init__.py" and is_checked(file)
]
# As for mypy, an int is a float. A signature that cannot be checked is a warning.
CHECKER = (
    "beartype.beartype(conf=beartype.BeartypeConf("
    "is_pep484_tower=True, warning_cls_on_decorator_exception=UserWarning))"
)
install_import_hook(CHECKED, CHECKER)

from dosefront.front import Estimate, Objective  # noqa: E402  the hook comes first
from dosefront.records import (  # noqa: E402  the hook comes first
    ComparatorRecord,
    FrontSummary,
    JudgedPolicy,
    Outcome,
    TrialRecord,
    TrialSpec,
    summarise,
)

OBJECTIVES = (
    Objective("efficacy", "% shrinkage", "maximise", reference=-20.0, ideal=100.0),
    Objective("toxicity", "events", "minimise", reference=12.0, ideal=0.0),
)
LEARNED = {  # weight on efficacy -> efficacy, toxicity
    "PPO": {
        0.0: (-8.1, 0.35),
        0.25: (21.2, 1.1),
        0.5: (33.4, 2.3),
        0.75: (41.0, 4.2),
        1.0: (44.3, 6.4),
    },
    "DQN": {
        0.0: (-9.6, 0.31),
        0.25: (19.7, 1.4),
        0.5: (31.2, 2.6),
        0.75: (40.2, 4.9),
        1.0: (43.1, 7.3),
    },
}
CONVENTIONAL = {
    "Label with rules": (36.0, 4.6),
    "Label without rules": (40.4, 6.9),
    "One level down": (27.3, 3.3),
    "No treatment": (-14.2, 0.0),
    "Random": (22.0, 5.2),
}


def pytest_configure(config: pytest.Config) -> None:
    """Let signatures that beartype cannot check go unmentioned, such as protocols'."""
    config.addinivalue_line("filterwarnings", "ignore:.*not decoratable by @beartype:UserWarning")


def outcome(efficacy: float, toxicity: float, *, patients: int) -> Outcome:
    """What a policy with these means achieves, with intervals of a plausible width."""
    response = max(0.01, min(0.9, efficacy / 80))
    return Outcome(
        patients=patients,
        value_vector=(
            Estimate(efficacy, efficacy - 1.3, efficacy + 1.2),
            Estimate(-toxicity, -toxicity * 1.05, -toxicity * 0.95),
        ),
        endpoints={"objective_response": Estimate(response, response * 0.95, response * 1.05)},
    )


def paired(efficacy: float, toxicity: float) -> dict[str, Sequence[Estimate]]:
    """Held-out differences to each comparator."""
    differences = {}
    for title, (other_efficacy, other_toxicity) in CONVENTIONAL.items():
        gains = (efficacy - other_efficacy, other_toxicity - toxicity)
        differences[title] = tuple(Estimate(gain, gain - 0.8, gain + 0.8) for gain in gains)
    return differences


@pytest.fixture(scope="session")
def objectives() -> tuple[Objective, ...]:
    """Efficacy and toxicity, in clinical units."""
    return OBJECTIVES


@pytest.fixture(scope="session")
def trial_records() -> tuple[TrialRecord, ...]:
    """Ten finished trials and a failed one."""
    records = []
    for algorithm, points in LEARNED.items():
        for weight, (efficacy, toxicity) in points.items():
            spec = TrialSpec(
                environment="posology/DocetaxelCisplatin-v0",
                environment_options={},
                objectives=("efficacy", "toxicity"),
                algorithm=algorithm,
                scalarization={"name": "linear"},
                preferences=((weight, 1.0 - weight),),
                seed=1,
                steps=60_000,
                settings={"network": [64, 64], "learning_rate": 3e-4},
                cohorts={"seed": 2026, "train": 4096, "select": 500, "held_out": 2000},
            )
            records.append(
                TrialRecord(
                    spec=spec,
                    status="finished",
                    checkpoint=f"trials/{spec.trial_id}/policy.npz",
                    judged=(
                        JudgedPolicy(
                            weights=spec.preferences[0],
                            select=outcome(efficacy, toxicity, patients=500),
                            held_out=outcome(efficacy, toxicity, patients=2000),
                            paired=paired(efficacy, toxicity),
                        ),
                    ),
                    steps=60_000,
                    wall_seconds=41.5,
                    error=None,
                    provenance={},
                )
            )
    return tuple(records)


@pytest.fixture(scope="session")
def failed_record(trial_records: tuple[TrialRecord, ...]) -> TrialRecord:
    """A trial that ended without a policy."""
    spec = TrialSpec.from_mapping({**trial_records[0].spec.to_mapping(), "seed": 2})
    return TrialRecord(
        spec=spec,
        status="failed",
        checkpoint=None,
        judged=(),
        steps=1024,
        wall_seconds=2.0,
        error="weights are not finite",
        provenance={},
    )


@pytest.fixture(scope="session")
def comparator_records() -> tuple[ComparatorRecord, ...]:
    """Conventional care."""
    return tuple(
        ComparatorRecord(
            name=title.lower().replace(" ", "-"),
            title=title,
            select=outcome(*values, patients=500),
            held_out=outcome(*values, patients=2000),
            provenance={},
        )
        for title, values in CONVENTIONAL.items()
    )


@pytest.fixture(scope="session")
def front_summary(
    trial_records: tuple[TrialRecord, ...],
    failed_record: TrialRecord,
    comparator_records: tuple[ComparatorRecord, ...],
) -> FrontSummary:
    """The front of the made sweep."""
    return summarise(
        "quickstart",
        objectives=OBJECTIVES,
        environment="posology/DocetaxelCisplatin-v0",
        environment_version="1",
        trials=[*trial_records, failed_record],
        comparators=comparator_records,
    )
