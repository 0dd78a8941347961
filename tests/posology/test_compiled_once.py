"""Compiled code is kept on disk: a process that starts later loads it and compiles nothing."""

import json
import subprocess
import sys

import numpy as np

from posology.dosing import CourseVectorEnv

USE = """
import json, sys
import numpy as np
import posology
from numba.core.dispatcher import Dispatcher
from posology.dosing import CourseVectorEnv

heavy = sorted({"ray", "torch", "pandas", "wandb", "matplotlib"} & set(sys.modules))
env = CourseVectorEnv(20, regimen="FOLFOXIRI", patients=20, decisions="due")
env.reset(options={"patients": np.arange(20)})
total = np.zeros(2)
for _ in range(4):
    total += env.step(np.full(20, 93))[1].sum(axis=0)
env.action_masks()
compiled = {
    f"{name}.{key}"
    for name, module in list(sys.modules.items())
    if name.startswith("posology")
    for key, value in vars(module).items()
    if isinstance(value, Dispatcher) and sum(value.stats.cache_misses.values())
}
print(json.dumps({"heavy": heavy, "compiled": sorted(compiled), "total": total.tolist()}))
"""


def _started() -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", USE], stdout=subprocess.PIPE, text=True)


def test_processes_that_start_together_compile_nothing_and_agree() -> None:
    _in_this_process_first()
    processes = [_started() for _ in range(3)]
    reports = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    for report in reports:
        assert report["compiled"] == []
        assert report["heavy"] == []
        assert report["total"] == reports[0]["total"]


def _in_this_process_first() -> None:
    env = CourseVectorEnv(2, regimen="FOLFOXIRI", patients=2, decisions="due")
    env.reset(seed=0)
    env.step(np.array([0, 93]))
    env.action_masks()
