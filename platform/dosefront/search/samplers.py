"""What chooses settings out of a space, by its name in the YAML."""

from collections.abc import Mapping

from dosefront.search.optuna_sampler import optuna_settings
from dosefront.search.space import Sampler, random_settings

SAMPLERS: Mapping[str, Sampler] = {"random": random_settings, "optuna": optuna_settings}
