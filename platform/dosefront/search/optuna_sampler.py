"""Settings chosen by Optuna: a tree of Parzen estimators over several objectives.

Ozaki et al. (2022), doi:10.1613/jair.1.13188. The study is told anew of everything that has ended,
so that it needs no memory of its own.
"""

import json
from typing import Any

import numpy as np

from dosefront.errors import UsageError
from dosefront.experiment import SpanSection
from dosefront.records import TrialRecord, TrialSpec
from dosefront.search.progress import Progress, values_of
from dosefront.search.space import Space


def optuna_settings(
    space: Space, progress: Progress, *, numbers: tuple[int, ...]
) -> dict[str, Any]:
    """The settings that promise the largest growth of the front.

    Raises:
        UsageError: Optuna is not installed.
    """
    if not space:
        return {}
    optuna = _optuna()
    seed = int(np.random.SeedSequence(numbers).generate_state(1)[0])
    study = optuna.create_study(
        directions=["maximize"] * len(progress.objectives),
        sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True),
    )
    distributions = {key: _distribution(optuna, values) for key, values in space.items()}
    trials: list[TrialRecord | TrialSpec] = [*progress.ended, *progress.pending]
    for trial in trials:
        told = _told(optuna, trial, space, progress)
        study.add_trial(optuna.trial.create_trial(distributions=distributions, **told))
    found = study.ask(distributions).params
    return {
        key: found[key] if isinstance(values, SpanSection) else values[found[key]]
        for key, values in space.items()
    }


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise UsageError(
            "sampler: optuna needs Optuna; it is not installed. Install it with "
            'pip install "dosefront[optuna]", or use sampler: random.'
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _distribution(optuna: Any, values: SpanSection | tuple[Any, ...]) -> Any:
    """Choices by their number, since Optuna knows no lists."""
    if isinstance(values, SpanSection):
        low, high = values.ends
        return optuna.distributions.FloatDistribution(low, high, log=values.log is not None)
    return optuna.distributions.CategoricalDistribution(range(len(values)))


def _told(
    optuna: Any, trial: TrialRecord | TrialSpec, space: Space, progress: Progress
) -> dict[str, Any]:
    """A trial as Optuna is told of it; a conditioned one by the mean over its preferences."""
    states = optuna.trial.TrialState
    if isinstance(trial, TrialSpec):
        return {"params": _parameters(trial, space), "state": states.RUNNING}
    parameters = _parameters(trial.spec, space)
    if not trial.judged:
        return {"params": parameters, "state": states.FAIL}
    values = values_of([trial], progress.objectives).mean(axis=0).tolist()
    return {"params": parameters, "state": states.COMPLETE, "values": values}


def _parameters(spec: TrialSpec, space: Space) -> dict[str, Any]:
    settings = {"steps": spec.steps, **spec.settings}
    return {
        key: min(max(settings[key], values.ends[0]), values.ends[1])
        if isinstance(values, SpanSection)
        else [_written(each) for each in values].index(_written(settings[key]))
        for key, values in space.items()
    }


def _written(value: Any) -> str:
    """A value as JSON holds it, numbers alike however they were written."""
    return json.dumps(float(value) if isinstance(value, int | float) else value)
