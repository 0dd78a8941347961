"""A made run: policies of which is known what they did to each patient."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from dosefront.front import Objective
from dosefront.records import (
    ComparatorRecord,
    JudgedPolicy,
    Ledger,
    PatientResults,
    RunFolder,
    TrialRecord,
    TrialSpec,
    subgroups_bytes,
    summarise,
    write_front,
)

SELECT, HELD_OUT = 500, 1000
OBJECTIVES = (
    Objective("efficacy", "mean log shrinkage", "maximise", reference=-0.05, ideal=0.2),
    Objective("toxicity", "grade >= 3 events", "minimise", reference=12.0, ideal=0.0),
)
PROVENANCE = {"environment": {"id": "made/Patients-v0", "version": "1"}}
Rates = tuple[float, float]
MakeRun = Callable[..., RunFolder]


def results(response: float, serious: float, patients: int) -> PatientResults:
    """Exactly these shares of the patients have a response and a serious adverse event."""
    number = np.arange(patients)
    events = number < round(serious * patients)
    responded = number[::-1] < round(response * patients)
    return PatientResults(
        returns=np.column_stack([responded * 0.2, -3.0 * events]),
        endpoints={
            "confirmed response": responded,
            "serious adverse event": events,
            "progression-free days": 100.0 + 50.0 * responded,
            "cisplatin, relative dose intensity": np.full(patients, 0.5) + 0.1 * responded,
            "cycles": np.full(patients, 4.0),
            "tumour": number % 2,
        },
    )


def spec(number: int) -> TrialSpec:
    return TrialSpec(
        environment="made/Patients-v0",
        environment_options={},
        objectives=("efficacy", "toxicity"),
        algorithm="PPO",
        scalarization={"name": "linear"},
        preferences=((0.5, 0.5),),
        seed=number,
        steps=1000,
        settings={},
        cohorts={"seed": 1, "train": 10, "select": SELECT, "held_out": HELD_OUT},
    )


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Makes a run of policies, each with its response and serious adverse events.

    What a policy did on select is what it did on held-out unless `on_select` says otherwise.
    """

    def made(
        policies: Mapping[int, Rates],
        *,
        on_select: Mapping[int, Rates] | None = None,
        subgroups: bool = False,
    ) -> RunFolder:
        folder = RunFolder(tmp_path / "made")
        folder.create()
        records = []
        for number, rates in policies.items():
            held_out = results(*rates, HELD_OUT)
            trial = spec(number)
            path = folder.trial(trial.trial_id) / "held-out.npz"
            path.parent.mkdir()
            path.write_bytes(held_out.to_bytes())
            judged = JudgedPolicy(
                weights=(0.5, 0.5),
                select=results(*(on_select or policies)[number], SELECT).outcome(),
                held_out=held_out.outcome(),
                paired={},
            )
            records.append(
                TrialRecord(
                    spec=trial,
                    status="finished",
                    checkpoint=None,
                    judged=(judged,),
                    steps=1000,
                    wall_seconds=1.0,
                    error=None,
                    provenance=PROVENANCE,
                )
            )
        label = ComparatorRecord(
            name="label",
            title="Label",
            select=results(0.3, 0.6, SELECT).outcome(),
            held_out=results(0.3, 0.6, HELD_OUT).outcome(),
            provenance=PROVENANCE,
        )
        for record in (*records, label):
            Ledger(folder.ledger).append(record)
        write_front(
            folder,
            summarise(
                "made",
                objectives=OBJECTIVES,
                environment="made/Patients-v0",
                environment_version="1",
                trials=records,
                comparators=[label],
            ),
        )
        if subgroups:
            number = np.arange(HELD_OUT)
            masks = {"renal_impaired": number < 100, "tumour:NSCLC": number >= 400}
            folder.subgroups_npz.write_bytes(subgroups_bytes(masks))
        return folder

    return made
