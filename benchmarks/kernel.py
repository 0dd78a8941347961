"""The kernel against four other ways to solve the same equations, in one run.

Run: python benchmarks/kernel.py
TAC (docetaxel, doxorubicin, cyclophosphamide) at label doses, 2,847 patients of the library, one
thread. Every rival starts from the same patients and takes the same weeks: one cycle, whose first
week brings the doses. The slow ones take a sample of the patients. LSODA's tolerance is the loosest
at which its error is no larger than the kernel's, both against LSODA with a tolerance of 1e-11.
Rounds are interleaved, and the least CPU time of each rival counts. About three minutes.
"""

import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numba as nb
import numpy as np
from peers import Week
from peers.adaptive import by_lsoda
from peers.scalar import by_scalar_loop
from peers.stacked import by_stacked_arrays

from posology.patients import Cohort
from posology.pharmacology import GIVEN, LINGERING, STAGES, Agents, Body, Schedule, advance_week
from posology.treatment import Courses, Regimen

REGIMEN, PATIENTS, SEED = "TAC", 2847, 2026
CYCLE = (GIVEN, LINGERING, LINGERING)
"""Kind of each week."""
ROUNDS = 9
TOLERANCES = 10.0 ** -np.arange(3.0, 8.0, 0.2)
JUDGED = 48
"""Patients on whom errors are measured."""
WANTED = {
    "LSODA, Python": 10_000,
    "LSODA, compiled": 2_500,
    "stacked numpy": 8,
    "scalar numba": 2.5,
}


@dataclass(frozen=True)
class Case:
    """Patients before their first dose, and what they are to be given."""

    body: Body
    agents: Agents
    plan: Schedule

    def cycle(self, advance: Week, patients: np.ndarray) -> tuple[float, list[Body]]:
        """CPU seconds of one cycle, and the bodies after each of its weeks."""
        body, after, seconds = _copied(self.body), [], 0.0
        for kind in CYCLE:
            body.week[:] = kind
            body.doses[:] = self.body.doses if kind == GIVEN else 0.0
            start = time.thread_time()
            advance(body, self.agents, self.plan, patients)
            seconds += time.thread_time() - start
            after.append(_copied(body))
        return seconds, after


def label_case() -> Case:
    """Everybody before the label doses of the regimen."""
    regimen = Regimen.labelled(REGIMEN)
    cohort = Cohort.virtual(PATIENTS, seed=SEED, regimen=REGIMEN)
    courses = Courses(PATIENTS, cohort=cohort, regimen=regimen)
    slots = np.arange(PATIENTS)
    courses.begin(slots, patients=slots, courses=np.zeros_like(slots))
    rules = courses._setting.rules[0]
    for a, each in enumerate(regimen.components):
        assert each.unit == "mg/m2"
        courses._body.doses[a] = each.dose * courses.persons["bsa_m2"] * rules["kernel_mg"][a]
    return Case(courses._body, courses._agents, courses._plan)


def _copied(body: Body) -> Body:
    return Body(*(array.copy() for array in body))


def largest_error(found: list[Body], truth: list[Body], patients: np.ndarray) -> float:
    """Largest relative error of a count at a week's end, or of an area since the cycle began."""
    circulating = slice(STAGES - 1, None, STAGES)
    errors, area, true_area = [], 0.0, 0.0
    for one, other in zip(found, truth, strict=True):
        area, true_area = area + one.areas[:, patients], true_area + other.areas[:, patients]
        counts = one.cells[circulating][:, patients] / other.cells[circulating][:, patients]
        errors.extend(np.abs(ratio - 1.0).max() for ratio in (counts, area / true_area))
    return float(max(errors))


def chosen_tolerance(case: Case) -> tuple[float, float, float]:
    """LSODA's tolerance, its error and the kernel's."""
    some = np.arange(JUDGED)
    truth = case.cycle(by_lsoda(1e-11, compiled=True), some)[1]
    ours = largest_error(case.cycle(advance_week, np.arange(PATIENTS))[1], truth, some)
    for tolerance in TOLERANCES:
        theirs = largest_error(case.cycle(by_lsoda(tolerance, compiled=True), some)[1], truth, some)
        if theirs <= ours:
            break
    return float(tolerance), theirs, ours


def main() -> None:
    """Check that the rivals agree, time them, and print the ratios."""
    case = label_case()
    everyone = np.arange(PATIENTS)
    tolerance, theirs, ours = chosen_tolerance(case)
    rivals: dict[str, tuple[Week, np.ndarray]] = {
        "kernel": (advance_week, everyone),
        "scalar numba": (by_scalar_loop, everyone),
        "stacked numpy": (by_stacked_arrays, everyone),
        "LSODA, compiled": (by_lsoda(tolerance, compiled=True), everyone[:16]),
        "LSODA, Python": (by_lsoda(tolerance, compiled=False), everyone[:3]),
        "LSODA by odeint, compiled": (
            by_lsoda(tolerance, compiled=True, quick_calls=True),
            everyone[:16],
        ),
        "LSODA by odeint, Python": (
            by_lsoda(tolerance, compiled=False, quick_calls=True),
            everyone[:3],
        ),
    }
    print(f"{REGIMEN}, label doses, {PATIENTS} patients, one cycle of {len(CYCLE)} weeks")
    print(f"{_processor()}; numba {nb.__version__}, numpy {np.__version__}")
    print(f"steps: {np.diff(case.plan.first)[list(CYCLE)].tolist()} at most in the cycle's weeks")
    print(f"largest error: kernel {ours:.1e}; LSODA {theirs:.1e} at a tolerance of {tolerance:.1e}")
    reference = case.cycle(advance_week, everyone)[1]
    for name, (advance, patients) in rivals.items():
        apart = largest_error(case.cycle(advance, patients)[1], reference, patients)
        print(f"  {name}: {apart:.1e} from the kernel", flush=True)
    least = dict.fromkeys(rivals, np.inf)
    for _ in range(ROUNDS):
        for name, (advance, patients) in rivals.items():
            seconds = case.cycle(advance, patients)[0] / (patients.size * len(CYCLE))
            least[name] = min(least[name], seconds)
    print(f"{'':28}{'us a week':>12}{'weeks a s':>12}{'ratio':>9}{'wanted':>9}")
    for name, seconds in least.items():
        ratio, wanted = seconds / least["kernel"], WANTED.get(name, "")
        print(f"{name:28}{1e6 * seconds:12.2f}{1 / seconds:12.0f}{ratio:9.1f}{wanted:>9}")


def _processor() -> str:
    """Name of the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    named = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{named[0] if named else platform.processor()}, {len(named)} cores"


if __name__ == "__main__":
    main()
