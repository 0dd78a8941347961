"""An environment in the middle of its episodes, as bytes."""

import copyreg
import io
import pickle
from typing import Any

from gymnasium.envs.registration import EnvSpec
from gymnasium.utils import EzPickle


def environment_bytes(env: Any) -> bytes:
    """The environment as it stands; `pickle.loads` gives one that goes on where this one is.

    Unlike a plain pickle this keeps the episode of an `EzPickle`, which would otherwise come back
    as its constructor makes it, and leaves out what Gymnasium's registry says about it, which may
    hold functions and is not asked by a step.

    Raises:
        Exception: it cannot be pickled; of whatever kind the environment raises.
    """
    buffer = io.BytesIO()
    _Snapshot(buffer, pickle.HIGHEST_PROTOCOL).dump(env)
    return buffer.getvalue()


class _Snapshot(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, EzPickle):
            state = vars(thing)
            return copyreg.__newobj__, (type(thing),), state, None, None, _take  # type: ignore[attr-defined]  # typeshed lacks it
        if isinstance(thing, EnvSpec):
            return type(None), ()
        return NotImplemented


def _take(thing: Any, state: dict[str, Any]) -> None:
    vars(thing).update(state)
