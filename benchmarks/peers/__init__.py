"""Rivals of the kernel: each advances the same patients by a week, called as the kernel is.

They integrate the same equations: every concentration mode, both chains of the marrow with the
norm over the agents' effects, and the areas under the curve. None follows an agent with saturable
kinetics, for the benchmark's regimen has none.
"""

from collections.abc import Callable

import numpy as np

from posology.pharmacology import Agents, Body, Schedule

Week = Callable[[Body, Agents, Schedule, np.ndarray], None]
"""Advances patients (columns of the body) by one week in place, as ``advance_week`` does."""
