"""Conventional care does what the label says."""

import numpy as np
import pytest

from posology.dosing import (
    AdaptiveHalf,
    CourseVectorEnv,
    FixedDose,
    LabelWithRules,
    conventional_care,
    features,
    observe,
)
from posology.library import regimen_names
from posology.treatment import Regimen

READY = {
    "age": 60.0,
    "week": 3.0,
    "cycles begun": 1.0,
    "weeks since cycle began": 3.0,
    "cycle due": 1.0,
    "neutrophils": 4.0,
    "platelets": 250.0,
    "haemoglobin": 12.5,
    "creatinine clearance": 90.0,
    "neutrophil nadir in cycle": 1.2,
    "platelet nadir in cycle": 150.0,
    "DPYD activity": 2.0,
    "UGT1A1 slow alleles": 0.0,
    "tumour size, of baseline": 1.0,
}


def observation(regimen: Regimen, seen: dict[str, float]) -> np.ndarray:
    """One observation in clinical units, of a patient ready for cycle 2 but for what is given."""
    ready = READY | {f"{drug}, last fraction": 1.0 for drug in regimen.drugs}
    shown = features(regimen)
    unknown = set(seen) - {feature.name for feature in shown}
    assert not unknown
    values = ready | seen
    row = [
        f.encode(np.array([values.get(f.name, 1.0 if f.transform == "log" else 0.0)]))[0]
        for f in shown
    ]
    return np.array([row], np.float32)


def care(name: str, seen: dict[str, float] | None = None, **options: object) -> list[float]:
    """What the label with its rules gives."""
    regimen = Regimen.labelled(name)
    policy = LabelWithRules(regimen, **options)
    return policy.actions(observation(regimen, seen or {}))[0].tolist()


FIRST_CYCLE = {"cycles begun": 0.0, "week": 0.0, "weeks since cycle began": 999.0}


def reduced(*fractions: float) -> object:
    return pytest.approx(fractions, abs=1e-3)


@pytest.mark.parametrize("name", regimen_names())
def test_a_recovered_patient_gets_the_label_dose(name: str) -> None:
    label = [1.0] * len(Regimen.labelled(name).drugs)
    assert care(name) == pytest.approx(label)
    if name != "temozolomide-GBM":
        assert care(name, FIRST_CYCLE) == pytest.approx(label)


@pytest.mark.parametrize("counts", [{"neutrophils": 1.4}, {"platelets": 95.0}])
def test_a_cycle_waits_for_the_counts(counts: dict[str, float]) -> None:
    assert care("docetaxel-cisplatin", counts) == [0.0, 0.0]


def test_oxaliplatins_label_waits_for_fewer_platelets() -> None:
    assert care("FOLFOX4", {"platelets": 80.0}) == pytest.approx([1.0, 1.0])
    assert care("FOLFOX4", {"platelets": 70.0}) == [0.0, 0.0]


@pytest.mark.parametrize(
    "toxic",
    [
        {"febrile neutropenia in cycle": 1.0},
        {"grade 4 neutropenia over 7 days in cycle": 1.0},
        {"platelet nadir in cycle": 20.0},
    ],
)
def test_a_toxic_cycle_reduces_docetaxel_to_65_and_then_50(toxic: dict[str, float]) -> None:
    name, last = "docetaxel-cisplatin", "docetaxel, last fraction"
    assert care(name, toxic) == reduced(65.0 / 75.0, 1.0)
    assert care(name, toxic | {last: 65.0 / 75.0}) == reduced(50.0 / 75.0, 1.0)
    assert care(name, toxic | {last: 50.0 / 75.0}) == reduced(50.0 / 75.0, 1.0)


def test_each_drug_is_reduced_after_its_own_events() -> None:
    # FOLFIRI: mucositis is fluorouracil's, diarrhoea both drugs'.
    name = "FOLFIRI"
    assert Regimen.labelled(name).drugs == ("irinotecan", "fluorouracil")
    assert care(name, {"mucositis in cycle": 3.0}) == reduced(1.0, 0.8)
    assert care(name, {"diarrhoea in cycle": 3.0}) == reduced(0.833, 0.8)
    assert care(name, {"diarrhoea in cycle": 2.0}) == reduced(1.0, 1.0)
    assert care("capecitabine", {"hand-foot syndrome in cycle": 3.0}) != reduced(1.0)


def test_platelets_reduce_at_the_regimens_own_nadir() -> None:
    # 50 with gemcitabine and cisplatin, 25 with docetaxel.
    nadir = {"platelet nadir in cycle": 40.0}
    assert care("gemcitabine-cisplatin", nadir) == reduced(0.75, 0.75)
    assert care("docetaxel-cisplatin", nadir) == reduced(1.0, 1.0)


def test_a_reduced_dose_never_rises_again() -> None:
    name = "docetaxel-cisplatin"
    later = {"cycles begun": 3.0, "week": 9.0}
    assert care(name, later | {"docetaxel, last fraction": 0.8}) == reduced(0.8, 1.0)
    assert care(name, later | {"cisplatin, last fraction": 0.75}) == reduced(1.0, 0.75)
    assert care(name, later | {"cisplatin, last fraction": 0.0}) == reduced(1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "crcl", "fraction"),
    [
        ("docetaxel-cisplatin", 60.5, 1.0),
        ("docetaxel-cisplatin", 59.0, 0.75),
        ("docetaxel-cisplatin", 45.5, 0.75),
        ("docetaxel-cisplatin", 44.0, 0.0),
        ("DCF", 59.0, 0.5),
        ("DCF", 41.0, 0.5),
        ("DCF", 39.0, 0.0),
    ],
)
def test_cisplatin_follows_the_kidneys(name: str, crcl: float, fraction: float) -> None:
    given = care(name, {"creatinine clearance": crcl})
    drugs = Regimen.labelled(name).drugs
    expected = [fraction if drug == "cisplatin" else 1.0 for drug in drugs]
    assert given == pytest.approx(expected)


def test_too_long_a_delay_ends_treatment() -> None:
    name, since = "docetaxel-cisplatin", "weeks since cycle began"
    assert care(name, {since: 6.0}) == pytest.approx([1.0, 1.0])
    assert care(name, {since: 7.0}) == [0.0, 0.0]
    assert care(name, FIRST_CYCLE | {"week": 3.0}) == pytest.approx([1.0, 1.0])
    assert care(name, FIRST_CYCLE | {"week": 4.0}) == [0.0, 0.0]
    # Temozolomide's label waits for four weeks after the fourth.
    assert care("temozolomide-LGG", {since: 8.0}) == pytest.approx([1.0])
    assert care("temozolomide-LGG", {since: 9.0}) == [0.0]


def test_neuropathy_reduces_and_then_ends_what_causes_it_only() -> None:
    neuropathy = "sensory neuropathy"
    assert care("paclitaxel-carboplatin", {neuropathy: 2.0}) == reduced(0.8, 1.0)
    assert care("paclitaxel-carboplatin", {neuropathy: 3.0}) == reduced(0.0, 1.0)
    assert care("FOLFOX4", {neuropathy: 3.0}) == reduced(0.0, 1.0)
    assert care("docetaxel-cisplatin", {neuropathy: 2.0}) == reduced(1.0, 1.0)
    assert care("docetaxel-cisplatin", {neuropathy: 3.0}) == [0.0, 0.0]


def within(**seen: float) -> dict[str, float]:
    return {"cycle due": 0.0, "weeks since cycle began": 1.0, "week": 4.0} | seen


@pytest.mark.parametrize(
    ("name", "counts", "fraction"),
    [
        ("gemcitabine-cisplatin", {"neutrophils": 1.05, "platelets": 105.0}, 1.0),
        ("gemcitabine-cisplatin", {"neutrophils": 0.9}, 0.75),
        ("gemcitabine-cisplatin", {"platelets": 90.0}, 0.75),
        ("gemcitabine-carboplatin", {"neutrophils": 1.4}, 0.5),
        ("nab-paclitaxel-gemcitabine", {"neutrophils": 0.9}, 0.8),
    ],
)
def test_a_dose_within_the_cycle_follows_that_days_counts(
    name: str, counts: dict[str, float], fraction: float
) -> None:
    assert care(name, within(**counts))[0] == pytest.approx(fraction)


def test_a_dose_within_the_cycle_starts_from_the_cycles_own() -> None:
    seen = within(neutrophils=0.9) | {"gemcitabine, last fraction": 0.75}
    assert care("gemcitabine-cisplatin", seen)[0] == pytest.approx(0.75 * 0.75)
    # A toxic event of the cycle under way reduces the next cycle, not this one.
    seen = within() | {"febrile neutropenia in cycle": 1.0}
    assert care("gemcitabine-cisplatin", seen)[0] == pytest.approx(1.0)


def test_temozolomide_starts_at_150_and_rises_to_200_where_it_is_borne() -> None:
    name, last = "temozolomide-GBM", "temozolomide, last fraction"
    assert care(name, FIRST_CYCLE) == reduced(0.75)
    second = {last: 0.75, "weeks since cycle began": 4.0}
    assert care(name, second) == reduced(1.0)
    assert care(name, second | {"platelet nadir in cycle": 40.0}) == reduced(0.75)
    assert care(name, second | {"cycles begun": 2.0}) == reduced(0.75)


@pytest.mark.parametrize(
    ("genes", "expected"),
    [
        ({}, (1.0, 1.0)),
        ({"DPYD activity": 1.5}, (1.0, 0.5)),
        ({"DPYD activity": 1.0}, (1.0, 0.5)),
        ({"DPYD activity": 0.5}, (1.0, 0.0)),
        ({"DPYD activity": 0.0}, (1.0, 0.0)),
        ({"UGT1A1 slow alleles": 1.0}, (1.0, 1.0)),
        ({"UGT1A1 slow alleles": 2.0}, (0.75, 1.0)),
        ({"UGT1A1 slow alleles": 2.0, "DPYD activity": 1.0}, (0.75, 0.5)),
        ({"UGT1A1 slow alleles": -1.0, "DPYD activity": -1.0}, (1.0, 1.0)),  # unknown
    ],
)
def test_the_genotype_says_where_to_start(
    genes: dict[str, float], expected: tuple[float, float]
) -> None:
    assert care("FOLFIRI", FIRST_CYCLE | genes, genotyped=True) == reduced(*expected)
    assert care("FOLFIRI", FIRST_CYCLE | genes) == reduced(1.0, 1.0)
    # In the second cycle the start is what later reductions count from.
    lasts = dict(zip(("irinotecan", "fluorouracil"), expected, strict=True))
    second = {f"{drug}, last fraction": fraction for drug, fraction in lasts.items()}
    toxic = second | {"febrile neutropenia in cycle": 1.0}
    assert care("FOLFIRI", second | genes, genotyped=True) == reduced(*expected)
    assert care("FOLFIRI", toxic | genes, genotyped=True) == reduced(
        expected[0] * 0.833, expected[1] * 0.8
    )


def test_the_comparators_are_conventional_care_and_its_bounds() -> None:
    assert [each.title for each in conventional_care(Regimen.labelled("docetaxel-cisplatin"))] == [
        "Label with rules",
        "Label without rules",
        "One level down",
        "Adaptive, 50 % rule",
        "No treatment",
        "Random",
    ]
    with_genes = [each.name for each in conventional_care(Regimen.labelled("FOLFIRI"))]
    assert with_genes[3] == "label-by-genotype"


def test_one_level_down_gives_less_of_every_drug() -> None:
    for name in ("docetaxel-cisplatin", "FOLFIRINOX"):
        regimen = Regimen.labelled(name)
        down = next(each for each in conventional_care(regimen) if each.name == "one-level-down")
        given = down.policy.actions(observation(regimen, FIRST_CYCLE))[0]
        assert given == pytest.approx([0.8] * len(regimen.drugs))


def test_random_doses_repeat_and_use_every_level() -> None:
    env = CourseVectorEnv(500, patients=500)
    policy = next(each.policy for each in env.comparators() if each.name == "random")
    env.reset(options={"patients": np.arange(500)})
    seen = observe(env.courses, env.features)
    actions = policy.actions(seen)
    assert (actions == policy.actions(seen)).all()
    assert set(np.unique(actions)) == {0.0, 0.5, 0.75, 1.0, 1.25}


def test_no_treatment_gives_nothing() -> None:
    seen = observation(Regimen.labelled("TAC"), {})
    assert (FixedDose(0.0, 3).actions(np.repeat(seen, 5, axis=0)) == np.zeros((5, 3))).all()


@pytest.mark.parametrize(
    ("since", "size", "treats"),
    [
        (3.0, 0.8, True),  # under treatment until the tumour is half its size
        (3.0, 0.49, False),
        (9.0, 0.8, False),  # resting until it is back at its baseline
        (9.0, 1.0, True),
    ],
)
def test_adaptive_treatment_rests_at_half_the_tumour(
    since: float, size: float, treats: bool
) -> None:
    regimen = Regimen.labelled("docetaxel-prostate")
    seen = {"weeks since cycle began": since, "tumour size, of baseline": size, "week": since}
    given = AdaptiveHalf(regimen).actions(observation(regimen, seen))
    assert given.tolist() == [[float(treats)]]


@pytest.mark.parametrize("name", regimen_names())
def test_every_comparator_treats_every_regimen_to_its_end(name: str) -> None:
    comparators = conventional_care(Regimen.labelled(name))
    slots = 4 * len(comparators)
    whose = np.repeat(np.arange(len(comparators)), 4)
    env = CourseVectorEnv(
        slots, regimen=name, patients=slots, continuous=True, decisions="due", cycles=3
    )
    observations, _ = env.reset(options={"patients": np.arange(slots)})
    ended, cycles = np.zeros(slots, bool), np.full(slots, np.nan)
    while not ended.all():
        each = [comparator.policy.actions(observations) for comparator in comparators]
        assert {actions.shape for actions in each} == {(slots, len(env.regimen.drugs))}
        observations, _, now, _, infos = env.step(np.stack(each)[whose, np.arange(slots)])
        fresh = now & ~ended
        if fresh.any():
            cycles[fresh] = infos["endpoints"]["cycles"][fresh]
        ended |= now
    given = {comparator.name: cycles[whose == k].mean() for k, comparator in enumerate(comparators)}
    assert (cycles <= 3.0).all()
    assert given["no-treatment"] == 0.0
    assert given["label-without-rules"] >= 1.0
    assert given["label-with-rules"] >= 1.0
