"""Fit effects to the arms of trials.csv, and to nothing else.

Run: python calibration/calibrate.py [--write]

Each toxicity is fitted over all arms that report it, one number a drug, by Gauss-Newton on the
log with a prior (priors.yaml). Then response and progression: a kill for each drug, and a
sensitivity, a resistance and a rate of new lesions for each tumour. Patients are of the train
split; validation uses others. About ten minutes. ``--write`` puts the values into the library.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from tumours import fit_tumours

from posology.library import TrialArm, trial_arms
from posology.library.quantities import _library  # the fit writes into the library it reads
from posology.treatment import Regimen
from posology.validation import emulate

HERE = Path(__file__).parent
DATA = HERE.parent / "envs/posology/library/data"
PATIENTS, SEED, STEPS = 400, 1, 4
POINTS = 5.0
"""What a residual of one stands for [percentage points]."""
SMALLEST, NUDGE, LONGEST, ENOUGH = 0.4, 0.2, 0.7, 0.5
LEFT_OUT = {
    "neutropenia_grade34_pct": ("R01",),  # blood only before each cycle; it says little of nadirs
}


def main() -> None:
    """Fit, report, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the values into the library")
    write = parser.parse_args().write
    priors = yaml.safe_load((HERE / "priors.yaml").read_text(encoding="utf-8"))
    arms = [arm for arm in trial_arms() if arm.tumour != "LGG"]
    fitted: dict[str, float] = {}
    for endpoint, prior in priors.items():
        if endpoint != "tumour":
            used = [arm for arm in arms if arm.id not in LEFT_OUT.get(endpoint, ())]
            fitted |= fit_toxicity(endpoint, prior, used)
    fitted |= fit_tumours([arm for arm in arms if arm.response_pct is not None], priors["tumour"])
    for path, value in fitted.items():
        print(f"{path}: {value:.3g}")
        if write:
            write_value(path, value)


def fit_toxicity(
    endpoint: str, prior: Mapping[str, object], arms: Sequence[TrialArm]
) -> dict[str, float]:
    """Values by path: each drug's effect, so that the arms report what was published."""
    effect, spread, values = prior["effect"], prior["spread"], prior["values"]
    paths = [f"effects/{agent}/{effect}" for agent in values]
    used = [arm for arm in arms if getattr(arm, endpoint) is not None]
    published = logit(np.array([getattr(arm, endpoint) for arm in used]))
    weight = 100.0 * slope(published) / POINTS
    holds = {arm.id: agents_of(arm) for arm in used}
    x0 = np.log(np.array(list(values.values())))

    def predicted(arm: TrialArm) -> float:
        found = emulate(arm, patients=PATIENTS, seed=SEED, split="train")
        return float(logit(np.array(found.estimates[endpoint].value)))

    def cost(x: np.ndarray, found: np.ndarray) -> float:
        misfit = (100.0 * (expit(found) - expit(published)) / POINTS) ** 2
        return float(misfit.sum() + (((x - x0) / spread) ** 2).sum())

    def tried(x: np.ndarray) -> tuple[np.ndarray, float]:
        set_values(paths, np.exp(x))
        found = np.array([predicted(arm) for arm in used])
        shown = "  ".join(
            f"{arm.id} {100 * p:.0f}/{100 * q:.0f}"
            for arm, p, q in zip(used, expit(found), expit(published), strict=True)
        )
        print(f"{endpoint}: cost {cost(x, found):.1f}  {shown}", flush=True)
        return found, cost(x, found)

    best = x0
    found, least = tried(best)
    for _ in range(STEPS):
        jacobian = np.zeros((len(used), len(paths)))
        for k, (path, agent) in enumerate(zip(paths, values, strict=True)):
            set_values([path], [np.exp(best[k] + NUDGE)])
            for m, arm in enumerate(used):
                if agent in holds[arm.id]:
                    jacobian[m, k] = (predicted(arm) - found[m]) / NUDGE
            set_values([path], [np.exp(best[k])])
        step = gauss_newton_step(
            jacobian * weight[:, None], (found - published) * weight, (best - x0) / spread, spread
        )
        for share in (1.0, 0.5, 0.25):
            then, now = tried(best + share * step)
            if now < least:
                break
        else:
            break
        gained = least - now
        best, found, least = best + share * step, then, now
        if gained < ENOUGH:
            break
    set_values(paths, np.exp(best))
    return dict(zip(paths, np.exp(best).tolist(), strict=True))


def agents_of(arm: TrialArm) -> set[str]:
    """Agents that an arm gives."""
    return {each.agent for each in Regimen.labelled(arm.regimen).components}


def gauss_newton_step(
    jacobian: np.ndarray, misfit: np.ndarray, drawn_back: np.ndarray, spread: float
) -> np.ndarray:
    """Step of the penalised least squares, no longer than LONGEST in any direction."""
    left = np.vstack([jacobian, np.eye(jacobian.shape[1]) / spread])
    right = -np.concatenate([misfit, drawn_back])
    step = np.linalg.lstsq(left, right, rcond=None)[0]
    return step * min(1.0, LONGEST / float(np.abs(step).max()))


def set_values(paths: Sequence[str], values: Sequence[float]) -> None:
    """Put values into the library of this process."""
    for path, value in zip(paths, values, strict=True):
        _library()[path] = replace(_library()[path], value=float(value))


def write_value(path: str, value: float) -> None:
    """Put a value into the library's file, and say where it came from."""
    table, *keys = path.split("/")
    file = DATA / f"{table}.yaml"
    lines = file.read_text(encoding="utf-8").split("\n")
    row = 0
    for depth, key in enumerate(keys):
        begins = re.compile("^" + "  " * depth + re.escape(key) + ":")
        while not begins.match(lines[row]):
            row += 1
        row += depth < len(keys) - 1
    line = re.sub(r"value: [^,]+,", f"value: {float(f'{value:.3g}')},", lines[row], count=1)
    line = re.sub(r"source: [^,]+,", "source: CalibrationArms,", line)
    lines[row] = re.sub(r"confidence: [a-z-]+", "confidence: assumed", line)
    file.write_text("\n".join(lines), encoding="utf-8")


def logit(percent: np.ndarray) -> np.ndarray:
    """Log odds of a percentage, kept from 0 and 100."""
    share = np.clip(percent, SMALLEST, 100.0 - SMALLEST) / 100.0
    return np.log(share / (1.0 - share))


def expit(x: np.ndarray) -> np.ndarray:
    """Share of log odds."""
    return 1.0 / (1.0 + np.exp(-x))


def slope(x: np.ndarray) -> np.ndarray:
    """Derivative of the share by the log odds."""
    return expit(x) * (1.0 - expit(x))


if __name__ == "__main__":
    main()
