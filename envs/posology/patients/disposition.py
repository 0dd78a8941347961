"""Kinetics of each agent in each patient: covariates, genome and the patient's own deviations.

One short function an agent. Volumes are [L], clearances and flows [L/h], rates [1/h]; parameters
keep the papers' names in the library under ``drugs/<agent>/kinetics``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from posology.library import (
    hourly_from_daily,
    litres_per_hour,
    log_sd_from_cv,
    milligrams_from_micrograms,
    milligrams_from_micromoles,
    per_173_m2,
    platinum_milligrams,
    quantity,
)
from posology.patients.covariates import Covariates
from posology.patients.genome import (
    Genome,
    dpyd_clearance_fraction,
    ugt1a1_clearance_fraction,
)
from posology.pharmacology import (
    Modes,
    chained_modes,
    one_compartment_modes,
    three_compartment_modes,
    two_compartment_mode_table,
)

Column = Float[np.ndarray, " patients"]
Deviations = Float[np.ndarray, "4 patients"]
"""Standard normal: of clearance, of volume, and of two more that the agent's source gives."""


class Disposition(NamedTuple):
    """Kinetics of one agent in each patient: linear modes, or saturable elimination.

    The drive, the concentration that acts, is ``C(t) = sum_i m_i``, ``dm_i/dt = -rate_i m_i +
    unit_i R(t)``, with ``R`` [mg/h] the infusion rate of kernel milligrams. If saturable, it is
    ``C = A1/V1`` of

        dA1/dt = R - VM C/(KM + C) - VMTR C/(KMTR + C) + k21 A2 - Q3 (C - A3/V3)
        dA2/dt = VMTR C/(KMTR + C) - k21 A2
        dA3/dt = Q3 (C - A3/V3)
    """

    rates: Float[np.ndarray, "modes patients"]
    """[1/h], all distinct and positive; no modes if saturable."""
    units: Float[np.ndarray, "modes patients"]
    """Drive [1/L] that one kernel milligram adds to each mode; negative where it is formed."""
    compartments: Float[np.ndarray, "4 patients"] | None
    """CL, V1, Q, V2 of two compartments whose clearance follows the kidneys; else None."""
    renal_share: Column
    """CL now = CL ((1 - share) + share (creatinine clearance now / at baseline)^exponent)."""
    renal_exponent: float
    saturable: Float[np.ndarray, "8 patients"] | None
    """V1 [L], VM [mg/h], KM [mg/L], VMTR [mg/h], KMTR [mg/L], k21 [1/h], Q3 [L/h], V3 [L].

    A path that an agent lacks has VMTR or Q3 zero; its KMTR or V3 is then 1, to divide by.
    """


def disposition(agent: str, covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Kinetics of an agent in each patient, with deviations ``z`` from the typical patient alike.

    Raises:
        ValueError: the agent has no kinetics.
    """
    build = _AGENTS.get(agent)
    if build is None:
        raise ValueError(f"{agent} has no kinetics. Choose one of {', '.join(_AGENTS)}.")
    return build(covariates, genome, z)


def kernel_milligrams(agent: str) -> float:
    """Kernel milligrams of one milligram of drug: the platinum in it where platinum is measured.

    >>> round(kernel_milligrams("oxaliplatin"), 4)
    0.491
    """
    if agent not in ("cisplatin", "oxaliplatin"):
        return 1.0
    return platinum_milligrams(1.0, molar_mass=_molar_mass(agent))


def _docetaxel(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Bruno (1996)."""
    value = _Constants("docetaxel")
    per_m2 = (
        value("clearance_intercept", "L/h/m2")
        + value("clearance_per_aag", "L/h/m2 per g/L") * covariates.aag_g_l
        + value("clearance_per_year", "L/h/m2 per y") * covariates.age_years
        + value("clearance_per_albumin", "L/h/m2 per g/L") * covariates.albumin_g_l
    )
    hepatic = 1.0 + value("clearance_hepatic", "1") * covariates.hepatic_impairment
    clearance = covariates.bsa_m2 * per_m2 * hepatic * value.deviation("clearance", z[0])
    volume = value("volume_central", "L")
    return _linear(
        three_compartment_modes(
            clearance / volume,
            k12=value("k12", "1/h"),
            k21=value("k21", "1/h"),
            k13=value("k13", "1/h"),
            k31=value("k31", "1/h"),
            volume=volume,
        )
    )


def _paclitaxel(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Crombag (2019) with Joerger's covariates; total, not unbound, concentration."""
    value = _Constants("paclitaxel")

    def milligrams(name: str, unit: str) -> float:
        return milligrams_from_micromoles(value(name, unit), molar_mass=_molar_mass("paclitaxel"))

    maximum = (
        milligrams("elimination_maximum", "umol/h")
        * (covariates.bsa_m2 / value("bsa_reference", "m2"))
        ** value("elimination_bsa_exponent", "1")
        * np.where(covariates.female, 1.0, value("elimination_male", "1"))
        * (covariates.age_years / value("age_reference", "y"))
        ** value("elimination_age_exponent", "1")
        * (covariates.bilirubin_umol_l / value("bilirubin_reference", "umol/L"))
        ** value("elimination_bilirubin_exponent", "1")
    )
    transport = milligrams("transport_maximum", "umol/h")
    return _saturable(
        volume=value("volume_central", "L"),
        maximum=maximum * value.deviation("elimination_maximum", z[0]),
        half=milligrams("elimination_half", "umol/L"),
        transport_maximum=transport * value.deviation("transport_maximum", z[2]),
        transport_half=milligrams("transport_half", "umol/L"),
        k21=value("k21", "1/h"),
        flow=value("flow_deep", "L/h") * value.deviation("flow_deep", z[3]),
        volume_deep=value("volume_deep", "L") * value.deviation("volume_deep", z[1]),
    )


def _nab_paclitaxel(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Chen (2014), its return from the second compartment taken as linear."""
    value = _Constants("nab-paclitaxel")
    albumin = covariates.albumin_g_l / value("albumin_reference", "g/L")
    transport = milligrams_from_micrograms(value("transport_maximum", "ug/h")) * value.deviation(
        "transport_maximum", z[2]
    )
    transport_half = milligrams_from_micrograms(value("transport_half", "ug/L"))
    behind = value("volume_transport", "L") * value.deviation("volume_transport", z[3])
    return _saturable(
        volume=value("volume_central", "L") * value.deviation("volume_central", z[1]),
        maximum=milligrams_from_micrograms(value("elimination_maximum", "ug/h"))
        * albumin ** value("elimination_albumin_exponent", "1")
        * value.deviation("elimination_maximum", z[0]),
        half=milligrams_from_micrograms(value("elimination_half", "ug/L")),
        transport_maximum=transport,
        transport_half=transport_half,
        k21=transport / (transport_half * behind),
        flow=value("flow_deep", "L/h"),
        volume_deep=value("volume_deep", "L"),
    )


def _carboplatin(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Calvert's (1989) clearance, with the distribution and variability of Ekhart (2009)."""
    value = _Constants("carboplatin")
    crcl = covariates.crcl_ml_min
    filtered = crcl + value("clearance_nonrenal", "mL/min")
    volume = value("volume_central", "L") * value.deviation("volume", z[1])
    flow = volume * value("k12", "1/h") * value.deviation("k12", z[2])
    return _renal(
        litres_per_hour(filtered) * value.deviation("clearance", z[0]),
        volume,
        flow,
        flow / (value("k21", "1/h") * value.deviation("k21", z[3])),
        share=crcl / filtered,
    )


def _cisplatin(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Urien (2004); unbound platinum."""
    value = _Constants("cisplatin")
    bsa = covariates.bsa_m2 / value("bsa_reference", "m2")
    crcl = covariates.crcl_ml_min / value("crcl_reference", "mL/min")
    exponent = value("clearance_crcl_exponent", "1")
    clearance = (
        value("clearance", "L/h")
        * bsa ** value("clearance_bsa_exponent", "1")
        * crcl**exponent
        * value.deviation("clearance", z[0])
    )
    volume = value("volume_central", "L") * bsa ** value("volume_bsa_exponent", "1")
    return _renal(
        clearance,
        volume * value.deviation("volume", z[1]),
        _column(value("flow_peripheral", "L/h"), clearance),
        _column(value("volume_peripheral", "L"), clearance),
        share=np.ones_like(clearance),
        exponent=exponent,
    )


def _oxaliplatin(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Yamada (2025); free platinum."""
    value = _Constants("oxaliplatin")
    clearance = value("clearance", "L/h") * value.deviation("clearance", z[0])
    volumes = value.deviation("volume", z[1])
    return _linear(
        _three_compartments(
            clearance,
            value("volume_central", "L") * volumes,
            flows=(value("flow_shallow", "L/h"), value("flow_deep", "L/h")),
            volumes=(
                value("volume_shallow", "L") * volumes,
                value("volume_deep", "L") * volumes,
            ),
        )
    )


def _fluorouracil(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Arshad (2020); for infusions, whose concentrations saturate nothing."""
    value = _Constants("fluorouracil")
    bsa = covariates.bsa_m2 - value("bsa_reference", "m2")
    clearance = (
        value("clearance", "L/h")
        * (1.0 + value("clearance_per_bsa", "1/m2") * bsa)
        * dpyd_clearance_fraction(genome)
        * value.deviation("clearance", z[0])
    )
    return _linear(
        two_compartment_mode_table(
            clearance,
            value("volume_central", "L"),
            value("flow_peripheral", "L/h"),
            value("volume_peripheral", "L"),
        )
    )


def _fluorouracil_bolus(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Terret (2000)."""
    value = _Constants("fluorouracil-bolus")
    maximum = (
        value("elimination_maximum", "mg/h")
        * (covariates.bsa_m2 / value("bsa_reference", "m2"))
        * dpyd_clearance_fraction(genome)
    )
    return _saturable(
        volume=value("volume_central", "L"),
        maximum=maximum * value.deviation("elimination_maximum", z[0]),
        half=value("elimination_half", "mg/L") * value.deviation("elimination_half", z[2]),
    )


def _capecitabine(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Blesch (2003): fluorouracil out of 5'-DFUR, for the mean input of a day."""
    value = _Constants("capecitabine")
    dfur = value("clearance_dfur", "L/h") * value.deviation("clearance_dfur", z[2])
    volume = value("volume_dfur", "L") * value.deviation("volume_dfur", z[1])
    formation = (dfur / volume)[None]
    fluorouracil = (
        value("clearance_fluorouracil", "L/h")
        * dpyd_clearance_fraction(genome)
        * value.deviation("clearance_fluorouracil", z[0])
    )
    return _linear(
        chained_modes(
            (formation, formation),
            one_compartment_modes(fluorouracil, value("volume_fluorouracil", "L")),
        )
    )


def _irinotecan(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Zhu (2023): SN-38 out of irinotecan; slow UGT1A1 alleles slow its clearance."""
    value = _Constants("irinotecan")
    volume, volume_sn38 = value("volume_central", "L"), value("volume_central_sn38", "L")
    irinotecan = two_compartment_mode_table(
        value("clearance", "L/h") * np.exp(value("clearance_omega", "1") * z[0]),
        volume,
        value("flow_peripheral", "L/h"),
        value("volume_peripheral", "L"),
    )
    sn38 = two_compartment_mode_table(
        value("clearance_sn38", "L/h")
        * ugt1a1_clearance_fraction(genome)
        * value.deviation("clearance_sn38", z[2]),
        volume_sn38 * np.exp(value("volume_sn38_omega", "1") * z[1]),
        value("flow_peripheral_sn38", "L/h"),
        value("volume_peripheral_sn38", "L"),
    )
    # The source's equation of formation holds the ratio of the central volumes; here the typical
    # one, lest their draws change how much is formed. A mole of irinotecan gives one of SN-38.
    formation = value("formation_clearance", "L/h") * volume / volume_sn38
    mass = value("molar_mass_sn38", "g/mol") / _molar_mass("irinotecan")
    rates, units = chained_modes(irinotecan, sn38)
    return _linear((rates, formation * mass * units))


def _gemcitabine(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Jiang (2008)."""
    value = _Constants("gemcitabine")
    return _linear(
        two_compartment_mode_table(
            value("clearance", "L/h") * value.deviation("clearance", z[0]),
            value("volume_central", "L") * value.deviation("volume", z[1]),
            value("flow_peripheral", "L/h") * value.deviation("flow_peripheral", z[2]),
            value("volume_peripheral", "L") * value.deviation("volume_peripheral", z[3]),
        )
    )


def _etoposide(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Toffoli (2001)."""
    value = _Constants("etoposide")
    renal = value("clearance_per_crcl", "L/h per mL/min") * covariates.crcl_ml_min
    typical = value("clearance_nonrenal", "L/h") + renal
    volume = value("volume_central", "L") * value.deviation("volume", z[1])
    flow = volume * value("k12", "1/h") * value.deviation("k12", z[2])
    return _renal(
        typical * value.deviation("clearance", z[0]),
        volume,
        flow,
        flow / (value("k21", "1/h") * value.deviation("k21", z[3])),
        share=renal / typical,
    )


def _topotecan(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Leger (2004)."""
    value = _Constants("topotecan")
    renal = value("clearance_per_crcl", "1") * litres_per_hour(covariates.crcl_ml_min)
    typical = value("clearance_nonrenal", "L/h") + renal
    status = 1.0 + value("clearance_per_ecog", "1") * covariates.ecog
    volume = value("volume_per_weight", "L/kg") * covariates.weight_kg
    return _renal(
        typical * status * value.deviation("clearance", z[0]),
        volume * value.deviation("volume", z[1]),
        value("flow_peripheral", "L/h") * value.deviation("flow_peripheral", z[3]),
        value("volume_peripheral", "L") * value.deviation("volume_peripheral", z[2]),
        share=renal / typical,
    )


def _doxorubicin(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Perez-Blanco (2016), whose volumes are fixed."""
    value = _Constants("doxorubicin")
    clearance = value("clearance", "L/h") * value.deviation("clearance", z[0])
    return _linear(
        _three_compartments(
            clearance,
            value("volume_central", "L"),
            flows=(
                value("flow_deep", "L/h") * value.deviation("flow_deep", z[2]),
                value("flow_shallow", "L/h") * value.deviation("flow_shallow", z[3]),
            ),
            volumes=(value("volume_deep", "L"), value("volume_shallow", "L")),
        )
    )


def _cyclophosphamide(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Ahmed (2020)."""
    value = _Constants("cyclophosphamide")
    bsa = covariates.bsa_m2 / value("bsa_reference", "m2")
    volume = value("volume_central", "L") * bsa ** value("volume_bsa_exponent", "1")
    return _linear(
        one_compartment_modes(
            value("clearance", "L/h") * value.deviation("clearance", z[0]),
            volume * value.deviation("volume", z[1]),
        )
    )


def _temozolomide(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Ostermann (2004), with the variability of Jen (2000)."""
    value = _Constants("temozolomide")
    bsa = covariates.bsa_m2 / value("bsa_reference", "m2")
    absorption = _column(value("absorption", "1/h"), bsa)[None]
    body = one_compartment_modes(
        value("clearance", "L/h") * bsa * value.deviation("clearance", z[0]),
        value("volume_central", "L") * bsa * value.deviation("volume", z[1]),
    )
    return _linear(chained_modes((absorption, absorption), body))


def _pembrolizumab(covariates: Covariates, genome: Genome, z: Deviations) -> Disposition:
    """Ahamadi (2017), in a patient without its effects of tumour type and burden."""
    value = _Constants("pembrolizumab")
    weight = covariates.weight_kg / value("weight_reference", "kg")
    albumin = covariates.albumin_g_l / value("albumin_reference", "g/L")
    filtration = per_173_m2(covariates.crcl_ml_min, bsa_m2=covariates.bsa_m2)
    flows = weight ** value("flow_weight_exponent", "1") * np.exp(
        math.sqrt(value("clearance_variance", "1")) * z[0]
    )
    volumes = weight ** value("volume_weight_exponent", "1") * np.exp(
        math.sqrt(value("volume_variance", "1")) * z[1]
    )
    clearance = (
        hourly_from_daily(value("clearance", "L/d"))
        * albumin ** value("clearance_albumin_exponent", "1")
        * (filtration / value("gfr_reference", "mL/min/1.73m2"))
        ** value("clearance_gfr_exponent", "1")
        * (1.0 + value("clearance_female", "1") * covariates.female)
        * (1.0 + value("clearance_ecog1", "1") * (covariates.ecog >= 1))
    )
    central = (
        value("volume_central", "L")
        * albumin ** value("volume_albumin_exponent", "1")
        * (1.0 + value("volume_female", "1") * covariates.female)
    )
    return _linear(
        two_compartment_mode_table(
            clearance * flows,
            central * volumes,
            hourly_from_daily(value("flow_peripheral", "L/d")) * flows,
            value("volume_peripheral", "L") * volumes,
        )
    )


_AGENTS: dict[str, Callable[[Covariates, Genome, Deviations], Disposition]] = {
    "docetaxel": _docetaxel,
    "paclitaxel": _paclitaxel,
    "nab-paclitaxel": _nab_paclitaxel,
    "carboplatin": _carboplatin,
    "cisplatin": _cisplatin,
    "oxaliplatin": _oxaliplatin,
    "fluorouracil": _fluorouracil,
    "fluorouracil-bolus": _fluorouracil_bolus,
    "capecitabine": _capecitabine,
    "irinotecan": _irinotecan,
    "gemcitabine": _gemcitabine,
    "etoposide": _etoposide,
    "topotecan": _topotecan,
    "doxorubicin": _doxorubicin,
    "cyclophosphamide": _cyclophosphamide,
    "temozolomide": _temozolomide,
    "pembrolizumab": _pembrolizumab,
}


class _Constants(NamedTuple):
    """The library's kinetics of one agent."""

    agent: str

    def __call__(self, name: str, unit: str) -> float:
        return quantity(f"drugs/{self.agent}/kinetics/{name}", unit)

    def deviation(self, name: str, z: Column) -> Column:
        """Factor of a lognormal with the coefficient of variation ``<name>_cv``."""
        return np.exp(log_sd_from_cv(self(f"{name}_cv", "1")) * z)


def _linear(modes: Modes) -> Disposition:
    rates, units = modes
    return Disposition(rates, units, None, np.zeros(rates.shape[1]), 1.0, None)


def _renal(
    clearance: Column,
    volume: Column,
    flow: Column,
    peripheral: Column,
    *,
    share: Column,
    exponent: float = 1.0,
) -> Disposition:
    """Two compartments whose clearance follows the kidneys."""
    rates, units = two_compartment_mode_table(clearance, volume, flow, peripheral)
    compartments = np.stack([clearance, volume, flow, peripheral])
    return Disposition(rates, units, compartments, share, exponent, None)


def _saturable(
    *,
    volume: float | Column,
    maximum: Column,
    half: float | Column,
    transport_maximum: float | Column = 0.0,
    transport_half: float = 1.0,
    k21: float | Column = 0.0,
    flow: float | Column = 0.0,
    volume_deep: float | Column = 1.0,
) -> Disposition:
    rows = (volume, maximum, half, transport_maximum, transport_half, k21, flow, volume_deep)
    none = np.empty((0, maximum.size))
    return Disposition(
        rates=none,
        units=none,
        compartments=None,
        renal_share=np.zeros_like(maximum),
        renal_exponent=1.0,
        saturable=np.stack([_column(row, maximum) for row in rows]),
    )


def _three_compartments(
    clearance: Column,
    volume: float | Column,
    *,
    flows: tuple[float | Column, float | Column],
    volumes: tuple[float | Column, float | Column],
) -> Modes:
    """Modes of a central volume that exchanges with two others."""
    return three_compartment_modes(
        clearance / volume,
        k12=flows[0] / volume,
        k21=flows[0] / volumes[0],
        k13=flows[1] / volume,
        k31=flows[1] / volumes[1],
        volume=volume,
    )


def _column(value: float | Column, like: Column) -> Column:
    return np.broadcast_to(value, like.shape)


def _molar_mass(agent: str) -> float:
    return quantity(f"drugs/{agent}/molar_mass", "g/mol")
