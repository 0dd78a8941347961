"""What drugs do to patients: published figures, traps, and more of a drug never sparing anyone."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posology.library import contraindicated, drug_names, quantity, regimen_names
from posology.patients import Cohort
from posology.treatment import DOSE_LEVELS, TERMS, Courses, Regimen, Scenario, endpoints

FEVER = TERMS.index("febrile neutropenia")
NEUROPATHY, HEART = TERMS.index("sensory neuropathy"), TERMS.index("heart failure")
few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
regimens = st.sampled_from(regimen_names())
seeds = st.integers(0, 2**32 - 1)


def cycle_of_docetaxel(courses: Courses) -> None:
    """One cycle of docetaxel 100 mg/m2 alone, three weeks."""
    slots = np.arange(courses.chart.size)
    for week in range(3):
        courses.step(np.full((1, slots.size), float(week == 0)), slots)


def share(courses: Courses, term: int, grade: int) -> float:
    return float((courses.chart["worst_grades"][:, term] >= grade).mean())


def test_docetaxel_100_alone_gives_the_published_neutropenia(
    begin_unguarded: Callable[..., Courses],
) -> None:
    # Labels report grade 4 in 75.4 to 85.9 %; an independent implementation of Kloft's model gives
    # grade 4 in 79.9 % and grade 3/4 in 93.4 %.
    courses = begin_unguarded(1000, "docetaxel")
    cycle_of_docetaxel(courses)
    assert share(courses, 0, 4) == pytest.approx(0.80, abs=0.06)
    assert share(courses, 0, 3) == pytest.approx(0.934, abs=0.03)


def test_a_slope_read_per_milligram_would_be_seen(begin_unguarded: Callable[..., Courses]) -> None:
    # Trap 1. The independent implementation loses 13 points, from 80 to 67 %.
    right, wrong = begin_unguarded(1000, "docetaxel"), begin_unguarded(1000, "docetaxel")
    molar_mass = quantity("drugs/docetaxel/molar_mass", "g/mol")
    wrong._body.slopes[0] *= molar_mass / 1000.0
    for courses in (right, wrong):
        cycle_of_docetaxel(courses)
    assert share(right, 0, 4) - share(wrong, 0, 4) == pytest.approx(0.13, abs=0.04)


def test_three_over_the_transit_time_would_be_seen(
    begin_unguarded: Callable[..., Courses],
) -> None:
    # Trap 4. The independent implementation loses 19 points, from 80 to 61 %.
    right, wrong = begin_unguarded(1000, "docetaxel"), begin_unguarded(1000, "docetaxel")
    wrong._body.transit[0] *= 0.75
    for courses in (right, wrong):
        cycle_of_docetaxel(courses)
    assert share(right, 0, 4) - share(wrong, 0, 4) == pytest.approx(0.19, abs=0.05)


def test_unbound_paclitaxel_for_total_would_be_seen(
    begin_unguarded: Callable[..., Courses],
) -> None:
    # Trap 2. A slope of unbound drug on total concentrations is about twentyfold.
    right, wrong = begin_unguarded(300, "paclitaxel"), begin_unguarded(300, "paclitaxel")
    wrong._body.slopes[:] *= 20.0
    for courses in (right, wrong):
        for week in range(3):
            courses.step(np.full((1, 300), float(week == 0)), np.arange(300))
    # The label reports grade 4 in 27 to 28 %.
    assert 0.10 < share(right, 0, 4) < 0.45
    assert share(wrong, 0, 4) > 0.97


def test_leukocytes_for_neutrophils_would_be_seen(
    begin_unguarded: Callable[..., Courses],
) -> None:
    # Trap 3. White cells start at 7.21, pass in 124 h, and answer with an exponent of 0.239.
    right, wrong = begin_unguarded(500, "docetaxel"), begin_unguarded(500, "docetaxel")
    wrong._body.baseline[0] *= 7.21 / 5.22
    wrong._body.cells[:5] *= 7.21 / 5.22
    wrong._body.transit[0] *= 84.2 / 124.0
    wrong._body.feedback[0] = 0.239
    for courses in (right, wrong):
        cycle_of_docetaxel(courses)
    assert quantity("toxicities/neutrophils/circulating", "10^9/L") == pytest.approx(5.22, abs=0.01)
    assert share(right, 0, 4) - share(wrong, 0, 4) > 0.15


def test_febrile_neutropenia_comes_per_day_not_per_hour(
    begin_unguarded: Callable[..., Courses],
) -> None:
    # Trap 7.
    right, wrong = begin_unguarded(1000, "docetaxel"), begin_unguarded(1000, "docetaxel")
    wrong.persons["fever_hazard"] *= 24.0
    for courses in (right, wrong):
        cycle_of_docetaxel(courses)
    assert 0.005 < share(right, FEVER, 3) < 0.08
    assert share(wrong, FEVER, 3) > 5.0 * share(right, FEVER, 3)


def test_cisplatin_for_its_platinum_would_be_seen(begin_unguarded: Callable[..., Courses]) -> None:
    # Trap 8. The area under the curve of a label dose is the dose's platinum over the clearance.
    courses = begin_unguarded(50)
    courses.step(np.array([[0.0], [1.0]]) * np.ones(50), np.arange(50))
    clearance = courses.persons["compartments"][:50, 1, 0]
    platinum = 75.0 * courses.persons["bsa_m2"][:50] * 195.08 / 300.05
    assert courses._body.areas[1] == pytest.approx(platinum / clearance, rel=1e-4)


def test_the_blood_count_schedule_decides_what_a_trial_reports(
    begin_unguarded: Callable[..., Courses],
) -> None:
    # Trap 10. Docetaxel 75 for six cycles: grade 3/4 in 77 % by weekly counts, 12 % by days 14
    # and 21, 0 % by day 21 alone.
    courses = begin_unguarded(600, "docetaxel-prostate")
    seen = []
    for _ in range(18):
        courses.step(np.ones((1, 600)), np.arange(600))
        seen.append(courses.circulating[0] < 1.0)
    days = np.array(seen).reshape(6, 3, 600)
    weekly, late, last = (
        days[:, which].any(axis=(0, 1)).mean() for which in (slice(3), [1, 2], [2])
    )
    assert weekly > 0.6
    assert late < 0.4 * weekly
    assert last < 0.05


def test_a_trials_blood_count_schedule_can_be_asked_for(cohort: Cohort, regimen: Regimen) -> None:
    shares = []
    for weeks in (None, (2,)):
        courses = Courses(400, cohort=cohort, regimen=regimen, blood_weeks=weeks)
        slots = np.arange(400)
        courses.begin(slots, patients=slots, courses=np.zeros(400, np.int64))
        for _ in range(3):
            courses.step(np.ones((2, 400)), slots[~courses.chart["ended"]])
        seen = endpoints(courses.chart, regimen)
        shares.append(seen["charted neutropenia, grade >= 3"].mean())
    assert shares[0] > 0.5
    assert shares[1] < 0.1


def test_the_label_regimen_lands_near_its_trial(
    begin: Callable[..., Courses], run: Callable[..., np.ndarray]
) -> None:
    # TAX 326: response 31.6 %, grade 3/4 neutropenia 74.8 %, thrombocytopenia 2.7 %, febrile
    # neutropenia 5 %, neuropathy 4 %. Ten to twelve points lie between trials of one regimen.
    courses = begin(1000, decide_when_due=True)
    run(courses, lambda each: np.ones((2, 1000)))
    seen = {name: x.mean() for name, x in endpoints(courses.chart, courses.regimen).items()}
    assert seen["confirmed response"] == pytest.approx(0.316, abs=0.10)
    assert seen["charted neutropenia, grade >= 3"] == pytest.approx(0.748, abs=0.12)
    assert seen["thrombocytopenia, grade >= 3"] == pytest.approx(0.027, abs=0.04)
    assert seen["febrile neutropenia, grade >= 3"] == pytest.approx(0.05, abs=0.04)
    assert seen["sensory neuropathy, grade >= 3"] == pytest.approx(0.04, abs=0.04)
    months = np.median(endpoints(courses.chart, courses.regimen)["progression-free days"]) / 30.4
    assert months == pytest.approx(5.1, abs=1.0)


# Under any dosing


def hostile(kind: str, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    if kind == "most":
        return np.full(shape, 1.25)
    return rng.choice([0.0, 1.25] if kind == "bang-bang" else DOSE_LEVELS, shape)


@given(regimens, seeds, st.sampled_from(["most", "bang-bang", "random"]), st.booleans())
@few
def test_nothing_is_ever_negative_or_nan(
    begin_unguarded: Callable[..., Courses], name: str, seed: int, kind: str, guarded: bool
) -> None:
    # Trap 9: an explicit solver diverges for patients who clear a drug fast.
    rng = np.random.default_rng(seed)
    n = 64
    cohort = Cohort.virtual(n, seed=seed, regimen=name)
    if guarded:
        courses = Courses(n, cohort=cohort, regimen=Regimen.labelled(name))
    else:
        lax = begin_unguarded(1, name).regimen
        shortest = 7 * (lax.dose_weeks[-1] + 1)
        courses = Courses(n, cohort=cohort, regimen=lax.prescribed(interval_days=shortest))
        courses._setting = courses._setting._replace(progression_mm=np.inf, fatality=0.0)
    slots = np.arange(n)
    courses.begin(slots, patients=slots, courses=np.zeros(n, np.int64))
    body = courses._body
    body.rates[:] *= rng.uniform(1.0, 5.0, n)
    body.saturable[1] *= rng.uniform(1.0, 5.0, n)
    drugs = len(courses.regimen.drugs)
    for _ in range(20):
        live = slots[~courses.chart["ended"]]
        if not live.size:
            break
        rewards = courses.step(hostile(kind, rng, (drugs, n)), live)
        assert np.isfinite(rewards).all()
        for array in body:
            assert np.isfinite(array).all()
        for array in (body.cells, body.lowest, body.amounts, body.areas, body.grade4_hours):
            assert (array >= 0.0).all()
        assert (body.grade4_hours <= 168.0 + 1e-9).all()
        for field in courses.chart.dtype.names:
            assert np.isfinite(courses.chart[field]).all(), field
        for field in ("neutrophils", "platelets", "haemoglobin", "crcl_ml_min", "sld_mm"):
            assert (courses.chart[field] > 0.0).all(), field


def one_cycle(
    courses: Courses, earlier: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Charts before and after a last cycle, and the lowest counts in it."""
    slots = np.arange(courses.chart.size)
    weeks = courses.regimen.interval_weeks
    for cycle in earlier:
        for _ in range(weeks):
            courses.step(cycle.copy(), slots)
    before, lowest = courses.chart.copy(), []
    for _ in range(weeks):
        courses.step(last.copy(), slots)
        lowest.append(courses._body.lowest.copy())
    return before, courses.chart.copy(), np.array(lowest).min(axis=0)


def burden(courses: Courses, chart: np.ndarray, doses: str) -> np.ndarray:
    """Norm of the cumulative doses over the patient's own doses of grade 3 (by a second method)."""
    own = getattr(courses.individuals, doses)[:, : chart.size]
    total = np.zeros(chart.size)
    for a, each in enumerate(courses.regimen.components):
        if courses.regimen.main_component(each.drug) is each:
            total += (chart["totals"][:, each.drug] / own[a]) ** 3
    return np.cbrt(total)


@given(regimens, seeds)
@few
def test_more_of_any_drug_in_a_cycle_never_spares_the_patient(
    begin_unguarded: Callable[..., Courses], name: str, seed: int
) -> None:
    # Trap 11: an interaction term that lets one drug protect from another would be exploited.
    _check_monotone(begin_unguarded(1, name).regimen, seed)


@given(seeds)
@few
def test_more_of_either_drug_of_any_pair_never_spares_the_patient(
    begin_unguarded: Callable[..., Courses], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    label = begin_unguarded(1, "carboplatin").regimen
    known = [name for name in drug_names() if name != "nab-paclitaxel"]
    while True:
        pair = [str(name) for name in rng.choice(known, 2, replace=False)]
        if not contraindicated(pair):
            break
    units = [next(u for u in ("mg/m2", "mg/mL*min", "mg") if _has_unit(drug, u)) for drug in pair]
    components = tuple(
        replace(
            label.components[0],
            agent=drug,
            drug=k,
            dose=quantity(f"drugs/{drug}/reference/dose", unit),
            unit=unit,
            days=(1,),
            hours=quantity(f"drugs/{drug}/infusion", "h"),
        )
        for k, (drug, unit) in enumerate(zip(pair, units, strict=True))
    )
    rules = replace(label.rules, drugs=label.rules.drugs * 2)
    _check_monotone(
        replace(label, drugs=tuple(pair), components=components, rules=rules).checked(), seed
    )


def _has_unit(drug: str, unit: str) -> bool:
    try:
        return quantity(f"drugs/{drug}/reference/dose", unit) > 0.0
    except ValueError:
        return False


def _check_monotone(regimen: Regimen, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, drugs = 48, len(regimen.drugs)
    cohort = Cohort.virtual(n, seed=seed, tumour=regimen.tumour)
    earlier = rng.choice(DOSE_LEVELS[1:], (rng.integers(0, 3), drugs, n))
    lower = rng.choice([0.25, 0.5, 0.75, 1.0], (drugs, n))
    raised = rng.integers(0, drugs)
    if drugs > 1:
        lower[raised] *= rng.choice([0.0, 1.0], n)
    higher = lower.copy()
    higher[raised] += rng.choice([0.05, 0.25], n)
    results = []
    for last in (lower, higher):
        courses = Courses(n, cohort=cohort, regimen=regimen)
        courses._setting = courses._setting._replace(fatality=0.0, progression_mm=np.inf)
        courses.persons["new_lesion_rate"] = 0.0
        slots = np.arange(n)
        courses.begin(slots, patients=slots, courses=np.zeros(n, np.int64))
        results.append((courses, *one_cycle(courses, earlier, last)))
    (courses, before, chart, lowest), (_, same, more, lower_still) = results
    assert before.tobytes() == same.tobytes()
    # A fall is answered by a rebound, which a later dose meets: one or two hundredths. The trap's
    # term took a third of the kill away. From rest nothing but rounding is left.
    from_rest = len(earlier) == 0 and len(regimen.dose_weeks) == 1
    assert (lower_still <= lowest * (1.0 + (1e-6 if from_rest else 3e-2))).all()
    assert (more["acute"] >= chart["acute"]).all()
    for field in ("exposures", "kill", "renal_permanent", "renal_reversible"):
        assert (more[field] >= chart[field] * (1.0 - 1e-9)).all(), field
    if courses.individuals.glioma is None:
        assert (more["log_size"] <= chart["log_size"] + 1e-9).all()
    for doses, term in (("neuropathy_dose", NEUROPATHY), ("cardiac_dose", HEART)):
        more_burden, less_burden = (burden(courses, each, doses) for each in (more, chart))
        assert (more_burden >= less_burden).all()
        assert (more["grades"][:, term] >= chart["grades"][:, term]).all()
        above = {"neuropathy_dose": (0.4, 0.7, 1.0), "cardiac_dose": (0.6, 0.8, 1.0)}[doses]
        expected = sum((more_burden > bound).astype(int) for bound in above)
        sure = np.all([np.abs(more_burden - bound) > 1e-9 for bound in above], axis=0)
        assert (more["grades"][:, term] == expected)[sure].all()
    assert (more["red_cells"] - 10.0 * more["transfusions"] <= 1e-9 + chart["red_cells"]).all()


def test_hazards_of_acute_events_rise_with_the_dose(
    begin_unguarded: Callable[..., Courses],
) -> None:
    # The same luck at every dose: the grades of a larger dose are never lower.
    grades = []
    for dose in (0.25, 0.5, 1.0, 1.25):
        courses = begin_unguarded(500, "FOLFIRI")
        courses.step(np.full((2, 500), dose), np.arange(500))
        grades.append(courses.chart["acute"].copy())
    for less, more in itertools.pairwise(grades):
        assert (more >= less).all()
    assert (grades[-1] >= 3).any(axis=0)[0]
    assert grades[-1].sum() > 1.5 * grades[0].sum()


def test_a_scenario_without_error_charts_the_truth(begin: Callable[..., Courses]) -> None:
    courses = begin(100, assay_error=0.0)
    for _ in range(6):
        courses.step(np.ones((2, 100)), np.flatnonzero(~courses.chart["ended"]))
        live = ~courses.chart["ended"]
        chart, person = courses.chart[live], courses.persons[:100][live]
        assert chart["neutrophils"] == pytest.approx(courses.circulating[0][live])
        assert chart["platelets"] == pytest.approx(courses.circulating[1][live])
        assert chart["haemoglobin"] == pytest.approx(chart["red_cells"])
        lost = chart["renal_permanent"] + chart["renal_reversible"]
        assert chart["crcl_ml_min"] == pytest.approx(person["crcl_ml_min"] * np.exp(-lost))
    assert courses.chart["sld_mm"][live] == pytest.approx(
        person["baseline_sld_mm"] * np.exp(chart["log_size"])
    )
    assert Scenario().assay_error == 1.0
