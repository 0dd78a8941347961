"""A network policy: its forward pass, and what it refuses."""

import numpy as np
import pytest

from posology.policies import ActionForm, NetworkPolicy, View


@pytest.fixture
def policy() -> NetworkPolicy:
    rng = np.random.default_rng(0)
    shapes = [(8, 5), (8, 8), (4, 8)]
    weights = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    biases = [rng.standard_normal(shape[0]).astype(np.float32) for shape in shapes]
    return NetworkPolicy(weights, biases, "tanh", {"algorithm": "PPO"})


@pytest.fixture
def observations() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((700, 5)).astype(np.float32)


def test_the_action_is_the_largest_output_of_the_network(
    policy: NetworkPolicy, observations: np.ndarray
) -> None:
    x = observations.astype(np.float64)
    for weight, bias in zip(policy.weights[:-1], policy.biases[:-1], strict=True):
        x = np.tanh(x @ weight.T + bias)
    outputs = x @ policy.weights[-1].T + policy.biases[-1]
    assert (policy.actions(observations) == outputs.argmax(axis=1)).all()


def test_actions_do_not_depend_on_the_batch(
    policy: NetworkPolicy, observations: np.ndarray
) -> None:
    whole = policy._outputs(np.vstack([observations[:256]]))
    for size in (1, 7, 255):
        padded = np.zeros((256, 5), np.float32)
        padded[:size] = observations[:size]
        assert (policy._outputs(padded)[:size] == whole[:size]).all()
    assert (policy.actions(observations[:9]) == policy.actions(observations)[:9]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(policy: NetworkPolicy, bad: float) -> None:
    weights = [weight.copy() for weight in policy.weights]
    weights[1][2, 3] = bad
    with pytest.raises(ValueError, match="array 1 holds NaN or infinity"):
        NetworkPolicy(weights, policy.biases, "tanh", {})


def test_what_is_not_known_is_refused_not_guessed(policy: NetworkPolicy) -> None:
    with pytest.raises(ValueError, match='activation is one of tanh, relu; got "gelu"'):
        NetworkPolicy(policy.weights, policy.biases, "gelu", {})
    with pytest.raises(ValueError, match='reading is one of outputs, values; got "quantiles"'):
        NetworkPolicy(policy.weights, policy.biases, "tanh", {}, reading="quantiles")
    with pytest.raises(ValueError, match='got "Dict"'):
        ActionForm("Dict")


def linear_policy(outputs: int, **fields: object) -> NetworkPolicy:
    """One layer that hands its first inputs through."""
    weights, biases = [np.eye(outputs, dtype=np.float32)], [np.zeros(outputs, np.float32)]
    return NetworkPolicy(weights, biases, "tanh", {}, **fields)


def test_discrete_outputs_name_the_action_of_the_largest() -> None:
    outputs = np.array([[0.0, 2.0, 1.0], [3.0, 2.0, 1.0]], np.float32)
    assert ActionForm("Discrete").actions(outputs).tolist() == [1, 0]


def test_each_group_of_outputs_names_an_action() -> None:
    form = ActionForm("MultiDiscrete", sizes=(2, 3))
    outputs = np.array([[0.0, 1.0, 5.0, 7.0, 6.0], [2.0, 1.0, 0.0, -1.0, 4.0]], np.float32)
    assert form.actions(outputs).tolist() == [[1, 1], [0, 2]]


@pytest.mark.parametrize(
    ("is_squashed", "unit"), [(False, [-1.0, 0.5, 1.0]), (True, np.tanh([-3.0, 0.5, 2.0]))]
)
def test_outputs_of_a_box_are_brought_within_it(is_squashed: bool, unit: list[float]) -> None:
    form = ActionForm("Box", low=(0.0, 0.0, 10.0), high=(1.0, 2.0, 20.0), is_squashed=is_squashed)
    outputs = np.array([[-3.0, 0.5, 2.0]], np.float32)
    middle, half = np.array([0.5, 1.0, 15.0]), np.array([0.5, 1.0, 5.0])
    np.testing.assert_allclose(form.actions(outputs)[0], middle + half * unit, rtol=1e-5)


def test_deviations_behind_the_means_are_no_action() -> None:
    form = ActionForm("Box", low=(0.0,), high=(1.0,))
    outputs = np.array([[0.5, 9.0]], np.float32)
    np.testing.assert_allclose(form.actions(outputs), [[0.75]])


def test_an_action_that_is_closed_is_not_taken() -> None:
    policy = linear_policy(3, view=View(masks=True))
    outputs = [0.1, 0.9, 0.5]
    masks = [[1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    observations = np.array([[*outputs, *each] for each in masks], np.float32)
    assert policy.actions(observations).tolist() == [1, 2, 0]


def test_values_of_each_objective_are_weighed_by_the_preference() -> None:
    policy = linear_policy(6, reading="values", view=View(preference=(0.5, 0.5)))
    # Three actions: gain 0, 1, 2 and thrift 3, 2.5, 0.
    observations = np.array([[0.0, 1.0, 2.0, 3.0, 2.5, 0.0, 0.5, 0.5]], np.float32)
    for weights, best in {(1.0, 0.0): 2, (0.5, 0.5): 1, (0.0, 1.0): 0}.items():
        assert policy.at(weights).actions(observations).tolist() == [best]


def test_a_policy_is_asked_for_a_preference_without_touching_it(policy: NetworkPolicy) -> None:
    conditioned = linear_policy(2, view=View(accrued=True, preference=(0.5, 0.5)))
    asked = conditioned.at((0.2, 0.8))
    assert asked.view == View(accrued=True, preference=(0.2, 0.8))
    assert conditioned.view.preference == (0.5, 0.5)
    assert policy.at((0.2, 0.8)) is policy  # it serves one only
