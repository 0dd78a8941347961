"""How often something is done whose cost grows with the sweep."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pace:
    """Lets something be done again once it takes at most a share of the time.

    Args:
        share: of the time.
        least: seconds between two times, however quick it is.
        clock: seconds.
    """

    def __init__(
        self, share: float, *, least: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._share, self._least, self._clock = share, least, clock
        self._done, self._took = -math.inf, 0.0

    @property
    def is_due(self) -> bool:
        """Whether it may be done again."""
        return self._clock() - self._done >= max(self._least, self._took / self._share)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Do it in this block."""
        start = self._clock()
        yield
        self._done = self._clock()
        self._took = self._done - start
