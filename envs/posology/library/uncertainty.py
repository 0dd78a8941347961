"""Which population parameters are uncertain, and the draw of them that is in force.

A draw moves every parameter of the population by a factor of its own: what a body does to drugs,
and drugs to it. It moves no definition (grades, response, label doses and rules, units) and nothing
that patients bring along (covariates, genotypes, counts and tumour size before treatment), so that
draws are compared on the same patients.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import numpy as np

from posology.library.arguments import is_whole_number

UNCERTAIN = (
    "drugs/*/kinetics/*",
    "drugs/combination/*",
    "effects/*",
    "tumours/*",
    "toxicities/neutrophils/*",
    "toxicities/platelets/*",
    "toxicities/creatinine/*",
    "toxicities/febrile_neutropenia/*",
    "toxicities/acute/*",
    "toxicities/haemoglobin/*",
    "toxicities/gcsf/*",
    "interactions/clearance/*",
    "interactions/nephrotoxicity/*",
    "interactions/marrow/additive/*",
    "genes/DPYD/clearance_share",
    "genes/UGT1A1/clearance_fraction/*",
    "genes/tumour/*/effect/kill",
)
"""Paths of population parameters; an asterisk stands for anything, slashes too."""

CERTAIN = (
    # definitions: of effects, of response, of the dose's formula, of support and what it follows
    "*_reference",
    "tumours/response/*",
    "tumours/LGG/exposures_per_unit",
    "drugs/carboplatin/kinetics/gfr_cap",
    "genes/UGT1A1/clearance_fraction/no_slow",
    "toxicities/creatinine/lowest_share",
    "toxicities/haemoglobin/transfusion*",
    "toxicities/gcsf/support",
    # assays
    "*/assay_sd",
    "*/measurement_sd",
    # what patients bring along
    "toxicities/*/circulating*",
    "tumours/*/baseline_*",
    "tumours/LGG/proliferating*",
    "tumours/LGG/quiescent*",
)
"""Paths among them that no draw moves."""

SHARES = (
    "drugs/combination/*",
    "tumours/common/sensitivity_correlation",
    "effects/*/nephrotoxicity/loss",
    "toxicities/creatinine/recoverable_share",
    "toxicities/febrile_neutropenia/fatality",
    "genes/DPYD/clearance_share",
    "genes/UGT1A1/clearance_fraction/*",
)
"""Shares and correlations, which are drawn on the logit scale and so stay between 0 and 1."""

_draw: ContextVar[int | None] = ContextVar("draw", default=None)

Result = TypeVar("Result")


@contextmanager
def drawn_parameters(draw: int | None) -> Iterator[None]:
    """Within it, ``quantity`` gives the parameters of a draw; of None, the point estimate.

    Whatever was in force outside does not count inside, and is in force again afterwards. Other
    threads do not notice.
    """
    token = _draw.set(checked_draw(draw))
    try:
        yield
    finally:
        _draw.reset(token)


def checked_draw(draw: Any) -> int | None:
    """``draw``, if it is the number of a draw of the population's parameters, or None.

    Raises:
        ValueError: it is not.
    """
    if draw is not None and not is_whole_number(draw, least=0):
        raise ValueError(
            f"draws of parameters are numbered from 0; got {draw!r}. None is the point estimate."
        )
    return draw


def current_draw() -> int | None:
    """The draw in force; None is the point estimate."""
    return _draw.get()


def cached_by_draw(function: Callable[[str], Result]) -> Callable[[str], Result]:
    """``functools.cache`` for what reads quantities: it remembers for each draw apart."""

    @functools.lru_cache(maxsize=4096)
    def remembered(draw: int | None, name: str) -> Result:
        return function(name)

    @functools.wraps(function)
    def cached(name: str) -> Result:
        return remembered(current_draw(), name)

    return cached


@functools.cache
def is_uncertain(path: str) -> bool:
    """Whether draws move the quantity at a path.

    >>> is_uncertain("effects/docetaxel/tumour/log_kill")
    True
    >>> is_uncertain("toxicities/ctcae/neutrophils_grade4")
    False
    """
    return _is_among(path, UNCERTAIN) and not _is_among(path, CERTAIN)


@functools.cache
def is_share(path: str) -> bool:
    """Whether the quantity at a path is drawn on the logit scale."""
    return _is_among(path, SHARES)


def drawn_factor(path: str, value: float, *, spread: float, draw: int) -> float:
    """Factor of a draw on a quantity's value: lognormal, or for a share normal on the logit.

    It depends on the path and the draw alone, not on what else is drawn.

    Args:
        path: where the quantity lies.
        value: its point estimate.
        spread: standard deviation of the log, or of the logit.
        draw: number of the draw.
    """
    words = np.random.SeedSequence([draw, *path.encode()]).generate_state(2)
    first, second = (int(word) + 0.5 for word in words)
    z = math.sqrt(-2.0 * math.log(first / 2**32)) * math.cos(2.0 * math.pi * second / 2**32)
    if not is_share(path):
        return math.exp(spread * z)
    # expit(logit(p) + d) / p
    shift = math.exp(spread * z)
    return shift / (1.0 - value + value * shift)


def _is_among(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
