"""Numbers that every patient of a course shares: the regimen's, the tumour's and the clinic's."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from posology.library import DAYS_PER_WEEK, drawn_parameters, keys, marrow_groups, quantity
from posology.patients import Cohort, Individuals, is_glioma, kernel_milligrams
from posology.pharmacology import GIVEN, MOST_AGENTS, Agents, adds_up, kill_model
from posology.treatment.grading import ACUTE, acute_multiples, count_bounds, share_bounds
from posology.treatment.regimen import DOSE_UNITS, MOST_DRUGS, Regimen
from posology.treatment.scenario import Scenario

DAYS = 7.0
"""Days in a week."""
BY_SURFACE, BY_AREA, FLAT = range(3)
"""How a dose becomes milligrams, in the order of ``DOSE_UNITS``."""

MOST_WEEKS = 26
"""Weeks that the longest interval between cycles may have."""

RULES = np.dtype(
    [
        ("week", "i8", (MOST_WEEKS,)),  # of the schedule, for each of a cycle; 0 without doses
        ("number", "f8", (MOST_WEEKS, MOST_AGENTS)),  # administrations in each week of a cycle
        ("given", "i8", (MOST_WEEKS, MOST_DRUGS)),  # 1 if a drug has any in it
        ("week_dose", "f8", (MOST_WEEKS, MOST_DRUGS)),  # label dose that counts in its total
        ("cycle_dose", "f8", (MOST_DRUGS,)),  # ... of a whole cycle
        ("blood", "i8", (MOST_WEEKS,)),  # 1 if a count at the end of a cycle's week is charted
        ("dose", "f8", (MOST_AGENTS,)),  # of one administration
        ("unit", "i8", (MOST_AGENTS,)),  # BY_SURFACE, BY_AREA or FLAT
        ("kernel_mg", "f8", (MOST_AGENTS,)),  # kernel milligrams of a milligram
        ("drug", "i8", (MOST_AGENTS,)),  # which each agent belongs to
        ("main", "i8", (MOST_AGENTS,)),  # 1 if its doses make up the drug's total
        ("swallowed", "i8", (MOST_AGENTS,)),  # 1 of tablets, which may be forgotten
        ("first_mode", "i8", (MOST_AGENTS,)),  # row of the agent's first mode in the kernel
        ("exposure", "f8", (MOST_AGENTS,)),  # reference exposures of an area of 1 mg h/L
        ("renal_exponent", "f8", (MOST_AGENTS,)),
        ("stop_crcl", "f8", (MOST_DRUGS,)),  # [mL/min]
        ("cumulative_cap", "f8", (MOST_DRUGS,)),
        ("acute_exponent", "f8", (len(ACUTE),)),
        ("acute_multiple", "f8", (4,)),
    ]
)
"""Tables of a setting, a numpy record with room for the largest regimen, whose rest stays idle.

Compiled functions hand a record on for nothing, but count references to every array of a tuple.
"""


class Setting(NamedTuple):
    """Numbers of the regimen, the tumour and the clinic that every patient shares."""

    key: int
    decide_when_due: bool
    """Pass over visits at which nothing is due."""
    visit_interval_weeks: int
    interval_weeks: int
    cycles: int
    treatment_weeks: int
    horizon_weeks: int
    adverse_event_weeks: int
    agents: int
    drugs: int
    calvert_nonrenal: float
    calvert_cap: float
    # limits, at a cycle's start and within it
    neutrophils_low: tuple[float, float]
    platelets_low: tuple[float, float]
    # tumour
    released: float
    """Share of the stored exposure that acts within a week."""
    kill_model: int
    """How the drugs' kills combine, an index into ``KILL_MODELS``."""
    kills_add_up: bool
    synergy: float
    glioma: bool
    """Follow three tissues, as Mazzocco does in low-grade glioma."""
    capacity_mm: float
    """Size beyond which a glioma does not grow."""
    scan_sd_mm: float
    scan_weeks: int
    partial_response: float
    progression: float
    progression_mm: float
    # marrow and organs
    gcsf: int
    """0 never, 1 after febrile or long grade 4 neutropenia, 2 in every cycle."""
    last_dose_week: int
    """Week of the cycle with its last doses, the first being 0; G-CSF acts from the next one."""
    gcsf_weeks: int
    """Weeks of support, that of the last doses included."""
    boost: float
    speed: float
    most_renal_loss: float
    """Log loss of creatinine clearance that is never exceeded."""
    recoverable_share: float
    recovery_per_week: float
    neuropathy_norm: float
    red_cell_loss: float
    """Share of red cells that die in a week."""
    transfusion: float
    transfusion_gain: float
    count_bounds: tuple[tuple[float, ...], ...]
    """Of the grades of neutrophils, platelets, haemoglobin."""
    share_bounds: tuple[tuple[float, ...], ...]
    """... of creatinine, neuropathy, cardiac dose."""
    acute_most: float
    """Largest of the multiples of an acute term's hazard."""
    fatality: float
    # the clinic
    neutrophil_sd: float
    platelet_sd: float
    crcl_sd: float
    haemoglobin_sd: float
    missing: float
    adherence: float


def agents_of(regimen: Regimen, individuals: Individuals) -> Agents:
    """The regimen's agents as the kernel wants them.

    Raises:
        ValueError: two agents with saturable kinetics.
    """
    names = [each.agent for each in regimen.components]
    sizes = [max(1, kinetics.rates.shape[0]) for kinetics in individuals.kinetics]
    first_mode = np.cumsum([0, *sizes])
    saturable = [k for k, each in enumerate(individuals.kinetics) if each.saturable is not None]
    if len(saturable) > 1:
        held = " and ".join(names[k] for k in saturable)
        raise ValueError(f"{held} both have saturable kinetics; one regimen may hold one of them.")
    groups, order = marrow_groups(names)
    return Agents(
        first_mode=first_mode,
        group=np.array(groups),
        order=order,
        saturable=saturable[0] if saturable else -1,
    )


def setting(
    cohort: Cohort,
    regimen: Regimen,
    individuals: Individuals,
    *,
    scenario: Scenario,
    decide_when_due: bool,
    interaction: str = "independent",
    synergy: float = 0.0,
    scan_weeks: int | None = None,
) -> Setting:
    """The shared numbers of a cohort treated with a regimen, in the cohort's draw of parameters.

    ``interaction`` says how the drugs' kills of the tumour combine and ``synergy`` how much more
    they do together: see :func:`posology.pharmacology.kill.combined_kill`.

    Raises:
        ValueError: an unknown interaction, or a synergy that it cannot have.
    """
    model = kill_model(interaction, synergy)
    # The dose's formula is the label's; what a draw moves is the patients' clearance.
    with drawn_parameters(None):
        nonrenal = quantity("drugs/carboplatin/kinetics/clearance_nonrenal", "mL/min")
    with drawn_parameters(cohort.parameters):
        components = regimen.components
        tumour = regimen.tumour
        gcsf = regimen.rules.gcsf if scenario.gcsf == "label" else scenario.gcsf
        level = quantity("toxicities/gcsf/level", "1")
        half_life = _tumour(tumour, "effect_half_life", "d")
        recovery_days = quantity("toxicities/creatinine/recovery_half_life", "d")
        error = scenario.assay_error
        return Setting(
            key=cohort.noise_key,
            decide_when_due=decide_when_due,
            visit_interval_weeks=scenario.visit_interval_weeks,
            interval_weeks=regimen.interval_weeks,
            cycles=regimen.cycles,
            treatment_weeks=regimen.treatment_weeks,
            horizon_weeks=regimen.horizon_weeks,
            adverse_event_weeks=regimen.adverse_event_weeks,
            agents=len(components),
            drugs=len(regimen.drugs),
            calvert_nonrenal=nonrenal,
            calvert_cap=quantity("drugs/carboplatin/kinetics/gfr_cap", "mL/min"),
            neutrophils_low=(
                regimen.guardrails.neutrophils_low,
                regimen.guardrails.within_neutrophils_low,
            ),
            platelets_low=(
                regimen.guardrails.platelets_low,
                regimen.guardrails.within_platelets_low,
            ),
            released=1.0 - math.exp(-math.log(2.0) * DAYS / half_life),
            kill_model=model,
            kills_add_up=adds_up(model, synergy),
            synergy=float(synergy),
            glioma=is_glioma(tumour),
            capacity_mm=quantity(f"tumours/{tumour}/capacity", "mm")
            if is_glioma(tumour)
            else np.inf,
            scan_sd_mm=error * _tumour(tumour, "measurement_sd", "mm"),
            scan_weeks=int(quantity("tumours/response/scan_interval", "wk"))
            if scan_weeks is None
            else scan_weeks,
            partial_response=quantity("tumours/response/partial_response", "1"),
            progression=quantity("tumours/response/progression", "1"),
            progression_mm=quantity("tumours/response/progression_absolute", "mm"),
            gcsf=("none", "secondary", "primary").index(gcsf),
            last_dose_week=regimen.dose_weeks[-1],
            gcsf_weeks=int(quantity("toxicities/gcsf/support", "wk")),
            boost=level ** quantity("toxicities/gcsf/proliferation_exponent", "1"),
            speed=level ** quantity("toxicities/gcsf/maturation_exponent", "1"),
            most_renal_loss=-math.log(quantity("toxicities/creatinine/lowest_share", "1")),
            recoverable_share=quantity("toxicities/creatinine/recoverable_share", "1"),
            recovery_per_week=math.exp(-math.log(2.0) * DAYS / recovery_days),
            neuropathy_norm=quantity("toxicities/neuropathy/norm", "1"),
            red_cell_loss=1.0
            - math.exp(-DAYS_PER_WEEK / quantity("toxicities/haemoglobin/lifespan", "d")),
            transfusion=quantity("toxicities/haemoglobin/transfusion", "g/dL"),
            transfusion_gain=quantity("toxicities/haemoglobin/transfusion_gain", "g/dL"),
            count_bounds=tuple(map(tuple, count_bounds().tolist())),
            share_bounds=tuple(map(tuple, share_bounds().tolist())),
            acute_most=float(acute_multiples().max()),
            fatality=quantity("toxicities/febrile_neutropenia/fatality", "1"),
            neutrophil_sd=error * quantity("toxicities/neutrophils/assay_sd", "1"),
            platelet_sd=error * quantity("toxicities/platelets/assay_sd", "1"),
            crcl_sd=error * quantity("toxicities/creatinine/assay_sd", "1"),
            haemoglobin_sd=error * quantity("toxicities/haemoglobin/assay_sd", "1"),
            missing=scenario.missing_labs,
            adherence=scenario.adherence,
        )


def rules_of(
    cohort: Cohort,
    regimen: Regimen,
    individuals: Individuals,
    *,
    blood_weeks: tuple[int, ...] | None = None,
) -> np.ndarray:
    """(1,) of ``RULES``: what label and clinic say of each agent, drug and week of a regimen.

    Raises:
        ValueError: an interval that is too long.
    """
    with drawn_parameters(cohort.parameters):
        return _rules(regimen, individuals, blood_weeks=blood_weeks)


def _rules(
    regimen: Regimen, individuals: Individuals, *, blood_weeks: tuple[int, ...] | None
) -> np.ndarray:
    weeks, components = regimen.interval_weeks, regimen.components
    agents, drugs = len(components), len(regimen.drugs)
    if weeks > MOST_WEEKS:
        raise ValueError(
            f"a cycle may last {MOST_WEEKS} weeks at most; {regimen.name} has {weeks}."
        )
    out = np.zeros(1, RULES)
    rules = out[0]
    for k, week in enumerate(regimen.dose_weeks):
        rules["week"][week] = GIVEN + k
    for a, each in enumerate(components):
        rules["number"][:weeks, a] = [each.doses_in_week(week) for week in range(weeks)]
    rules["blood"][list(range(weeks) if blood_weeks is None else blood_weeks)] = True
    rules["dose"][:agents] = [each.dose for each in components]
    rules["unit"][:agents] = [DOSE_UNITS.index(each.unit) for each in components]
    rules["kernel_mg"][:agents] = [kernel_milligrams(each.agent) for each in components]
    rules["drug"][:agents] = [each.drug for each in components]
    rules["main"][:agents] = [each is regimen.main_component(each.drug) for each in components]
    rules["swallowed"][:agents] = [_is_swallowed(each.agent) for each in components]
    rules["first_mode"][:agents] = agents_of(regimen, individuals).first_mode[:-1]
    rules["exposure"][:agents] = 1.0 / individuals.reference_area
    rules["renal_exponent"][:agents] = [k.renal_exponent for k in individuals.kinetics]
    for a, each in enumerate(components):
        rules["given"][:weeks, each.drug] |= rules["number"][:weeks, a] > 0.0
        if rules["main"][a]:
            rules["week_dose"][:weeks, each.drug] = each.dose * rules["number"][:weeks, a]
            for week in range(weeks):
                rules["cycle_dose"][each.drug] += rules["week_dose"][week, each.drug]
    rules["stop_crcl"][:drugs] = [each.stop_crcl for each in regimen.rules.drugs]
    rules["cumulative_cap"][:drugs] = [each.cumulative_cap for each in regimen.rules.drugs]
    rules["acute_exponent"] = [quantity(f"toxicities/acute/{term}_exponent", "1") for term in ACUTE]
    rules["acute_multiple"] = acute_multiples()
    return out


def _is_swallowed(agent: str) -> bool:
    return agent in ("capecitabine", "temozolomide")


def _tumour(tumour: str, name: str, unit: str) -> float:
    place = f"tumours/{tumour}" if name in keys(f"tumours/{tumour}") else "tumours/common"
    return quantity(f"{place}/{name}", unit)
