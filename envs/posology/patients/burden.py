"""A patient's tumour: its size, growth, resistance, and what each agent does to it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from posology.library import daily_from_monthly, keys, log_sd_from_cv, quantity, text
from posology.patients.genome import Genome, carriers, kill_multipliers
from posology.patients.streams import standard_normals

Column = Float[np.ndarray, " patients"]
_GLIOMA = "tumours/LGG"
_CODELETION = "codeletion_1p19q"


class Burden(NamedTuple):
    """What of a tumour stays the patient's own for a whole course."""

    log_kill: Float[np.ndarray, "agents patients"]
    """Log kill of the tumour by a reference exposure; of low-grade glioma, damage."""
    resistance_rate: Column
    """[1/d] at label intensity."""
    growth_rate: Column
    """[1/d]; of low-grade glioma, of its proliferating tissue."""
    baseline_mm: Column
    """Sum of longest diameters, or mean tumour diameter of a glioma [mm]."""
    new_lesion_rate: Column
    """Of a tumour of baseline size [1/d]."""
    glioma: Float[np.ndarray, "6 patients"] | None
    """Of low-grade glioma only: the five rates of :mod:`posology.pharmacology.glioma` [1/d], and
    the proliferating tissue at baseline [mm]."""


def is_glioma(tumour: str) -> bool:
    """Whether a tumour is followed by Mazzocco's model of three tissues.

    >>> is_glioma("LGG"), is_glioma("GBM")
    (True, False)
    """
    return f"tumours/{tumour}" == _GLIOMA


def draw_burden(
    key: int,
    patients: Int[np.ndarray, " patients"],
    genome: Genome,
    *,
    tumour: str,
    agents: Sequence[str],
    kills: Float[np.ndarray, "agents patients"],
    growth: Column,
    resistance: Column,
    size: Column,
) -> Burden:
    """Each patient's tumour; the last four are standard normal deviations from the typical one.

    Raises:
        ValueError: an agent whose effect on low-grade glioma is not known.
    """
    new_lesions = np.full(patients.size, _own(tumour, "new_lesion_rate", "1/d"))
    if is_glioma(tumour):
        own = standard_normals(key, patients, count=6, attempt=zlib.crc32(b"glioma"))
        return _glioma(
            genome, new_lesions, agents, kills=kills, rates=(growth, resistance), own=own
        )
    return Burden(
        log_kill=np.array(
            [
                _log_kill(agent, tumour, genome)
                * np.exp(quantity("tumours/common/kill_omega", "1") * z)
                for agent, z in zip(agents, kills, strict=True)
            ]
        ),
        resistance_rate=_own(tumour, "resistance_rate", "1/d")
        * np.exp(_own(tumour, "resistance_omega", "1") * resistance),
        growth_rate=_own(tumour, "growth_rate", "1/d")
        * np.exp(_own(tumour, "growth_omega", "1") * growth),
        baseline_mm=_own(tumour, "baseline_sld", "mm")
        * np.exp(_own(tumour, "baseline_omega", "1") * size),
        new_lesion_rate=new_lesions,
        glioma=None,
    )


def _log_kill(agent: str, tumour: str, genome: Genome) -> Column:
    """Typical log kill by a reference exposure, with what the tumour's genes do to it."""
    place = f"effects/{agent}"
    has = "tumour" in keys(place) and "log_kill" in keys(f"{place}/tumour")
    typical = quantity(f"{place}/tumour/log_kill", "1") if has else 0.0
    drug_class = text(f"drugs/{agent}/class")
    return (
        typical * _sensitivity(tumour, agent) * kill_multipliers(tumour, genome, agent, drug_class)
    )


def _sensitivity(tumour: str, agent: str) -> float:
    """Of a tumour to an agent: its own where the arms identify one."""
    own = f"tumours/{tumour}/sensitivity_to"
    if "sensitivity_to" in keys(f"tumours/{tumour}") and agent in keys(own):
        return quantity(f"{own}/{agent}", "1")
    if "sensitivity" in keys(f"tumours/{tumour}"):
        return quantity(f"tumours/{tumour}/sensitivity", "1")
    return 1.0


def _glioma(
    genome: Genome,
    new_lesions: Column,
    agents: Sequence[str],
    *,
    kills: Float[np.ndarray, "agents patients"],
    rates: tuple[Column, Column],
    own: Float[np.ndarray, "6 patients"],
) -> Burden:
    """Mazzocco's (2015) population; TP53 lowers the damage, codeletion of 1p/19q the return."""
    if list(agents) != ["temozolomide"]:
        raise ValueError(
            f"low-grade glioma is modelled under temozolomide alone; got {', '.join(agents)}."
        )
    codeleted = carriers(genome, tumour="LGG", gene=_CODELETION)
    back = np.where(
        codeleted,
        quantity(f"{_GLIOMA}/return_rate_codeleted", "1/mo"),
        quantity(f"{_GLIOMA}/return_rate", "1/mo"),
    )

    def drawn(name: str, unit: str, z: Column) -> Column:
        return quantity(f"{_GLIOMA}/{name}", unit) * _deviation(name, z)

    growth, resistance = (
        daily_from_monthly(drawn(name, "1/mo", z))
        for name, z in zip(("growth", "resistance"), rates, strict=True)
    )
    proliferating = drawn("proliferating", "mm", own[0])
    by_genes = kill_multipliers("LGG", genome, agents[0], text(f"drugs/{agents[0]}/class"))
    per_exposure = 1.0 / quantity(f"{_GLIOMA}/exposures_per_unit", "1")
    return Burden(
        log_kill=(drawn("damage", "1", kills[0]) * by_genes * per_exposure)[None],
        resistance_rate=resistance,
        growth_rate=growth,
        baseline_mm=proliferating + drawn("quiescent", "mm", own[1]),
        new_lesion_rate=new_lesions,
        glioma=np.stack(
            [
                growth,
                daily_from_monthly(drawn("to_quiescence", "1/mo", own[2])),
                daily_from_monthly(back * _deviation("return_rate", own[3])),
                daily_from_monthly(drawn("death_rate", "1/mo", own[4])),
                daily_from_monthly(drawn("drug_loss", "1/mo", own[5])),
                proliferating,
            ]
        ),
    )


def _deviation(name: str, z: Column) -> Column:
    """Factor of a lognormal with the coefficient of variation ``<name>_cv``."""
    return np.exp(log_sd_from_cv(quantity(f"{_GLIOMA}/{name}_cv", "1")) * z)


def _own(tumour: str, name: str, unit: str) -> float:
    """A tumour's number, or the common one where it names none of its own."""
    place = f"tumours/{tumour}" if name in keys(f"tumours/{tumour}") else "tumours/common"
    return quantity(f"{place}/{name}", unit)
