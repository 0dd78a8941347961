"""Scalarizations of an experiment: the trials that follow from them, and their faults."""

from collections import Counter

import pytest

from dosefront.errors import ExperimentError
from dosefront.experiment import load_experiment

TEMPLATE = """\
name: limits
environment: {{id: toy/TwoObjectives-v0}}
objectives: [efficacy, toxicity]
{weights}
scalarizations:
{scalarizations}
algorithms: [{algorithms}]
seeds: [1, 2]
"""
LIMITS = "  - {name: epsilon-constraint, maximise: efficacy, limits: {toxicity: [2, 4, 8]}}"
THRESHOLDS = (
    "  - {name: lexicographic, maximise: efficacy, thresholds: {toxicity: [2, 4], OTHER: [1]}}"
)


@pytest.fixture
def written(tmp_path):
    """Writes an experiment of these scalarizations, and returns its path."""

    def write(scalarizations, *, algorithms="{name: PPO}", weights="weights: {lattice: 3}"):
        path = tmp_path / "limits.yaml"
        listed = ", ".join(algorithms) if isinstance(algorithms, tuple) else algorithms
        path.write_text(
            TEMPLATE.format(weights=weights, scalarizations=scalarizations, algorithms=listed)
        )
        return path

    return write


def test_each_limit_is_a_trial_and_needs_no_weights(written):
    trials = load_experiment(written(LIMITS, algorithms="{name: VectorPPO}", weights="")).trials()
    asked = Counter(trial.scalarization["limits"]["toxicity"] for trial in trials)
    assert asked == {2.0: 2, 4.0: 2, 8.0: 2}  # two seeds each
    assert {trial.preferences for trial in trials} == {((1.0, 0.0),)}
    assert len({trial.trial_id for trial in trials}) == 6


def test_a_plain_number_is_a_list_of_one(written):
    limits = LIMITS.replace("[2, 4, 8]", "4")
    trials = load_experiment(written(limits, algorithms="{name: VectorPPO}", weights="")).trials()
    assert [trial.scalarization["limits"] for trial in trials] == [{"toxicity": 4.0}] * 2


def test_bounds_of_several_objectives_are_combined(tmp_path):
    path = tmp_path / "three.yaml"
    path.write_text(
        "name: three\n"
        "environment:\n  id: posology/FOLFIRINOX-v0\n"
        "  options: {objectives: [efficacy, toxicity, twist]}\n"
        "objectives: [efficacy, toxicity, twist]\n"
        "scalarizations:\n"
        "  - name: lexicographic\n    maximise: efficacy\n"
        "    thresholds: {toxicity: [2, 4], twist: [1, 2, 3]}\n"
        "algorithms: [{name: PPO}]\n"
    )
    trials = load_experiment(path).trials()
    assert [tuple(trial.scalarization["thresholds"].values()) for trial in trials] == [
        (toxicity, twist) for toxicity in (2.0, 4.0) for twist in (1.0, 2.0, 3.0)
    ]
    assert list(trials[0].scalarization["thresholds"]) == ["toxicity", "twist"]  # the rank


def test_an_algorithm_that_sees_the_preference_learns_all_of_them_in_one_trial(written):
    both = "  - {name: linear}\n  - {name: chebyshev}"
    path = written(both, algorithms=("{name: ConditionedPPO}", "{name: PPO}"))
    trials = load_experiment(path).trials()
    lattice = ((0.0, 1.0), (0.5, 0.5), (1.0, 0.0))
    counts = Counter((trial.algorithm, trial.scalarization["name"]) for trial in trials)
    assert counts == {
        ("ConditionedPPO", "linear"): 2,
        ("ConditionedPPO", "chebyshev"): 2,
        ("PPO", "linear"): 6,
        ("PPO", "chebyshev"): 6,
    }
    assert {trial.preferences for trial in trials if trial.algorithm == "ConditionedPPO"} == {
        lattice
    }


def test_each_algorithm_gets_the_scalarizations_that_it_learns(written):
    path = written("  - {name: linear}\n" + LIMITS, algorithms=("{name: DQN}", "{name: VectorPPO}"))
    counts = Counter(
        (trial.algorithm, trial.scalarization["name"]) for trial in load_experiment(path).trials()
    )
    assert counts == {
        ("DQN", "linear"): 3 * 2,
        ("VectorPPO", "linear"): 3 * 2,
        ("VectorPPO", "epsilon-constraint"): 3 * 2,
    }


def test_returns_are_discounted_as_the_evaluation_says(written):
    path = written("  - {name: linear}")
    path.write_text(path.read_text() + "evaluation: {discount: 0.99}\n")
    assert {trial.discount for trial in load_experiment(path).trials()} == {0.99}


FAULTS = {
    "an unknown scalarization": (
        {"scalarizations": "  - {name: chebyshef}"},
        '6:12: unknown scalarization "chebyshef". Did you mean "chebyshev"?',
    ),
    "a limit on what is no objective": (
        {"scalarizations": LIMITS.replace("toxicity", "toxcity")},
        '6:5: "toxcity" is not among the objectives. Did you mean "toxicity"?',
    ),
    "a threshold on what is no objective": (
        {"scalarizations": THRESHOLDS.replace("OTHER", "twist"), "algorithms": "{name: PPO}"},
        '6:5: "twist" is not among the objectives.',
    ),
    "what is maximised is no objective": (
        {"scalarizations": LIMITS.replace("maximise: efficacy", "maximise: efficasy")},
        '6:5: "efficasy" is not among the objectives. Did you mean "efficacy"?',
    ),
    "maximised and bounded at once": (
        {"scalarizations": LIMITS.replace("maximise: efficacy", "maximise: toxicity")},
        '6:5: "toxicity" is maximised and bounded here. Keep one.',
    ),
    "no limit at all": (
        {"scalarizations": LIMITS.replace("toxicity: [2, 4, 8]", "")},
        "6:52: expected 1 ",
    ),
    "an empty list of limits": (
        {"scalarizations": LIMITS.replace("[2, 4, 8]", "[]")},
        "6:71: expected 1 ",
    ),
    "weights that are missing": (
        {"scalarizations": "  - {name: chebyshev}", "weights": "", "algorithms": "{name: PPO}"},
        '6:5: chebyshev needs "weights"; found none. Add them, such as weights: {lattice: 5}',
    ),
    "an algorithm that cannot keep limits": (
        {"scalarizations": LIMITS, "algorithms": "{name: VectorPPO}, {name: PPO}"},
        "7:40: PPO learns linear, chebyshev, lexicographic; asked for epsilon-constraint. "
        "VectorPPO can.",
    ),
    "a scalarization that no algorithm learns": (
        {"scalarizations": "  - {name: linear}\n" + LIMITS, "algorithms": "{name: PPO}"},
        "8:13: none of these learns epsilon-constraint; VectorPPO can. "
        "Add one, or leave the scalarization out.",
    ),
    "an algorithm whose critic adds up": (
        {"scalarizations": "  - {name: chebyshev}", "algorithms": "{name: ConditionedDQN}"},
        "7:21: ConditionedDQN learns linear; asked for chebyshev. "
        "PPO, ConditionedPPO, APPO, IMPALA, DQN, SAC can.",
    ),
}


@pytest.mark.parametrize(("parts", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_its_place_and_what_to_do(written, parts, message):
    with pytest.raises(ExperimentError) as caught:
        load_experiment(written(**{"algorithms": "{name: VectorPPO}", **parts}))
    (fault,) = caught.value.faults
    assert f"{fault.line}:{fault.column}: {fault.message}".startswith(message)


@pytest.mark.parametrize("algorithm", ["VectorPPO", "ConditionedPPO"])
def test_rllibs_sampler_which_knows_one_reward_alone_is_not_for_vectors(written, algorithm):
    path = written(
        "  - {name: linear}", algorithms=f"{{name: {algorithm}, sampler: rllib}}, {{name: PPO}}"
    )
    with pytest.raises(ExperimentError, match='unknown key "sampler"'):
        load_experiment(path)
