"""Which patients policies are tried on."""

import numpy as np
import pytest

from dosefront.clinical import chosen_patients, shared_spec
from dosefront.errors import UsageError
from dosefront.evaluate import Archive
from dosefront.records import TrialSpec
from posology.patients import Cohort, subgroups


@pytest.fixture(scope="module")
def spec(archive: Archive) -> TrialSpec:
    return shared_spec(archive)


def test_new_patients_are_of_another_seed_than_the_runs(spec: TrialSpec) -> None:
    found = chosen_patients(spec)
    assert (found.options["cohort_seed"], found.options["split"]) == (6, "held-out")
    assert found.chosen.tolist() == list(range(120))
    assert chosen_patients(spec, cohort="77", number=30).options["cohort_seed"] == 77


@pytest.mark.parametrize(("cohort", "number"), [("held-out", 120), ("select", 80)])
def test_the_runs_own_cohorts_are_theirs_to_the_last_patient(
    spec: TrialSpec, cohort: str, number: int
) -> None:
    found = chosen_patients(spec, cohort=cohort)
    assert (found.options["cohort_seed"], found.options["split"]) == (5, cohort)
    assert len(found) == number


def test_members_of_a_group_are_the_first_of_a_larger_cohort(spec: TrialSpec) -> None:
    found = chosen_patients(spec, number=40, subgroup="DPYD_deficient")
    screened = found.options["patients"]
    drawn = Cohort.virtual(screened, seed=6, split="held-out", regimen="docetaxel-cisplatin")
    members = np.flatnonzero(drawn.genome.dpyd_activity < 2.0)
    assert found.chosen.tolist() == members[:40].tolist()
    older = subgroups(drawn)["age_65_or_over"][found.chosen]
    assert (found.subgroups["age_65_or_over"] == older).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cohort": "5"}, "the run's own"),
        ({"cohort": "train"}, "seed of a new one"),
        ({"number": 1}, "two patients"),
        ({"subgroup": "age_65_or_ovr"}, 'Did you mean "age_65_or_over"'),
        # Nobody below 60 mL/min is enrolled, so the group does not exist.
        ({"number": 10, "subgroup": "renal_impaired"}, "no patient is of a group"),
        ({"scenario": {"adherance": 0.8}}, "adherence"),
        ({"scenario": {"patients": 9}}, "not which"),
        ({"scenario": {"continuous": True}}, "Train on it instead"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(
    spec: TrialSpec, arguments: dict, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        chosen_patients(spec, **arguments)


def test_a_scenario_stands_among_the_options_and_in_the_title(spec: TrialSpec) -> None:
    found = chosen_patients(spec, scenario={"missing_labs": 0.3})
    assert found.options["missing_labs"] == 0.3
    assert found.options["decisions"] == "due"
    assert found.title == "new patients of seed 6, missing_labs=0.3"
