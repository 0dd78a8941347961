"""A search as Ray Tune asks it: one trial more whenever a machine could take one."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray.tune.search import Searcher

from dosefront.errors import CheckpointError, UsageError
from dosefront.evaluate import read_policy
from dosefront.records import RunFolder, TrialSpec
from dosefront.search import Search
from dosefront.sweep.books import Books
from dosefront.sweep.driver import Driver
from dosefront.sweep.stopping import Stopping


class Proposals(Searcher):  # type: ignore[misc]  # Ray carries no types
    """Hands a search's trials to Tune; trials that a crash interrupted come first.

    It remembers nothing that the ledger does not hold, so there is nothing to save.

    Args:
        search: which trial next.
        driver: knows which trials are pending.
        books: know which have ended.
        stopping: nothing is begun once the sweep is asked to stop.
        is_room: whether one trial more is to be begun beside so many.
        seconds: after which nothing more is begun; what runs then ends as it would.
        configure: a trial's configuration.
    """

    def __init__(
        self,
        search: Search,
        *,
        driver: Driver,
        books: Books,
        stopping: Stopping,
        is_room: Callable[[int], bool],
        seconds: float,
        configure: Callable[[TrialSpec], dict[str, Any]],
    ) -> None:
        super().__init__()
        self._search, self._driver, self._books, self._stopping = search, driver, books, stopping
        self._is_room, self._configure = is_room, configure
        self._until = time.monotonic() + seconds
        self._interrupted = list(books.interrupted())
        self._in_flight: set[str] = set()
        """As Tune names them: a trial has ended for us before Tune has let go of its process."""

    def set_search_properties(self, *_: Any, **__: Any) -> bool:
        """Nothing is to be set: the search knows its experiment."""
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next trial's configuration; None to be asked again, FINISHED to be asked no more."""
        if self._in_flight and not self._is_room(len(self._in_flight)):
            return None
        spec = self._next()
        if spec is None and self._in_flight:
            return None
        if spec is None:
            self._driver.has_asked_all = self._stopping.reason is None
            return Searcher.FINISHED
        self._in_flight.add(trial_id)
        self._driver.begin(spec)
        return self._configure(spec)

    def _next(self) -> TrialSpec | None:
        if self._stopping.reason or time.monotonic() >= self._until:
            return None
        if self._interrupted:
            return self._interrupted.pop(0)
        return self._search.next(self._books.ended(), self._driver.pending)

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
