"""What the kernel is part of: cohorts of every size, a step, an evaluation, a process's start.

Run: python benchmarks/environment.py
TAC, one thread. Times are CPU seconds, the least of several rounds; a start's are by the clock.
About four minutes, most of them for a million patients.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise

import gymnasium
import numpy as np

from dosefront.evaluate import NetworkPolicy, PatientResults, roll_out
from posology.dosing import CourseVectorEnv
from posology.patients import Cohort
from posology.pharmacology import Body, advance_week
from posology.treatment import Courses, Regimen

REGIMEN, SEED = "TAC", 2026
LABEL = 93
"""The discrete action that gives every drug at its label dose."""
SIZES = (1_024, 2_847, 16_384, 131_072, 1_000_000)
CHUNK = 4_096
SLOTS, WEEKS = 1_024, 12
PATIENTS = 2_847
ENVIRONMENT = "posology/Course-v0"
OPTIONS = {"regimen": REGIMEN, "cohort_seed": SEED, "split": "held-out", "patients": PATIENTS}
OBJECTIVES = ("efficacy", "toxicity")
FIRST_STEP = """
import time
start = time.perf_counter()
import posology
imported = time.perf_counter()
import numpy as np
from posology.dosing import CourseVectorEnv
env = CourseVectorEnv(16, regimen="TAC", patients=16)
env.reset(seed=0)
env.step(np.full(16, 93))
print(imported - start, time.perf_counter() - imported)
"""


class Constant:
    """A policy that costs nothing."""

    def actions(self, observations: np.ndarray) -> np.ndarray:
        return np.full(len(observations), LABEL)


def least(work: Callable[[], object], *, rounds: int) -> float:
    """CPU seconds of the quickest of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.thread_time()
        work()
        seconds.append(time.thread_time() - start)
    return min(seconds)


def course(cohort: Cohort) -> tuple[float, int]:
    """CPU seconds of the courses of a cohort at label doses, and how many weeks they were."""
    patients = cohort.patients.size
    courses = Courses(patients, cohort=cohort, regimen=Regimen.labelled(REGIMEN))
    slots, doses = np.arange(patients), np.ones((3, patients))
    start = time.thread_time()
    courses.begin(slots, patients=slots, courses=np.zeros_like(slots))
    while not courses.chart["ended"].all():
        courses.step(doses, slots[~courses.chart["ended"]])
    return time.thread_time() - start, int(courses.chart["week"].sum())


def scaling() -> None:
    """A patient-week of a course, whatever the number of patients, who come chunk by chunk."""
    for size in SIZES:
        costs, drawing = [], []
        for _ in range(max(1, 60_000 // size)):
            start = time.thread_time()
            for cohort in Cohort.chunks(size, size=CHUNK, seed=SEED, regimen=REGIMEN):
                drawn = time.thread_time() - start
                seconds, weeks = course(cohort)
                costs.append(1e6 * seconds / weeks)
                drawing.append(1e6 * drawn / cohort.patients.size)
                start = time.thread_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:9} patients: a patient-week {min(costs):.2f} us at least, "
            f"{np.median(costs):.2f} in the median chunk; to draw a patient {min(drawing):.1f} us; "
            f"{peak:.0f} MiB at most so far",
            flush=True,
        )


def step() -> None:
    """A weekly step of many patients, against what is compiled of it and the kernel alone."""
    env = CourseVectorEnv(SLOTS, regimen=REGIMEN, cohort_seed=SEED, patients=SLOTS)
    actions, slots = np.full(SLOTS, LABEL), np.arange(SLOTS)
    doses = np.ones((3, SLOTS))
    times = np.full((3, WEEKS), np.inf)
    for _ in range(20):
        env.reset(options={"patients": slots})
        for week in range(WEEKS):
            start = time.thread_time()
            env.step(actions)
            times[0, week] = min(times[0, week], time.thread_time() - start)
        env.reset(options={"patients": slots})
        for week in range(WEEKS):
            start = time.thread_time()
            env.courses.step(doses, slots)
            times[1, week] = min(times[1, week], time.thread_time() - start)
        env.reset(options={"patients": slots})
        bodies = [_treated(env.courses, doses) for _ in range(WEEKS)]
        for week, body in enumerate(bodies):
            start = time.thread_time()
            advance_week(body, env.courses._agents, env.courses._plan, slots)
            times[2, week] = min(times[2, week], time.thread_time() - start)
    whole, compiled, kernel = 1e6 * times.sum(axis=1) / (SLOTS * WEEKS)
    print(
        f"a step of {SLOTS} patients: {whole:.2f} us a patient; its compiled part {compiled:.2f}; "
        f"the kernel alone {kernel:.2f}; ratios {whole / compiled:.2f} and {whole / kernel:.2f}"
    )


def _treated(courses: Courses, doses: np.ndarray) -> Body:
    """The body as the kernel finds it in this week's step, which is then taken."""
    before = Body(*(array.copy() for array in courses._body))
    totals = courses.chart["totals"].copy()
    courses.step(doses, np.arange(courses.chart.size))
    rules = courses._rules[0]
    added = (courses.chart["totals"] - totals).T
    people = courses.persons[courses.chart["patient"]]
    for a in range(courses._setting.agents):
        before.doses[a] = added[rules["drug"][a]] * people["bsa_m2"] * rules["kernel_mg"][a]
    before.week[:] = np.where(before.doses.any(axis=0), rules["week"][0], 0)
    return before


def evaluation() -> None:
    """A network of two layers of 128 on a full course, against a policy that costs nothing."""
    env = CourseVectorEnv(1, regimen=REGIMEN, patients=1)
    layers = (env.single_observation_space.shape[0], 128, 128, int(env.single_action_space.n))
    rng = np.random.default_rng(SEED)
    weights = [
        rng.normal(0.0, inputs**-0.5, (outputs, inputs)).astype(np.float32)
        for inputs, outputs in pairwise(layers)
    ]
    biases = [np.zeros(outputs, np.float32) for outputs in layers[1:]]
    network = NetworkPolicy(weights, biases, "tanh", {})
    built = least(_built, rounds=5)
    trivial, found = (
        least(lambda policy=policy: _rolled(policy, PATIENTS), rounds=5) - built
        for policy in (Constant(), network)
    )
    print(
        f"{PATIENTS} courses under a network: {found:.2f} s; at label doses {trivial:.2f} s; "
        f"ratio {found / trivial:.2f}; {built:.2f} s more to draw the patients"
    )
    whole, few = _rolled(network, PATIENTS), _rolled(network, 700)
    same = (whole.returns[:700] == few.returns).all()
    print(f"the first 700 of them alone: {'the same bits' if same else 'OTHER RETURNS'}")


def _built() -> gymnasium.vector.VectorEnv:
    return gymnasium.make_vec(
        ENVIRONMENT, num_envs=PATIENTS, vectorization_mode="vector_entry_point", **OPTIONS
    )


def _rolled(policy: object, patients: int) -> PatientResults:
    return roll_out(
        policy,  # type: ignore[arg-type]
        environment=ENVIRONMENT,
        options=OPTIONS,
        objectives=OBJECTIVES,
        patients=patients,
    )


def start() -> None:
    """Import and first step of a new process, with an empty cache and with a warm one."""
    with tempfile.TemporaryDirectory() as cache:
        for state in ("empty", "warm", "warm"):
            out = subprocess.run(
                [sys.executable, "-c", FIRST_STEP],
                env={**os.environ, "NUMBA_CACHE_DIR": cache},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            imported, first = map(float, out.split())
            print(f"{state} cache: import {imported:.2f} s, then to the first step {first:.2f} s")


def main() -> None:
    """Measure everything and print it."""
    course(Cohort.virtual(16, seed=SEED, regimen=REGIMEN))  # compiles
    start()
    step()
    evaluation()
    scaling()


if __name__ == "__main__":
    main()
