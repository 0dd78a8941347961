"""How two drugs act together on a tumour: the reference models of pharmacology.

Effects are fractions affected: 0 without drug, 1 all. Each model says what a combination does when
the drugs do not interact by its own definition; ZIP, MuSyC and Greco also have parameters for drugs
that do. In every model one drug alone gives its own dose-response curve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Doses = Float[np.ndarray, "*doses"]
Effects = Float[np.ndarray, "drugs *doses"]


@dataclass(frozen=True)
class Hill:
    """A drug's own dose-response curve, ``E = top * d^m / (d^m + half^m)``."""

    top: float
    """Effect of an unlimited dose, above 0 and at most 1."""
    half: float
    """Dose of half the top, in the unit of the doses."""
    slope: float
    """Hill's exponent m."""

    def __post_init__(self) -> None:
        if not (0.0 < self.top <= 1.0 and self.half > 0.0 and self.slope > 0.0):
            raise ValueError(
                "a dose-response curve needs a top above 0 and at most 1, a half dose and a slope "
                f"above 0; got {self}."
            )

    def effect(self, dose: Doses) -> Doses:
        """Effect of the drug alone.

        >>> Hill(top=0.8, half=2.0, slope=1.5).effect(np.array([0.0, 2.0]))
        array([0. , 0.4])
        """
        return self.top * _shares(self, dose)[0]

    def dose(self, effect: Doses) -> Doses:
        """Dose that has the effect alone; infinite where the drug cannot reach it."""
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.where(effect < self.top, effect / (self.top - effect), np.inf)
            return self.half * odds ** (1.0 / self.slope)


@dataclass(frozen=True)
class Musyc:
    """What MuSyC adds to two Hill curves; the defaults are no interaction."""

    efficacy: float = 0.0
    """beta: gain of both drugs' top over the higher one's, as a share of it."""
    potency_of_first: float = 1.0
    """alpha21: factor on the potency of the first drug where the second is bound."""
    potency_of_second: float = 1.0
    """alpha12: factor on the potency of the second drug where the first is bound."""
    cooperativity_of_first: float = 1.0
    """gamma21: factor on the slope of the first drug where the second is bound."""
    cooperativity_of_second: float = 1.0
    """gamma12: factor on the slope of the second drug where the first is bound."""

    def __post_init__(self) -> None:
        potencies = (self.potency_of_first, self.potency_of_second)
        powers = (self.cooperativity_of_first, self.cooperativity_of_second)
        if self.efficacy < -1.0 or min(*potencies, *powers) <= 0.0:
            raise ValueError(
                "MuSyC needs an efficacy of -1 or more and potencies and cooperativities above 0; "
                f"got {self}."
            )


def bliss(effects: Effects) -> Doses:
    """Independent action, ``1 - prod(1 - E_i)``: what one drug spares, the next meets unchanged.

    Bliss CI. Ann Appl Biol 1939;26:585-615. doi:10.1111/j.1744-7348.1939.tb06990.x.

    >>> float(bliss(np.array([0.5, 0.4])))
    0.7
    """
    return np.asarray(1.0 - np.prod(1.0 - effects, axis=0))


def highest_single_agent(effects: Effects) -> Doses:
    """Effect of the drug that does most, as if the others did nothing.

    Berenbaum MC. Pharmacol Rev 1989;41:93-141.
    """
    return np.asarray(np.max(effects, axis=0))


def loewe(first_dose: Doses, second_dose: Doses, *, first: Hill, second: Hill) -> Doses:
    """Dose additivity: the effect E that solves ``d_1 / D_1(E) + d_2 / D_2(E) = 1``.

    ``D_i(E)`` is the dose of drug i that has the effect alone. Where E is out of a drug's reach,
    ``D_i`` is infinite and the drug adds nothing; so the effect never falls with either dose.
    Loewe S. Arzneimittelforschung 1953;3:285-290; Berenbaum MC. Pharmacol Rev 1989;41:93-141.
    """

    def excess(effect: Doses) -> Doses:
        return _over(first_dose, first.dose(effect)) + _over(second_dose, second.dose(effect)) - 1.0

    alone = highest_single_agent(np.stack([first.effect(first_dose), second.effect(second_dose)]))
    return _root(excess, low=alone, high=np.full_like(alone, max(first.top, second.top)))


def greco(
    first_dose: Doses, second_dose: Doses, *, first: Hill, second: Hill, interaction: float = 0.0
) -> Doses:
    """Dose additivity with one term of interaction; without it, Loewe's.

    The effect E with odds ``r = E / (1 - E)`` that solves, for ``x_i = d_i / half_i``,
    ``x_1 / r^(1/m_1) + x_2 / r^(1/m_2) + alpha x_1 x_2 / r^(1/(2 m_1) + 1/(2 m_2)) = 1``.
    Greco WR et al. Cancer Res 1990;50:5318-5327.

    Raises:
        ValueError: a curve that does not reach 1, or a negative interaction, under which a dose
            could protect from the other drug.
    """
    if first.top != 1.0 or second.top != 1.0:
        raise ValueError(
            f"Greco's model is of drugs that reach 1; got tops {first.top:g} and {second.top:g}. "
            "Use loewe or musyc."
        )
    if interaction < 0.0:
        raise ValueError(f"the interaction must be 0 or more; got {interaction:g}.")
    units = (first_dose / first.half) * (second_dose / second.half)

    def excess(effect: Doses) -> Doses:
        doses = first.dose(effect), second.dose(effect)
        both = np.sqrt(doses[0] / first.half * (doses[1] / second.half))
        apart = _over(first_dose, doses[0]) + _over(second_dose, doses[1])
        return apart + interaction * _over(units, both) - 1.0

    alone = highest_single_agent(np.stack([first.effect(first_dose), second.effect(second_dose)]))
    return _root(excess, low=alone, high=np.ones_like(alone))


def zero_interaction_potency(
    first_dose: Doses,
    second_dose: Doses,
    *,
    first: Hill,
    second: Hill,
    first_with_second: Hill | None = None,
    second_with_first: Hill | None = None,
) -> Doses:
    """ZIP: each drug added to the other, on the curve it has there; the mean of both orders.

    Drug 1 added to drug 2 gives ``E_2 + (1 - E_2) H_1(d_1)``, where ``H_1`` is the curve of drug 1
    beside this dose of drug 2. Without a change of potency or slope this is Bliss's independent
    action, and what the change adds is ZIP's delta score. With tops of 1 it is the paper's
    ``(E_2 + x^m) / (1 + x^m)`` for x half doses of drug 1.
    Yadav B et al. Comput Struct Biotechnol J 2015;13:504-513. doi:10.1016/j.csbj.2015.09.001.
    """
    added_first = bliss(
        np.stack([(first_with_second or first).effect(first_dose), second.effect(second_dose)])
    )
    added_second = bliss(
        np.stack([first.effect(first_dose), (second_with_first or second).effect(second_dose)])
    )
    # The curve beside the other drug is that drug's matter: without it the drug has its own.
    both = (first_dose > 0.0) & (second_dose > 0.0)
    alone = bliss(np.stack([first.effect(first_dose), second.effect(second_dose)]))
    return np.where(both, 0.5 * (added_first + added_second), alone)


def musyc(
    first_dose: Doses,
    second_dose: Doses,
    *,
    first: Hill,
    second: Hill,
    interaction: Musyc | None = None,
) -> Doses:
    """MuSyC: cells free, under either drug or under both, at the steady state of their exchange.

    The exchange is free <-> drug 1, free <-> drug 2, drug 1 <-> both and drug 2 <-> both, with
    forward rates ``u_i = (d_i / half_i)^m_i`` from the free state, ``v_1 = (alpha21 d_1 /
    half_1)^(gamma21 m_1)`` and ``v_2`` alike where the other is bound, and backward rates of 1:
    both drugs let go equally fast, which matters only if the alphas or gammas differ from 1. The
    four shares follow from the spanning trees of the cycle. The effect under both drugs is
    ``(1 + beta) max(top_1, top_2)``.
    Meyer CT et al. Cell Syst 2019;8:97-108. doi:10.1016/j.cels.2019.01.003; gamma from Wooten DJ
    et al. Nat Commun 2021;12:4607. doi:10.1038/s41467-021-24789-z.
    """
    given = interaction or Musyc()
    (p1, q1), (p2, q2) = _shares(first, first_dose), _shares(second, second_dose)
    s1, t1 = _shares(first, first_dose, given.potency_of_first, given.cooperativity_of_first)
    s2, t2 = _shares(second, second_dose, given.potency_of_second, given.cooperativity_of_second)
    # u_1 = p1 / q1, u_2 = p2 / q2, v_1 = s1 / t1, v_2 = s2 / t2; every weight times q1 q2 t1 t2.
    free = q1 * q2 * (2.0 * t1 * t2 + s1 * t2 + s2 * t1)
    under_first = q1 * p2 * s1 * t2 + p1 * q2 * (2.0 * t1 * t2 + s1 * t2)
    under_second = p1 * q2 * s2 * t1 + q1 * p2 * (2.0 * t1 * t2 + s2 * t1)
    under_both = s1 * s2 * (p1 * q2 + q1 * p2) + p1 * q2 * t1 * s2 + q1 * p2 * s1 * t2
    top = (1.0 + given.efficacy) * max(first.top, second.top)
    whole = free + under_first + under_second + under_both
    return (first.top * under_first + second.top * under_second + top * under_both) / whole


def bliss_efficacy(first: Hill, second: Hill) -> float:
    """MuSyC's beta with which two drugs of unchanged potency act independently.

    The effect under both is then ``1 - (1 - top_1)(1 - top_2)``; 0 if either drug reaches 1.
    """
    together = 1.0 - (1.0 - first.top) * (1.0 - second.top)
    return together / max(first.top, second.top) - 1.0


def _shares(drug: Hill, dose: Doses, potency: float = 1.0, power: float = 1.0) -> tuple[Doses, ...]:
    """Shares ``x^m / (1 + x^m)`` and ``1 / (1 + x^m)`` at x half doses, without overflow."""
    with np.errstate(divide="ignore"):
        log_odds = drug.slope * power * np.log(potency * dose / drug.half)
    return np.exp(-np.logaddexp(0.0, -log_odds)), np.exp(-np.logaddexp(0.0, log_odds))


def _over(dose: Doses, equal: Doses) -> Doses:
    """``dose / equal``, and 0 without a dose."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(dose > 0.0, dose / equal, 0.0)


def _root(function: Callable[[Doses], Doses], *, low: Doses, high: Doses) -> Doses:
    """Root of a function that falls from ``low``, where it is 0 or more, to ``high``; bisection."""
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        above = function(middle) > 0.0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return low


BISECTIONS = 60
"""Halvings of a bracket of width 1 at most, down to the spacing of floating-point numbers."""
