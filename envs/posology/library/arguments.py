"""Whether what a person wrote as an option is the number it should be."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any


def is_whole_number(value: Any, *, least: int) -> bool:
    """Whether a value is a whole number of at least ``least``; true and false are none.

    >>> is_whole_number(3, least=1), is_whole_number("3", least=1), is_whole_number(True, least=1)
    (True, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def is_number(value: Any) -> bool:
    """Whether a value is a finite number.

    >>> is_number(0.5), is_number("0.5"), is_number(float("nan"))
    (True, False, False)
    """
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
