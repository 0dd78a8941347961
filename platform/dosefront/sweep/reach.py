"""Whether every machine of a cluster reaches the place of the checkpoints, before it trains."""

from typing import Any

import ray
from ray.exceptions import GetTimeoutError, NodeDiedError, TaskUnschedulableError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from dosefront.errors import StorageError
from dosefront.sweep.checkpoints import Checkpoints

LOOK_SECONDS = 120.0
"""For a machine's answer; an object store that cannot be reached is given up after some 15 s."""


def check_reach(checkpoints: Checkpoints) -> None:
    """Have every machine that could run a trial find a file of ours, and delete it.

    A machine that joins later is not asked: trials there fail at their first checkpoint.

    Raises:
        StorageError: some machine cannot.
    """
    here = ray.get_runtime_context().get_node_id()
    others = {
        node["NodeID"]: node["NodeManagerAddress"]
        for node in ray.nodes()
        if node["Alive"] and node["Resources"].get("CPU") and node["NodeID"] != here
    }
    looks = {node: _look_from(node, checkpoints) for node in others}
    faults = {node: fault for node, look in looks.items() if (fault := _answer(look))}
    for node in faults:
        checkpoints.take_mark(_mark(node))
    if faults:
        told = "; ".join(f"{others[node]}: {fault}" for node, fault in faults.items())
        raise StorageError(
            f"every machine is to keep checkpoints at {checkpoints.root}; found that "
            f"{len(faults)} of {len(others)} others cannot ({told}). Give resources.storage a "
            "folder on a file system that all machines share, or an object store whose key is "
            "set on each."
        )


def _look_from(node: str, checkpoints: Checkpoints) -> Any:
    """Ask a machine; Ray's reference to its answer."""
    checkpoints.put_mark(_mark(node))
    there = NodeAffinitySchedulingStrategy(node, soft=False)
    look = _look.options(num_cpus=0, max_retries=0, scheduling_strategy=there)
    return look.remote(checkpoints, _mark(node))


@ray.remote  # type: ignore[untyped-decorator]  # Ray carries no types
def _look(checkpoints: Checkpoints, mark: str) -> str:
    """What hinders this machine; empty if nothing does."""
    try:
        return "" if checkpoints.take_mark(mark) else "it does not see what is written here"
    except (OSError, ValueError) as error:
        return str(error)


def _answer(look: Any) -> str:
    try:
        return str(ray.get(look, timeout=LOOK_SECONDS))
    except GetTimeoutError:
        return f"no answer in {LOOK_SECONDS:g} s"
    except (NodeDiedError, TaskUnschedulableError):
        return ""  # it went away meanwhile, and needs no checkpoints


def _mark(node: str) -> str:
    return f"mark-for-{node}"
