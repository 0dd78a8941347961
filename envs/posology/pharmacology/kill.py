"""How the log kills of a week's drugs make one: the reference models on log-linear curves.

A log kill k leaves ``exp(-k)`` of the cells, so a drug's effect is ``E = 1 - exp(-k)``, and k is
proportional to exposure. On such curves dose additivity, ``sum k_j / K = 1``, and independent
action, ``1 - E = prod (1 - E_j)``, are one rule: kills add up. The models on general curves, with
their references, are in :mod:`posology.pharmacology.interaction`.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

KILL_MODELS = ("independent", "bliss", "loewe", "hsa", "zip", "musyc")
"""Names of the models, in the order of their numbers."""
INDEPENDENT, BLISS, LOEWE, HSA, ZIP, MUSYC = range(len(KILL_MODELS))

LEAST_SYNERGY = {"independent": -1.0, "zip": 0.0, "musyc": -1.0}
"""Models that have a synergy, and its lowest value; the highest is 1.

Below 0 a dose would protect from the other drug by ZIP, where the kill of a week is large.
"""


def kill_model(name: str, synergy: float) -> int:
    """Number of a model that can have this synergy.

    >>> kill_model("musyc", 0.5) == MUSYC
    True

    Raises:
        ValueError: an unknown model, or a synergy that it cannot have.
    """
    if name not in KILL_MODELS:
        known = ", ".join(KILL_MODELS)
        raise ValueError(
            f"interaction must be one of {known}; got {name!r}. "
            'Leave it out for "independent", in which kills add up.'
        )
    if isinstance(synergy, bool) or not isinstance(synergy, int | float):
        raise ValueError(
            f"synergy must be a number; got {synergy!r}. Leave it out for drugs without synergy."
        )
    if name not in LEAST_SYNERGY and synergy != 0.0:
        raise ValueError(
            f"{name} has no synergy to set, so it must be 0; got {synergy!r}. "
            f"Leave it out, or choose one of {', '.join(LEAST_SYNERGY)}."
        )
    least = LEAST_SYNERGY.get(name, 0.0)
    if not least <= synergy <= 1.0:
        raise ValueError(
            f"synergy must lie between {least:g} and 1 with {name}; got {synergy!r}. "
            + ("Antagonism is possible with musyc." if least == 0.0 else "0 is no synergy.")
        )
    return KILL_MODELS.index(name)


def adds_up(model: int, synergy: float) -> bool:
    """Whether kills simply add up.

    >>> adds_up(LOEWE, 0.0), adds_up(INDEPENDENT, 0.5), adds_up(HSA, 0.0)
    (True, False, False)
    """
    return model in (BLISS, LOEWE) or (model == INDEPENDENT and synergy == 0.0)


@nb.njit(cache=True, nogil=True)
def combined_kill(kills: np.ndarray, model: int, synergy: float) -> float:
    """Log kill of all drugs together, out of each one's alone, (drugs,).

    The drugs come one by one; those that came count as one drug of their joint kill. For two,

    ``independent``: ``k_1 + k_2 + synergy k_1 k_2 / (k_1 + k_2)``, a measure of this library;
    ``bliss``, ``loewe``: ``k_1 + k_2``;
    ``hsa``: the larger one;
    ``zip``: the survival is the mean of ``exp(-k_2 - a_1 k_1)`` and ``exp(-k_1 - a_2 k_2)``: each
    drug added to the other, at the potency ``a_1 = 10^(synergy E_2)`` or ``a_2 = 10^(synergy E_1)``
    that it has beside that drug's effect; without the other drug, its own;
    ``musyc``: see :func:`musyc_kill`.

    No dose lowers it, but for three drugs of negative synergy by ``independent``.
    """
    together = 0.0
    added = 0.0
    for kill in kills:
        if model == HSA:
            together = max(together, kill)
        elif model == ZIP:
            together = zip_kill(together, kill, synergy)
        elif model == MUSYC:
            together = musyc_kill(together, kill, synergy)
        else:
            if together + kill > 0.0:
                added += together * kill / (together + kill)
            together += kill
    return together + synergy * added if model == INDEPENDENT else together


@nb.njit(cache=True, nogil=True)
def zip_kill(first: float, second: float, synergy: float) -> float:
    """Log kill of two drugs by zero interaction potency, at a log10 shift of potency."""
    potent_first = 10.0 ** (-synergy * math.expm1(-second)) * first
    potent_second = 10.0 ** (-synergy * math.expm1(-first)) * second
    one, other = second + potent_first, first + potent_second
    return min(one, other) - math.log(0.5 * (1.0 + math.exp(-abs(one - other))))


@nb.njit(cache=True, nogil=True)
def musyc_kill(first: float, second: float, synergy: float) -> float:
    """Log kill of two drugs by MuSyC, both potencies shifted by ``alpha = 10^synergy``.

    MuSyC's four states, with every cell under a drug killed (tops of 1, beta 0) and the odds of a
    drug's curve in the place of Hill's: ``u_i = exp(k_i) - 1`` from the free state, and
    ``exp(alpha k_i) - 1`` where the other drug is bound. With ``t_i = exp(-alpha k_i)`` the cells
    left are ``1 / (1 + (u_1 (1 + t_1) + u_2 (1 + t_2)) / (t_1 + t_2))``: independent action at
    alpha 1. Written so that no kill, however large, overflows.
    """
    alpha = 10.0**synergy
    low, high = min(first, second), max(first, second)
    odds_high = -math.expm1(-high)  # both times exp(-high)
    odds_low = math.exp(low - high) - math.exp(-high)
    left_high = math.exp(-alpha * high)
    left_low = math.exp(-alpha * low)
    killed = odds_high * (1.0 + left_high) + odds_low * (1.0 + left_low)
    share = 1.0 + math.exp(-alpha * (high - low))  # t_1 + t_2, times exp(alpha low)
    return high + alpha * low + math.log(math.exp(-high - alpha * low) + killed / share)
