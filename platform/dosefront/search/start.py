"""The policy that a new trial begins from."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dosefront.front import Objective, Scalarization, scalarization
from dosefront.records import TrialRecord
from dosefront.search.progress import Preference, Progress, values_of


def nearest_start(
    progress: Progress, preference: Preference, settings: Mapping[str, Any]
) -> str | None:
    """Path, within the run's folder, of the policy that serves a preference best so far.

    Args:
        progress: whose finished trials are candidates, if their policies are of the same kind: the
            same network, shown the same.
        preference: of the new trial.
        settings: of the new trial.

    Returns:
        None where there is no candidate, or the algorithm cannot begin from a policy.
    """
    if not _can_start(settings):
        return None
    asked = scalarization(preference.scalarization, progress.objectives)
    best: tuple[float, str] | None = None
    for record in progress.ended:
        if record.checkpoint is None or not _is_of_its_kind(
            record, asked, settings, progress.objectives
        ):
            continue
        values = values_of([record], progress.objectives)
        utility = float(asked.utility(values, np.array(preference.weights[0])).max())
        if best is None or utility > best[0]:
            best = (utility, record.checkpoint)
    return best and best[1]


def _can_start(settings: Mapping[str, Any]) -> bool:
    return "start" in settings and settings.get("sampler") != "rllib"


def _is_of_its_kind(
    record: TrialRecord,
    asked: Scalarization,
    settings: Mapping[str, Any],
    objectives: tuple[Objective, ...],
) -> bool:
    """Whether a trial's network is that of the settings, and is shown the same."""
    own = record.spec.settings
    other = scalarization(record.spec.scalarization, objectives)
    return (
        _can_start(own)
        and all(own[key] == settings[key] for key in ("network", "history"))
        and _shows_return(other) == _shows_return(asked)
    )


def _shows_return(scalarization: Scalarization) -> bool:
    """Whether a policy is shown the return so far."""
    return scalarization.criterion == "ESR" and not scalarization.is_additive
