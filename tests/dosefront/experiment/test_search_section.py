"""The section `search`: its defaults, what it adds to an experiment, and its faults."""

import jsonschema
import pytest
import yaml

from dosefront.errors import ExperimentError
from dosefront.experiment import SpanSection, dump_resolved, json_schema, load_experiment

EXPERIMENT = """\
name: searched
environment: {{id: posology/DocetaxelCisplatin-v0, options: {{objectives: {paid}}}}}
objectives: {objectives}
algorithms: {algorithms}
search: {search}
"""


@pytest.fixture
def written(tmp_path):
    """Writes an experiment with a search, and returns its path."""

    def write(search, *, algorithms="[{name: PPO}]", objectives="[efficacy, toxicity]", further=""):
        path = tmp_path / "searched.yaml"
        path.write_text(
            EXPERIMENT.format(
                search=search, algorithms=algorithms, objectives=objectives, paid=PAID
            )
            + further
        )
        return path

    return write


PAID = "[efficacy, toxicity, drug]"
LIMITS = "{preferences: gap, targets: epsilon, budget: {hours: 2}}"
GAP = "{preferences: gap, budget: {trials: 24}}"


@pytest.mark.parametrize(
    ("search", "algorithms", "scalarization"),
    [
        (GAP, "[{name: PPO}]", "chebyshev"),
        (LIMITS, "[{name: VectorPPO}]", "linear"),
        ("{preferences: corner}", "[{name: DQN}]", "linear"),
        ("{preferences: random, budget: {steps: 1e6}}", "[{name: SAC}, {name: PPO}]", "linear"),
    ],
)
def test_a_search_begins_with_each_objective_alone(written, search, algorithms, scalarization):
    path = written(search, algorithms=algorithms.replace("SAC", "APPO"))
    trials = load_experiment(path).trials()
    assert {trial.preferences for trial in trials} == {((0.0, 1.0),), ((1.0, 0.0),)}
    assert {trial.scalarization["name"] for trial in trials} == {scalarization}


def test_a_search_may_begin_with_other_weights_and_scalarizations(written):
    further = "weights: {lattice: 5}\nscalarizations: [{name: linear}]\n"
    trials = load_experiment(written(GAP, further=further)).trials()
    assert len(trials) == 5
    assert {trial.scalarization["name"] for trial in trials} == {"linear"}


def test_a_search_of_three_objectives_begins_with_three(written):
    path = written("{preferences: corner}", objectives="[efficacy, toxicity, drug]")
    assert len(load_experiment(path).trials()) == 3


SPACE = (
    "{preferences: gap, scheduler: front-asha, sampler: optuna, seed: 3, warm_start: false, "
    "space: {learning_rate: {log: [1e-4, 1e-2]}, network: [[64, 64], [32]], "
    "epochs: {range: [2, 8]}}, "
    "budget: {gain: {below: 0.01}}}"
)


def test_a_space_and_a_scheduler_are_read_with_their_defaults(written):
    search = load_experiment(written(SPACE)).search
    assert search.space["learning_rate"] == SpanSection(log=(1e-4, 1e-2))
    assert search.space["network"] == ([64, 64], [32])
    assert (search.scheduler.reduction, search.scheduler.grace) == (4, 20_000)
    assert (search.budget.gain.below, search.budget.gain.over) == (0.01, 6)


@pytest.mark.parametrize("search", [GAP, SPACE, "{preferences: planned}", "null"])
def test_loading_the_resolved_experiment_gives_an_equal_one(written, tmp_path, search):
    spec = load_experiment(written(search, further="weights: {lattice: 3}\n"))
    dump_resolved(spec, tmp_path / "resolved.yaml")
    again = load_experiment(tmp_path / "resolved.yaml")
    assert again == spec
    assert again.trials() == spec.trials()


def test_the_json_schema_knows_the_section(written):
    validator = jsonschema.Draft202012Validator(json_schema())
    good, bad = (
        yaml.safe_load(written(each).read_text().replace("1e-4", "0.0001").replace("1e-2", "0.01"))
        for each in (SPACE, SPACE.replace("preferences", "preference"))
    )
    assert validator.is_valid(good)
    assert not validator.is_valid(bad)


WEIGHTS = "weights: {lattice: 2}\n"
FAULTS = {
    "an unknown key": (
        "{preference: gap}",
        {"further": WEIGHTS},
        '5:10: unknown key "preference". Did you mean "preferences"?',
    ),
    "an unknown search": (
        "{preferences: gaps}",
        {},
        '5:23: found "gaps". Did you mean "gap"?',
    ),
    "no end": (
        "{preferences: gap}",
        {},
        "5:9: this search has no end; found no budget. Add one, such as budget: {trials: 24}",
    ),
    "a gap between three objectives": (
        GAP,
        {"objectives": "[efficacy, toxicity, drug]"},
        "5:23: a gap lies between points of two objectives; found 3 objectives. Use corner",
    ),
    "targets that an algorithm does not learn": (
        "{targets: chebyshev, preferences: gap, budget: {trials: 9}}",
        {
            "algorithms": "[{name: PPO}, {name: VectorPPO}]",
            "further": WEIGHTS + "scalarizations: [{name: linear}]\n",
        },
        "5:19: this search asks for chebyshev, which VectorPPO does not learn; PPO, APPO, "
        "IMPALA, DQN, SAC can.",
    ),
    "limits that PPO does not learn": (
        "{targets: epsilon, preferences: gap, budget: {trials: 9}}",
        {},
        "5:19: this search asks for epsilon-constraint, which PPO does not learn; VectorPPO can.",
    ),
    "only algorithms that learn all preferences": (
        GAP,
        {"algorithms": "[{name: ConditionedPPO}]"},
        "5:23: gap chooses one preference for each trial; every algorithm here learns all",
    ),
    "a setting that is none": (
        "{space: {learning_rat: [0.1]}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        '5:18: unknown setting "learning_rat". Did you mean "learning_rate"?',
    ),
    "a setting that other keys decide": (
        "{space: {start: [a, b]}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        "5:18: start does not vary: warm_start decides it. Remove it.",
    ),
    "a value that the setting refuses": (
        "{space: {learning_rate: [0.1, -0.1]}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        "5:39: expected a number above 0; found -0.1.",
    ),
    "a text for a number": (
        "{space: {epochs: [2, many]}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        '5:30: expected a whole number; found "many".',
    ),
    "an end that the setting refuses": (
        "{space: {clip: {range: [-1, 0.3]}}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        "5:33: expected a number above 0; found -1",
    ),
    "a value that goes with no other": (
        "{space: {twins: [16, 24]}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        "5:30: 128 environments cannot be families of 24. Give a divisor.",
    ),
    "ends in the wrong order": (
        "{space: {clip: {range: [0.3, 0.1]}}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        "5:32: expected the lower end first; found [0.3, 0.1]. Exchange them.",
    ),
    "the logarithm of nought": (
        "{space: {clip: {log: [0, 0.1]}}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        "5:30: expected ends above 0; found 0. Use range.",
    ),
    "one end": (
        "{space: {clip: {log: [0.1]}}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        "5:30: expected 2 entries or more; found a list of 1.",
    ),
    "a span without ends": (
        "{space: {clip: {}}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        "5:18: expected range or log, such as {log: [1e-4, 1e-2]}. Keep one.",
    ),
    "an unknown span": (
        "{space: {clip: {logs: [0.1, 0.2]}}, budget: {trials: 9}}",
        {"further": WEIGHTS},
        '5:25: unknown key "logs". Did you mean "log"?',
    ),
    "algorithms that differ in what varies alone": (
        "{space: {epochs: [2, 3]}, budget: {trials: 9}}",
        {
            "algorithms": "[{name: PPO, epochs: 2}, {name: PPO, epochs: 3}]",
            "further": WEIGHTS,
        },
        "5:17: it varies all in which algorithms 1 and 2 differ. Keep one.",
    ),
    "a scheduler of scalar rewards": (
        "{preferences: corner, scheduler: asha}",
        {},
        "5:42: asha compares scalarized rewards, which have another unit under every preference",
    ),
    "the same with settings": (
        "{preferences: corner, scheduler: {name: PBT, grace: 10}}",
        {},
        "5:49: PBT compares scalarized rewards",
    ),
    "an unknown scheduler": (
        "{preferences: corner, scheduler: front-ahsa}",
        {},
        '5:42: found "front-ahsa". Did you mean "front-asha"?',
    ),
    "one that stops nobody": (
        "{preferences: corner, scheduler: {name: front-asha, reduction: 1}}",
        {},
        "5:72: expected a number of 2 or more; found 1.",
    ),
    "a word for a boolean": (
        "{preferences: corner, warm_start: off}",
        {},
        '5:43: expected true or false; found "off".',
    ),
    "a budget of nothing": (
        "{preferences: gap, budget: {trials: 0}}",
        {},
        "5:45: expected a number of 1 or more; found 0.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_at_its_place(written, fault):
    search, others, told = FAULTS[fault]
    path = written(search, **others)
    with pytest.raises(ExperimentError) as caught:
        load_experiment(path)
    (found,) = caught.value.faults
    assert str(found).startswith(f"{path}:{told}")
