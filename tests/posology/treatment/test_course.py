"""A course: what is given and refused, what is counted, and what is reported of it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from posology.library import regimen_names
from posology.patients import Cohort
from posology.pharmacology import combined_kill, kill_model
from posology.treatment import (
    DEATH_UNITS,
    DOSE_LEVELS,
    OBJECTIVES,
    TERMS,
    Courses,
    Regimen,
    endpoints,
    grade_above,
    grade_below,
)
from posology.treatment.grading import count_bounds

EFFICACY, TOXICITY, TWIST, DRUG, RESPONSE, SAE = (
    OBJECTIVES.index(name) for name in ("efficacy", "toxicity", "twist", "drug", "response", "sae")
)
FEVER = TERMS.index("febrile neutropenia")
UNITS = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 2.0])


def full(courses: Courses, *fractions: float) -> np.ndarray:
    """The same fractions for every slot; 1 for all drugs if none are given."""
    asked = fractions or (1.0,) * len(courses.regimen.drugs)
    return np.array(asked)[:, None] * np.ones(courses.chart.size)


def step(courses: Courses, *fractions: float) -> np.ndarray:
    live = np.flatnonzero(~courses.chart["ended"])
    return courses.step(full(courses, *fractions), live)


# Doses and limits


def test_nothing_is_given_before_it_is_due_or_against_the_guardrails(
    begin: Callable[..., Courses],
) -> None:
    courses = begin(400)
    step(courses)
    given = courses.chart["totals"].copy()
    step(courses)
    assert (courses.chart["totals"] == given).all()
    step(courses, 0.0, 0.0)
    courses.chart["neutrophils"][:100] = 0.99
    courses.chart["platelets"][100:150] = 49.0
    low = (courses.chart["neutrophils"] < 1.0) | (courses.chart["platelets"] < 50.0)
    courses.chart["crcl_ml_min"][::2] = 44.0
    courses.chart["crcl_ml_min"][1::2] = 46.0
    due = courses.is_due()
    step(courses)
    after = courses.chart["totals"] - given
    assert (after[low] == 0.0).all()
    assert (after[::2, 1] == 0.0).all()
    well = ~low & due
    assert (after[well, 0] == 75.0).all()
    assert (after[well & (np.arange(400) % 2 == 1), 1] == 75.0).all()
    assert (courses.chart["refusals"][well & (np.arange(400) % 2 == 0)] == 1).all()
    assert (courses.chart["refusals"][low & due] == 2).all()


def test_a_dose_within_a_cycle_has_limits_of_its_own(begin: Callable[..., Courses]) -> None:
    # Gemcitabine on day 8: none below 0.5 x 10^9/L, where a cycle needs 1.0 to begin.
    courses = begin(4, "gemcitabine-cisplatin")
    step(courses)
    courses.chart["neutrophils"] = [0.7, 0.49, 2.0, 2.0]
    courses.chart["platelets"] = [120.0, 120.0, 49.0, 51.0]
    assert courses.permitted().tolist() == [[True, False, False, True], [False] * 4]
    step(courses)
    assert courses.chart["totals"][:, 0].tolist() == [2500.0, 1250.0, 1250.0, 2500.0]
    assert (courses.chart["totals"][:, 1] == 75.0).all()
    # Cisplatin is not due on day 8, which is no refusal.
    assert courses.chart["refusals"].tolist() == [0, 1, 1, 0]
    assert (courses.chart["cycles"] == 1).all()
    assert (courses.chart["fractions"][:, 0] == 1.0).all()


def test_a_held_cycle_has_no_further_doses_and_counts_as_a_delay(
    begin: Callable[..., Courses],
) -> None:
    courses = begin(3, "gemcitabine-cisplatin")
    step(courses, 0.0, 0.0)
    assert (courses.chart["cycles"] == 0).all()
    assert (courses.chart["delay_weeks"] == 1).all()
    assert courses.is_due().all()
    step(courses, 0.5, 0.0)
    assert courses.chart["totals"][:, :2].tolist() == [[625.0, 0.0]] * 3
    assert (courses.chart["delay_weeks"] == 1).all()


def test_no_dose_of_doxorubicin_passes_its_cumulative_cap(
    begin: Callable[..., Courses], run: Callable[..., np.ndarray]
) -> None:
    label = Regimen.labelled("AC")
    first, second = label.rules.drugs
    assert first.cumulative_cap == 550.0
    lower = replace(label.rules, drugs=(replace(first, cumulative_cap=250.0), second))
    courses = begin(100, "AC", regimen=replace(label, cycles=6, treatment_weeks=40, rules=lower))
    courses._setting = courses._setting._replace(fatality=0.0, progression_mm=np.inf)
    courses.persons["new_lesion_rate"] = 0.0
    run(courses, lambda each: full(each))
    # Four doses of 60 mg/m2 are 240; a fifth would be 300 and is refused. The other drug goes on.
    assert (courses.chart["totals"][:, 0] <= 240.0).all()
    on_time = courses.chart["cycles"] == 6
    assert on_time.mean() > 0.5
    assert courses.chart["totals"][on_time, 1] == pytest.approx(np.full(on_time.sum(), 3600.0))
    assert (courses.chart["refusals"][on_time] >= 2).all()


def test_carboplatin_is_dosed_by_calvert_with_a_cap(begin: Callable[..., Courses]) -> None:
    courses = begin(3, "carboplatin", assay_error=0.0)
    courses.chart["crcl_ml_min"] = [60.0, 125.0, 160.0]
    step(courses)
    rates, units = courses._body.rates[:, :3], courses._body.units[:, :3]
    milligrams = courses._body.areas[0] / (units / rates).sum(axis=0)
    # The area of the week is a little below that of all time.
    assert milligrams == pytest.approx([5.0 * 85.0, 5.0 * 150.0, 5.0 * 150.0], rel=2e-3)


def test_cisplatin_slows_its_own_clearance(begin_unguarded: Callable[..., Courses]) -> None:
    courses = begin_unguarded(50)
    areas = []
    for week in range(7):
        before = courses.chart["exposures"][:, 1].copy()
        step(courses, 0.0, 1.0)
        if week % 3 == 0:
            areas.append(courses.chart["exposures"][:, 1] - before)
    assert (areas[1] > areas[0]).all()
    assert (areas[2] > areas[1]).all()


def test_a_hundred_mg_per_m2_costs_eight_percent_of_creatinine_clearance(
    begin: Callable[..., Courses],
) -> None:
    who = begin(1000).individuals
    lost = -np.expm1(-np.median(who.renal_loss[1]) * 100.0 / 75.0)
    assert lost == pytest.approx(0.08, abs=0.004)


def test_due_decisions_change_no_course(
    begin: Callable[..., Courses], run: Callable[..., np.ndarray]
) -> None:
    for name in ("docetaxel-cisplatin", "irinotecan-cisplatin"):
        weekly, due = begin(100, name), begin(100, name, decide_when_due=True)
        both = [run(each, lambda each: full(each)) for each in (weekly, due)]
        assert both[0] == pytest.approx(both[1], rel=1e-12)
        assert (weekly.chart == due.chart).all()


def test_courses_have_the_same_bits_in_any_batch() -> None:
    """Four agents, one saturable and one by the kidneys, with doses within the cycle."""
    label = Regimen.labelled("FOLFIRINOX")
    components = tuple(
        replace(each, days=(1, 8)) if each.agent == "irinotecan" else each
        for each in label.components
    )
    regimen = replace(label, components=components, interval_weeks=3).checked()
    cohort = Cohort.virtual(1000, seed=11, regimen="FOLFIRINOX")
    asked = np.random.default_rng(1).choice(DOSE_LEVELS, (12, 3, 1000))

    def charts(patients: np.ndarray) -> list[np.ndarray]:
        courses = Courses(patients.size, cohort=cohort, regimen=regimen)
        slots = np.arange(patients.size)
        courses.begin(slots, patients=patients, courses=np.zeros(patients.size, np.int64))
        seen = []
        for fractions in asked:
            courses.step(
                np.ascontiguousarray(fractions[:, patients]), slots[~courses.chart["ended"]]
            )
            seen.append(courses.chart.copy())
        return seen

    whole = charts(np.arange(1000))
    for patients in (np.array([17]), np.array([5, 993, 17, 400, 401, 402, 17])):
        for ours, theirs in zip(charts(patients), whole, strict=True):
            assert ours.tobytes() == theirs[patients].tobytes()


@pytest.mark.parametrize("name", regimen_names())
def test_every_regimen_gives_its_label_doses(begin: Callable[..., Courses], name: str) -> None:
    courses = begin(64, name, assay_error=0.0)
    regimen = courses.regimen
    low = np.zeros(64, bool)
    for _ in range(regimen.interval_weeks):
        low |= courses.is_due() & ~courses.permitted().any(axis=0)
        step(courses)
    label = [regimen.label_per_cycle(drug) for drug in range(len(regimen.drugs))]
    given = courses.chart["totals"][~low, : len(label)]
    assert (~low).mean() > 0.4
    assert given == pytest.approx(np.broadcast_to(label, given.shape))
    assert (courses.chart["cycles"] == 1).all()
    # A reference exposure is one reference dose in the typical patient.
    doses = np.array([each.dose * len(each.days) for each in regimen.components])
    exposures = courses.chart["exposures"][~low, : doses.size] * regimen.reference_doses() / doses
    # Pembrolizumab stays for weeks.
    assert (np.median(exposures, axis=0) > 0.35).all()
    assert (np.median(exposures, axis=0) < 2.0).all()


# What is counted


def test_returns_add_up_to_the_charts_totals(
    begin: Callable[..., Courses], run: Callable[..., np.ndarray]
) -> None:
    for name in ("docetaxel-cisplatin", "nab-paclitaxel-gemcitabine"):
        courses = begin(200, name)
        rng = np.random.default_rng(0)
        returns = run(courses, lambda each, rng=rng: rng.choice(DOSE_LEVELS, (2, 200)))
        assert returns == pytest.approx(courses.chart["returns"])


def test_without_treatment_efficacy_is_the_growth_until_progression(
    begin: Callable[..., Courses], run: Callable[..., np.ndarray]
) -> None:
    courses = begin(50)
    returns = run(courses, lambda each: full(each, 0.0, 0.0))
    progression = courses.chart["progression_week"]
    paid = np.where(progression > 0, progression - 1, 78)
    growth = courses.individuals.growth_rate[:50]
    expected = -growth * 7.0 * paid * (paid + 1) / 2.0 / 78.0
    assert returns[:, EFFICACY] == pytest.approx(expected)
    assert (returns[:, TOXICITY] == 0.0).all()
    assert (returns[:, DRUG] == 0.0).all()
    # Every week before progression is one without symptoms or toxicity.
    assert returns[:, TWIST] == pytest.approx(paid.astype(float))


def test_toxicity_counts_grade_3_once_and_grade_4_twice(
    begin_unguarded: Callable[..., Courses],
) -> None:
    # Docetaxel and cisplatin bring no acute event here, which could count again each week.
    courses = begin_unguarded(1000)
    courses.persons["acute_hazards"] = 0.0
    returns = step(courses)
    for _ in range(2):
        returns += step(courses, 0.0, 0.0)
    worst = courses.chart["worst_grades"]
    # A grade 4 in two weeks of one cycle is one event; a fever in two weeks would be two.
    once = np.delete(worst, FEVER, axis=1)
    units = UNITS[once].sum(axis=1) + (worst[:, FEVER] == 3)
    twice = -returns[:, TOXICITY] - units
    assert (twice[worst[:, FEVER] == 0] == pytest.approx(0.0)) or (
        np.abs(twice[worst[:, FEVER] == 0]).max() < 1e-9
    )
    assert (worst[:, 0] == 4).any()


def test_death_by_toxicity_ends_the_course_and_counts_ten_more(
    begin: Callable[..., Courses],
) -> None:
    courses = begin(300)
    courses._setting = courses._setting._replace(fatality=1.0)
    courses.persons["fever_hazard"] = 1e9
    courses.persons["acute_hazards"] = 0.0
    returns = step(courses)
    returns += step(courses, 0.0, 0.0)
    died = courses.chart["death_week"] > 0
    assert died.any()
    assert courses.chart["ended"][died].all()
    worst = courses.chart["worst_grades"][died]
    assert (worst[:, FEVER] == 5).all()
    units = UNITS[np.delete(worst, FEVER, axis=1)].sum(axis=1) + UNITS[5] + DEATH_UNITS
    # A fever counts 2 as grade 5, and the death apart.
    assert returns[died, TOXICITY] == pytest.approx(-units)


def test_drug_counts_label_cycles(begin_unguarded: Callable[..., Courses]) -> None:
    courses = begin_unguarded(20, "gemcitabine-cisplatin")
    returns = step(courses, 1.0, 0.5)
    assert returns[:, DRUG] == pytest.approx(-np.full(20, 0.5 * (0.5 + 0.5)))
    returns = step(courses, 1.0, 1.0)
    assert returns[:, DRUG] == pytest.approx(-np.full(20, 0.25))


@pytest.mark.parametrize("name", regimen_names())
def test_response_and_serious_events_are_paid_once_and_are_the_endpoints(
    begin: Callable[..., Courses], run: Callable[..., np.ndarray], name: str
) -> None:
    courses = begin(200, name)
    rng, drugs = np.random.default_rng(1), len(courses.regimen.drugs)
    returns = run(courses, lambda each: rng.choice(DOSE_LEVELS, (drugs, 200)))
    found = endpoints(courses.chart, courses.regimen)
    assert (returns[:, RESPONSE] == found["confirmed response"]).all()
    assert (returns[:, SAE] == -1.0 * found["serious adverse event"]).all()
    assert 0.0 < found["serious adverse event"].mean() < 1.0


@pytest.mark.parametrize(
    ("count", "grade"), [(3.0, 0), (1.9, 1), (1.5, 1), (1.49, 2), (1.0, 2), (0.99, 3), (0.49, 4)]
)
def test_neutropenia_is_graded_as_ctcae_says(count: float, grade: int) -> None:
    assert grade_below(count, count_bounds()[0]) == grade


@pytest.mark.parametrize(
    ("haemoglobin", "grade"), [(12.1, 0), (11.0, 1), (9.9, 2), (7.9, 3), (6.4, 4)]
)
def test_anaemia_is_graded_as_ctcae_says(haemoglobin: float, grade: int) -> None:
    assert grade_below(haemoglobin, count_bounds()[2]) == grade


def test_a_grade_begins_above_its_bound() -> None:
    bounds = np.array([1.2, 1.5, 3.0, 6.0])
    assert [grade_above(x, bounds) for x in (1.0, 1.2, 1.3, 3.0, 3.1, 7.0)] == [0, 0, 1, 2, 3, 4]


# What is reported


def test_terms_are_graded_in_the_order_of_the_endpoints(regimen: Regimen) -> None:
    courses = Courses(1, cohort=Cohort.virtual(1, seed=0, tumour="NSCLC"), regimen=regimen)
    courses.chart["worst_grades"] = [np.arange(len(TERMS)) % 6]
    seen = endpoints(courses.chart, regimen)
    found = [seen[f"{term}, worst grade"][0] for term in TERMS]
    assert found == [k % 6 for k in range(len(TERMS))]


def test_dose_intensity_is_one_for_the_label_on_time_and_half_at_twice_the_interval(
    begin: Callable[..., Courses],
) -> None:
    courses = begin(4)
    chart = courses.chart
    chart["cycles"], chart["week"] = 3, 40
    chart["totals"] = 225.0
    chart["weeks_since_dose"] = [34, 31, 34, 34]  # last cycle in week 6, or 9
    chart["cycles"][3], chart["totals"][3] = 0, 0.0
    chart["weeks_since_dose"][3] = 999
    seen = endpoints(chart, courses.regimen)["docetaxel, relative dose intensity"]
    assert seen == pytest.approx([1.0, 0.75, 1.0, 0.0])


@pytest.mark.parametrize("name", ["gemcitabine", "temozolomide-GBM", "LV5FU2"])
def test_dose_intensity_counts_every_administration_of_a_cycle(
    begin_unguarded: Callable[..., Courses], name: str
) -> None:
    courses = begin_unguarded(10, name)
    for _ in range(courses.regimen.interval_weeks):
        step(courses)
    drug = courses.regimen.drugs[0]
    seen = endpoints(courses.chart, courses.regimen)[f"{drug}, relative dose intensity"]
    assert seen == pytest.approx(np.ones(10))


def test_reduced_doses_stay_what_they_are_when_less_is_prescribed(regimen: Regimen) -> None:
    lower = regimen.prescribed(doses={"docetaxel": 60.0})
    assert lower.rules.drugs[0].reductions == pytest.approx((1.0, 50.0 / 60.0), rel=1e-3)
    assert regimen.rules.drugs[0].reductions == pytest.approx((65.0 / 75.0, 50.0 / 75.0), rel=1e-3)


def test_a_day_after_the_next_cycle_is_due_is_refused() -> None:
    with pytest.raises(ValueError, match="gives a dose on day 15, but a cycle is due every 14 d"):
        Regimen.labelled("gemcitabine").prescribed(interval_days=14)


def test_two_saturable_agents_are_refused(cohort: Cohort) -> None:
    regimen = Regimen.labelled("paclitaxel-carboplatin")
    both = replace(
        regimen,
        drugs=("paclitaxel", "fluorouracil"),
        components=(
            regimen.components[0],
            replace(regimen.components[1], agent="fluorouracil-bolus", unit="mg/m2", dose=400.0),
        ),
    )
    with pytest.raises(ValueError, match="both have saturable kinetics"):
        Courses(1, cohort=cohort, regimen=both)


# The tumour


def label_kill(courses: Courses) -> np.ndarray:
    """Log kill of one cycle of the label in the typical patient's exposure."""
    doses = np.array([each.dose * len(each.days) for each in courses.regimen.components])
    share = doses / courses.regimen.reference_doses()
    return share @ courses.individuals.log_kill[:, : courses.chart.size]


def test_at_label_intensity_in_the_typical_patient_it_is_clarets_closed_form(
    begin_unguarded: Callable[..., Courses],
) -> None:
    """ln S/S0 = KL t - KDE/lambda (1 - exp(-lambda t)), with calendar time as exposure.

    Exposure comes in cycles and acts with a delay of a week, so that the log size is compared
    with Claret's at the time at which the same has acted.
    """
    courses = begin_unguarded(400)
    who, person = courses.individuals, courses.persons
    for _ in range(4):
        for week in range(3):
            step(courses, *((1.0, 1.0) if week == 0 else (0.0, 0.0)))
    chart = courses.chart
    exposure_days = chart["kill"] / person["kill_rate"][:400]
    growth, resistance = who.growth_rate[:400], who.resistance_rate[:400]
    rate = label_kill(courses) / 21.0
    worn = 1.0 - np.exp(-resistance * exposure_days)
    claret = growth * 84.0 - rate / resistance * worn
    assert chart["log_size"] == pytest.approx(claret, abs=1e-9)
    # Twelve weeks of the label are 84 days of exposure, but for the last doses' delay.
    assert np.median(exposure_days) == pytest.approx(84.0, rel=0.12)


def test_regrowth_has_one_cause(begin_unguarded: Callable[..., Courses]) -> None:
    # Trap 12: without the loss of effect there is no other resistance, such as a clone's.
    courses = begin_unguarded(100)
    courses.persons["resistance_rate"] = 1e-12
    for week in range(12):
        step(courses, *((1.0, 1.0) if week % 3 == 0 else (0.0, 0.0)))
    expected = courses.individuals.growth_rate[:100] * 84.0 - courses.chart["kill"]
    assert courses.chart["log_size"] == pytest.approx(expected, abs=1e-6)


def test_half_the_label_intensity_kills_at_half_the_rate(
    begin_unguarded: Callable[..., Courses],
) -> None:
    kills = []
    for days in (21, 42):
        regimen = Regimen.labelled("docetaxel-cisplatin").prescribed(interval_days=days)
        courses = begin_unguarded(200, regimen=regimen)
        step(courses)
        for _ in range(12):
            step(courses, 0.0, 0.0)
        kills.append(courses.chart["kill"] / 21.0)
    # One label dose is 21 days at label intensity, whatever interval is prescribed.
    assert kills[0] == pytest.approx(kills[1])
    relative = kills[0] / (label_kill(courses) / 21.0)
    assert np.median(relative) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize(
    ("interaction", "synergy"),
    [("hsa", 0.0), ("zip", 0.3), ("musyc", 0.5), ("musyc", -0.5), ("independent", 0.5)],
)
def test_drugs_interact_on_the_kill_of_the_week(
    begin_unguarded: Callable[..., Courses], interaction: str, synergy: float
) -> None:
    plain, other = begin_unguarded(50), begin_unguarded(50)
    model = kill_model(interaction, synergy)
    other._setting = other._setting._replace(kill_model=model, kills_add_up=False, synergy=synergy)
    for courses in (plain, other):
        step(courses)
    kills = plain.individuals.log_kill[:, :50] * plain.chart["exposures"][:, :2].T
    released = plain._setting.released
    expected = [combined_kill(each, model, synergy) for each in released * kills.T]
    assert other.chart["kill"] == pytest.approx(np.array(expected))


def test_bliss_and_loewe_are_the_default_on_these_curves(
    cohort: Cohort, run: Callable[..., np.ndarray]
) -> None:
    returns = []
    for interaction in ("independent", "bliss", "loewe"):
        courses = Courses(
            40, cohort=cohort, regimen=Regimen.labelled(cohort.regimen), interaction=interaction
        )
        slots = np.arange(40)
        courses.begin(slots, patients=slots, courses=np.zeros_like(slots))
        returns.append(run(courses, full))
    assert (returns[0] == returns[1]).all()
    assert (returns[0] == returns[2]).all()


def test_two_doses_of_one_drug_are_not_two_drugs() -> None:
    # Fluorouracil's bolus and infusion add up even where only the highest single agent counts.
    cohort = Cohort.virtual(20, seed=11, regimen="FOLFOX6")
    regimen = Regimen.labelled("FOLFOX6")
    courses = Courses(20, cohort=cohort, regimen=regimen, interaction="hsa")
    slots = np.arange(20)
    courses.begin(slots, patients=slots, courses=np.zeros_like(slots))
    courses.step(np.array([[0.0], [1.0]]) * np.ones(20), slots)
    of_drug = np.array([each.drug for each in regimen.components])
    kills = courses.individuals.log_kill * courses.chart["exposures"][:, : of_drug.size].T
    both = courses._setting.released * kills[of_drug == 1].sum(axis=0)
    assert (of_drug == 1).sum() == 2
    assert courses.chart["kill"] == pytest.approx(both)
