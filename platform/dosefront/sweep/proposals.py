"""A search as Ray Tune asks it: one trial more whenever a machine could take one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray.tune.search import Searcher

from dosefront.errors import CheckpointError, UsageError
from dosefront.evaluate import read_policy
from dosefront.records import RunFolder, TrialSpec


class Proposals(Searcher):  # type: ignore[misc]  # Ray carries no types
    """Hands a search's trials to Tune.

    It remembers nothing that the ledger does not hold, so there is nothing to save.

    Args:
        propose: the next trial; None where there is none for now.
        is_room: whether one trial more could run.
        configure: a trial's configuration, as `TrialTrainable` reads it.
    """

    def __init__(
        self,
        propose: Callable[[], TrialSpec | None],
        *,
        is_room: Callable[[], bool],
        configure: Callable[[TrialSpec], dict[str, Any]],
    ) -> None:
        super().__init__()
        self._propose, self._is_room, self._configure = propose, is_room, configure
        self._in_flight: set[str] = set()

    def set_search_properties(self, *_: Any, **__: Any) -> bool:
        """Nothing is to be set: the search knows its experiment."""
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's configuration; None to be asked again, FINISHED to be asked no more."""
        if self._in_flight and not self._is_room():
            return None
        spec = self._propose()
        if spec is None:
            return None if self._in_flight else Searcher.FINISHED
        self._in_flight.add(trial_id)
        return self._configure(spec)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """The trial has left its place to another."""
        self._in_flight.discard(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: a resumed sweep asks the search with what its ledger holds."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: see `save`."""

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune stores its searcher, and this one is of use to its own process only."""
        return {}


class Starts:
    """The policies that trials begin from, read once and kept where every machine gets them."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._policies: dict[str, Any] = {}

    def read(self, spec: TrialSpec) -> None:
        """Read the trial's start, so that a missing one is told before anything runs."""
        path = spec.settings.get("start")
        if not path or path in self._policies:
            return
        inside = self._folder.path / path
        try:
            self._policies[path] = read_policy(inside if inside.exists() else Path(path))
        except CheckpointError as error:
            raise UsageError(
                f"trials are to start from the policy at {path}, but: "
                f"{str(error.__cause__ or error).rstrip('.')}. Give the path of a trial's "
                "policy.npz."
            ) from error

    def of(self, spec: TrialSpec) -> Any:
        """A reference to the trial's start; None for one that begins from nothing."""
        path = spec.settings.get("start")
        if not path:
            return None
        self.read(spec)
        if not isinstance(self._policies[path], ray.ObjectRef):
            self._policies[path] = ray.put(self._policies[path])
        return self._policies[path]
