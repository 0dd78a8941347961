"""A trial's process imports what trains and judges, and nothing of the driver's."""

import subprocess
import sys

DRIVERS = ("wandb", "matplotlib", "typer", "dosefront.sweep", "dosefront.experiment")


def test_a_trials_process_does_not_import_what_only_the_driver_needs() -> None:
    code = f"import sys, dosefront.trial; print([m for m in {DRIVERS} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
