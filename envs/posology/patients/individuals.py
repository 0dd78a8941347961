"""From covariates to a patient's own parameters: population models with their variability."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from posology.library import (
    area_mg_h_per_l_from_mg_min_per_ml,
    cached_by_draw,
    clearance_factor,
    keys,
    log_sd_from_cv,
    marrow_kill_factor,
    nephrotoxicity_factor,
    per_milligram_from_per_micromole,
    quantity,
    text,
)
from posology.patients.burden import draw_burden
from posology.patients.covariates import Covariates
from posology.patients.disposition import Disposition, disposition, kernel_milligrams
from posology.patients.genome import Genome
from posology.patients.streams import standard_normals, standard_uniforms
from posology.pharmacology import VM, saturable_area

Column = Float[np.ndarray, " patients"]
ACUTE = ("diarrhoea", "mucositis", "hand_foot", "hepatic")
"""Toxicities drawn anew in each week of dosing, in the order of ``Individuals.acute_hazards``."""

# A patient's deviations come from one stream: these rows first, then six for each agent.
_TRANSIT, _PLATELET_TRANSIT, _NEUTROPHILS, _PLATELETS = range(4)
_RESISTANCE, _GROWTH, _SIZE, _RENAL, _FRAILTY = 4, 5, 6, 7, 8
_SHARED_MARROW, _SHARED_TUMOUR, _SHARED_KINETICS, _AGENTS = 12, 13, 14, 16
_PER_AGENT = 8


@dataclass(frozen=True)
class Individuals:
    """Parameters that stay the patient's own for a whole course, one column a patient."""

    agents: tuple[str, ...]
    kinetics: tuple[Disposition, ...]
    """Each agent's."""
    reference_area: Float[np.ndarray, " agents"]
    """Area [mg h/L] of the reference dose in the typical patient, to which effects refer."""
    slopes: Float[np.ndarray, "2 agents patients"]
    """Effect on neutrophils' and platelets' proliferation of each concentration [L/mg]."""
    transit: Float[np.ndarray, "2 patients"]
    """Transit rates 4/MTT [1/h]."""
    feedback: Float[np.ndarray, "2 patients"]
    baseline: Float[np.ndarray, "2 patients"]
    """Neutrophils and platelets before treatment [10^9/L]."""
    log_kill: Float[np.ndarray, "agents patients"]
    """Log kill of the tumour by a reference exposure; of low-grade glioma, damage."""
    resistance_rate: Column
    """[1/d] at label intensity."""
    growth_rate: Column
    """[1/d]."""
    baseline_sld_mm: Column
    """Sum of longest diameters [mm]."""
    new_lesion_rate: Column
    """Of a tumour of baseline size [1/d]."""
    glioma: Float[np.ndarray, "6 patients"] | None
    """Low-grade glioma's own, see :class:`posology.patients.burden.Burden`."""
    anaemia: Float[np.ndarray, "agents patients"]
    """Log loss of red cells' production by a reference exposure."""
    acute_hazards: Float[np.ndarray, "terms agents patients"]
    """Of grade 3 or worse by a reference exposure in a week; terms as in ``ACUTE``."""
    renal_loss: Float[np.ndarray, "agents patients"]
    """Log loss of creatinine clearance by a reference exposure."""
    neuropathy_dose: Float[np.ndarray, "agents patients"]
    """Cumulative dose [mg/m2] of grade 3 sensory neuropathy; infinite where there is none."""
    cardiac_dose: Float[np.ndarray, "agents patients"]
    """Cumulative dose [mg/m2] of heart failure; infinite where there is none."""
    fever_hazard: Column
    """Febrile neutropenia per day with neutrophils below 0.5 [1/d]."""


def draw_individuals(
    key: int,
    patients: Int[np.ndarray, " patients"],
    covariates: Covariates,
    genome: Genome,
    *,
    tumour: str,
    agents: Sequence[str],
    comedication: Sequence[str] = (),
) -> Individuals:
    """Parameters of each patient: typical value, covariates and the patient's own deviation.

    A patient's deviations towards an agent are the same in every regimen that holds the agent.
    ``comedication`` changes clearances as the library's interactions say.
    """
    z = standard_normals(key, patients, count=_AGENTS)
    own = {agent: _deviations(key, patients, agent) for agent in agents}
    u = {
        agent: standard_uniforms(key, patients, count=2, attempt=_stream(agent)) for agent in agents
    }
    transit_hours = {
        chain: _own_chain(agents, chain, "transit_time", "h")
        for chain in ("neutrophils", "platelets")
    }
    kill_correlation = quantity("tumours/common/sensitivity_correlation", "1")
    shared = math.sqrt(kill_correlation) * z[_SHARED_TUMOUR]
    rest = math.sqrt(1.0 - kill_correlation)
    frailty = np.exp(quantity("toxicities/acute/frailty_omega", "1") * z[_FRAILTY : _FRAILTY + 4])
    burden = draw_burden(
        key,
        patients,
        genome,
        tumour=tumour,
        agents=agents,
        kills=np.array([shared + rest * own[agent][6] for agent in agents]),
        growth=z[_GROWTH],
        resistance=z[_RESISTANCE],
        size=z[_SIZE],
    )
    return Individuals(
        agents=tuple(agents),
        kinetics=tuple(
            _interacting(
                disposition(agent, covariates, genome, _kinetic_deviations(own[agent], z)),
                agent,
                [*agents, *comedication],
            )
            for agent in agents
        ),
        reference_area=np.array([reference_area(agent) for agent in agents]),
        slopes=np.array(
            [
                [
                    _slope(agent, chain, hours, covariates, own[agent], z)
                    * marrow_kill_factor(agent, agents)
                    for agent in agents
                ]
                for chain, hours in transit_hours.items()
            ]
        ),
        transit=np.stack(
            [
                _neutrophil_transit(transit_hours["neutrophils"], z),
                _platelet_transit(transit_hours["platelets"], z),
            ]
        ),
        feedback=np.stack(
            [
                np.full(patients.size, _own_chain(agents, "neutrophils", "feedback", "1")),
                np.full(patients.size, _platelet("feedback")),
            ]
        ),
        baseline=np.stack([_neutrophil_baseline(covariates, z), _platelet_baseline(z)]),
        log_kill=burden.log_kill,
        resistance_rate=burden.resistance_rate,
        growth_rate=burden.growth_rate,
        baseline_sld_mm=burden.baseline_mm,
        new_lesion_rate=burden.new_lesion_rate,
        glioma=burden.glioma,
        anaemia=np.array(
            [
                np.full(patients.size, _effect(agent, "haemoglobin/suppression", "1"))
                for agent in agents
            ]
        ),
        acute_hazards=np.array(
            [
                [_effect(agent, f"{term}/hazard", "1") * frailty[k] for agent in agents]
                for k, term in enumerate(ACUTE)
            ]
        ),
        renal_loss=np.array(
            [
                _renal_loss(agent, z[_RENAL])
                * math.prod(nephrotoxicity_factor(agent, other) for other in set(comedication))
                for agent in agents
            ]
        ),
        neuropathy_dose=np.array([_neuropathy_dose(agent, u[agents[0]][0]) for agent in agents]),
        cardiac_dose=np.array(
            [_cardiac_dose(agent, u[agents[0]][1], covariates) for agent in agents]
        ),
        fever_hazard=_fever_hazard(covariates),
    )


def _interacting(kinetics: Disposition, agent: str, others: Sequence[str]) -> Disposition:
    """Kinetics in company: exposure is divided by the factor on clearance."""
    factor = math.prod(clearance_factor(agent, other) for other in dict.fromkeys(others))
    if factor == 1.0:
        return kinetics
    if kinetics.saturable is None:
        return kinetics._replace(units=kinetics.units / factor)
    saturable = kinetics.saturable.copy()
    saturable[VM] *= factor
    return kinetics._replace(saturable=saturable)


@cached_by_draw
def reference_area(agent: str) -> float:
    """Area [mg h/L] under an agent's curve after its reference dose in the typical patient."""
    path = f"drugs/{agent}/reference/dose"
    covariates = Covariates.typical()
    if text(f"{path}/unit") == "mg/mL*min":
        return area_mg_h_per_l_from_mg_min_per_ml(quantity(path, "mg/mL*min"))
    if text(f"{path}/unit") == "mg":
        milligrams = quantity(path, "mg")
    else:
        milligrams = quantity(path, "mg/m2") * float(covariates.bsa_m2[0])
    amount = milligrams * kernel_milligrams(agent)
    genome = Genome.wild_type(1)
    kinetics = disposition(agent, covariates, genome, np.zeros((4, 1)))
    if kinetics.saturable is not None:
        hours = quantity(f"drugs/{agent}/infusion", "h")
        return saturable_area(amount, hours, kinetics.saturable[:, 0])
    return amount * float((kinetics.units / kinetics.rates).sum())


def _own_chain(agents: Sequence[str], chain: str, name: str, unit: str) -> float:
    """A number of a marrow chain, which comes with the drug it was estimated with, if any was."""
    for agent in agents:
        if _has(agent, chain, name):
            return quantity(f"effects/{agent}/{chain}/{name}", unit)
    return quantity(f"toxicities/{chain}/{name}", unit)


def _slope(
    agent: str,
    chain: str,
    transit_hours: float,
    covariates: Covariates,
    own: Float[np.ndarray, "8 patients"],
    z: Float[np.ndarray, "rows patients"],
) -> Column:
    """Effect of an agent's concentration on a chain [L/mg]; sensitivities to drugs correlate."""
    correlation = quantity("drugs/combination/marrow_sensitivity_correlation", "1")
    deviation = math.sqrt(correlation) * z[_SHARED_MARROW] + math.sqrt(1.0 - correlation) * own[7]
    place = f"effects/{agent}"
    if chain not in keys(place):
        return np.zeros(deviation.size)
    if _has(agent, "neutrophils", "slope_variance"):
        spread = math.sqrt(quantity(f"{place}/neutrophils/slope_variance", "1"))
    else:
        spread = log_sd_from_cv(quantity(f"{place}/neutrophils/slope_cv", "1"))
    if chain == "neutrophils" and _has(agent, "neutrophils", "slope_per_micromolar"):
        slope = per_milligram_from_per_micromole(
            quantity(f"{place}/neutrophils/slope_per_micromolar", "L/umol"),
            molar_mass=quantity(f"drugs/{agent}/molar_mass", "g/mol"),
        )
        aag = covariates.aag_g_l - quantity("toxicities/neutrophils/aag_reference", "g/L")
        per_aag = quantity(f"{place}/neutrophils/slope_per_aag", "1 per g/L")
        return slope * np.maximum(1.0 + per_aag * aag, 0.1) * np.exp(spread * deviation)
    kill_hours = quantity(f"{place}/{chain}/kill_hours", "h")
    # The log kill is kill/transit: it carries over to a chain of another transit time.
    kill_hours *= transit_hours / quantity(f"toxicities/{chain}/transit_time", "h")
    return kill_hours / reference_area(agent) * np.exp(spread * deviation)


def _neutrophil_transit(hours: float, z: Float[np.ndarray, "rows patients"]) -> Column:
    omega = math.sqrt(quantity("toxicities/neutrophils/transit_variance", "1"))
    return 4.0 / (hours * np.exp(omega * z[_TRANSIT]))


def _platelet_transit(hours: float, z: Float[np.ndarray, "rows patients"]) -> Column:
    omega = log_sd_from_cv(_platelet("transit_cv"))
    return 4.0 / (hours * np.exp(omega * z[_PLATELET_TRANSIT]))


def _neutrophil_baseline(covariates: Covariates, z: Float[np.ndarray, "rows patients"]) -> Column:
    """Neutrophils before treatment [10^9/L] of Kloft (2006)."""
    name = "toxicities/neutrophils/circulating"
    aag = covariates.aag_g_l - quantity("toxicities/neutrophils/aag_reference", "g/L")
    per_aag = np.where(
        aag <= 0.0,
        quantity(f"{name}_aag_low", "1 per g/L"),
        quantity(f"{name}_aag_high", "1 per g/L"),
    )
    drawn = (
        quantity(name, "10^9/L")
        * (1.0 + quantity(f"{name}_female", "1") * covariates.female)
        * (1.0 + quantity(f"{name}_ecog", "1") * (covariates.ecog >= 1))
        * (1.0 + quantity(f"{name}_prior", "1") * (covariates.prior_lines >= 1))
        * (1.0 + per_aag * aag)
        * np.exp(math.sqrt(quantity(f"{name}_variance", "1")) * z[_NEUTROPHILS])
    )
    return np.maximum(drawn, quantity("cohorts/eligibility/neutrophils_low", "10^9/L"))


def _platelet_baseline(z: Float[np.ndarray, "rows patients"]) -> Column:
    drawn = quantity("toxicities/platelets/circulating", "10^9/L") * np.exp(
        log_sd_from_cv(_platelet("circulating_cv")) * z[_PLATELETS]
    )
    return np.maximum(drawn, quantity("cohorts/eligibility/platelets_low", "10^9/L"))


def _platelet(name: str) -> float:
    return quantity(f"toxicities/platelets/{name}", "1")


def _renal_loss(agent: str, z: Column) -> Column:
    if not _has(agent, "nephrotoxicity", "loss"):
        return np.zeros(z.size)
    place = f"effects/{agent}/nephrotoxicity"
    loss = -math.log1p(-quantity(f"{place}/loss", "1"))
    return loss * np.exp(quantity(f"{place}/loss_omega", "1") * z)


def _neuropathy_dose(agent: str, u: Column) -> Column:
    """Logistic over patients, and never below a tenth of the median."""
    if not _has(agent, "neuropathy", "threshold_median"):
        return np.full(u.size, np.inf)
    median = quantity(f"effects/{agent}/neuropathy/threshold_median", "mg/m2")
    scale = quantity(f"effects/{agent}/neuropathy/threshold_scale", "mg/m2")
    return np.maximum(median + scale * np.log(u / (1.0 - u)), 0.1 * median)


def _cardiac_dose(agent: str, u: Column, covariates: Covariates) -> Column:
    """Weibull over patients (Swain 2003); age above 65 multiplies the hazard."""
    if not _has(agent, "cardiotoxicity", "scale"):
        return np.full(u.size, np.inf)
    place = f"effects/{agent}/cardiotoxicity"
    older = np.where(covariates.age_years > 65.0, quantity(f"{place}/hazard_over_65", "1"), 1.0)
    shape = quantity(f"{place}/shape", "1")
    return quantity(f"{place}/scale", "mg/m2") * (-np.log(u) / older) ** (1.0 / shape)


def _fever_hazard(covariates: Covariates) -> Column:
    name = "toxicities/febrile_neutropenia"
    older = covariates.age_years - quantity(f"{name}/age_reference", "y")
    return quantity(f"{name}/hazard", "1/d") * np.exp(
        quantity(f"{name}/log_hazard_per_year", "1/y") * older
        + quantity(f"{name}/log_hazard_ecog2", "1") * (covariates.ecog >= 2)
    )


def _effect(agent: str, name: str, unit: str) -> float:
    """Zero where the library gives an agent no such effect."""
    return quantity(f"effects/{agent}/{name}", unit) if _has(agent, *name.split("/")) else 0.0


def _has(agent: str, block: str, name: str) -> bool:
    place = f"effects/{agent}"
    return block in keys(place) and name in keys(f"{place}/{block}")


def _stream(agent: str) -> int:
    """Number of a drug's own stream: all its agents act through the same enzymes and cells."""
    drug = text(f"drugs/{agent}/part_of") if "part_of" in keys(f"drugs/{agent}") else agent
    return zlib.crc32(drug.encode())


def _deviations(
    key: int, patients: Int[np.ndarray, " patients"], agent: str
) -> Float[np.ndarray, "8 patients"]:
    return standard_normals(key, patients, count=_PER_AGENT, attempt=_stream(agent))


def _kinetic_deviations(
    own: Float[np.ndarray, "8 patients"], z: Float[np.ndarray, "rows patients"]
) -> Float[np.ndarray, "4 patients"]:
    """An agent's own, its clearance correlated with the other agents'."""
    correlation = quantity("drugs/combination/clearance_correlation", "1")
    out = own[:4].copy()
    out[0] = math.sqrt(correlation) * z[_SHARED_KINETICS] + math.sqrt(1.0 - correlation) * own[0]
    return out
