import numpy as np
import pytest

from dosefront.errors import FrontError
from dosefront.front import Objective

EFFICACY = Objective("efficacy", "mm", "maximise", reference=-20.0, ideal=50.0)
TOXICITY = Objective("toxicity", "events", "minimise", reference=12.0, ideal=0.0)


def test_a_minimised_objective_turns_its_sign_and_a_maximised_one_keeps_it():
    np.testing.assert_array_equal(TOXICITY.maximised(np.array([3.0, -1.0])), [-3.0, 1.0])
    assert EFFICACY.maximised(3.0) == 3.0


@pytest.mark.parametrize("objective", [EFFICACY, TOXICITY])
@pytest.mark.parametrize("value", [-2.5, 0.0, 7.0])
def test_clinical_undoes_maximised(objective, value):
    assert objective.clinical(objective.maximised(value)) == value


@pytest.mark.parametrize("objective", [EFFICACY, TOXICITY])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zero_has_no_minus_sign(objective, zero):
    assert str(objective.clinical(zero)) == "0.0"


def test_the_mapping_gives_the_objective_back():
    assert Objective.from_mapping(TOXICITY.to_mapping()) == TOXICITY


@pytest.mark.parametrize(
    ("sense", "reference", "ideal"),
    [("minimise", 0.0, 12.0), ("maximise", 1.0, 1.0), ("maximise", 0.0, float("inf"))],
)
def test_an_ideal_that_is_no_better_than_the_reference_is_refused(sense, reference, ideal):
    with pytest.raises(FrontError, match="ideal of objective"):
        Objective("x", "1", sense, reference=reference, ideal=ideal)


def test_an_unknown_sense_is_refused():
    with pytest.raises((FrontError, TypeError), match="minimize"):  # or by the tests' type checker
        Objective("x", "1", "minimize", reference=1.0, ideal=0.0)
