"""A sweep whose trials are asked for by a search: it ends when the search does, and stays ended."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dosefront.records import Ledger, RunFolder, TrialRecord

pytestmark = pytest.mark.integration

PPO = {
    "name": "PPO",
    "steps": 1500,
    "network": [16],
    "environments": 16,
    "fragment": 16,
    "minibatch": 64,
    "twins": 1,
}
EXPERIMENT = {
    "name": "sought",
    "environment": {"id": "posology/DocetaxelCisplatin-v0", "options": {"decisions": "due"}},
    "objectives": ["efficacy", "toxicity"],
    "cohorts": {"seed": 7, "train": 64, "select": 32, "held_out": 64},
    "tracking": {"wandb": {"mode": "off"}},
}


def swept(folder: Path, **sections: object) -> tuple[str, tuple[TrialRecord, ...]]:
    """What a sweep told, and the trials that it ended."""
    file = folder / "sought.yaml"
    file.write_text(yaml.safe_dump({**EXPERIMENT, **sections}))
    told = dosefront("sweep", file, "--out", folder, "--run-id", "run")
    return told, Ledger(RunFolder(folder / "run").ledger).read().trials


def dosefront(*arguments: object) -> str:
    command = [sys.executable, "-m", "dosefront.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_conditioned_policy_is_followed_by_its_gaps_until_the_budget_is_spent(
    tmp_path: Path,
) -> None:
    told, trials = swept(
        tmp_path,
        weights={"lattice": 5},
        scalarizations=[{"name": "chebyshev"}],
        algorithms=[{**PPO, "name": "ConditionedPPO"}, PPO],
        search={"preferences": "gap", "budget": {"trials": 3}},
    )
    assert [len(each.judged) for each in trials] == [5, 1, 1]
    starts = [each.spec.settings.get("start") for each in trials]
    assert starts[0] is None
    assert starts[1].endswith("policy.npz")
    assert "[3/3]" in told
    again = dosefront("resume", tmp_path / "run")
    assert "3 of 3 trials had finished already" in again
    assert len(Ledger(RunFolder(tmp_path / "run").ledger).read().trials) == 3


def test_poor_settings_stop_early_and_are_judged_as_they_stand(tmp_path: Path) -> None:
    told, trials = swept(
        tmp_path,
        weights=[[0.9, 0.1]],
        algorithms=[{**PPO, "steps": 30_000}],
        resources={"max_concurrent": 1},
        search={
            "space": {"learning_rate": [1e-2, 1e-9, 1e-8]},
            "budget": {"trials": 3, "hours": 1},
            "scheduler": {"name": "front-asha", "grace": 5000, "reduction": 2},
        },
    )
    steps = {each.spec.settings["learning_rate"]: each.steps for each in trials}
    assert len(steps) == len(trials) == 3
    assert all(each.judged for each in trials)
    assert max(steps.values()) >= 30_000  # the first at a rung goes on
    assert min(steps.values()) < 30_000
    assert "stopped after" in told
