"""What a sweep asks of a search."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from dosefront.records import TrialRecord, TrialSpec


@runtime_checkable
class Search(Protocol):
    """Which trial next: a rule without memory, so that a crashed sweep goes on from its ledger."""

    def next(self, ended: Sequence[TrialRecord], pending: Sequence[TrialSpec]) -> TrialSpec | None:
        """The trial to begin next; the same arguments give the same trial.

        Args:
            ended: the ledger's records of this experiment, in the order in which they ended,
                finished and failed.
            pending: trials that run or wait, in any order.

        Returns:
            A trial that is neither in ``ended`` nor in ``pending``. None asks for nothing now;
            if nothing is pending either, the search is over.
        """
        ...
