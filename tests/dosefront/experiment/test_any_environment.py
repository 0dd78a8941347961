"""Environments that do not describe themselves, as an experiment names what they pay."""

import re
from pathlib import Path

import pytest

from dosefront.errors import ExperimentError
from dosefront.experiment import describe, dump_resolved, load_experiment

TOYS = Path(__file__).parents[1] / "environments"
DOCS = Path(__file__).parents[3] / "docs"
EXPERIMENT = """\
name: toy
environment:
  id: toy_environments:Counter
  options: {horizon: 4}
  time_limit: 9
  rewards:
    - {name: gain, reference: 0, ideal: 9}
    - {name: loss, unit: points, reference: -9, ideal: 0}
    - {name: harm, sense: minimise, info: harm, reference: 9, ideal: 0}
objectives: [gain, harm]
weights: {lattice: 3}
algorithms: [{name: PPO}]
"""
REWARDS = EXPERIMENT[EXPERIMENT.index("  rewards") : EXPERIMENT.index("objectives")]
FAULTS = {
    "rewards that are missing": (
        (REWARDS, ""),
        "2:1: toy_environments:Counter does not say what it pays: a reward vector of 2",
    ),
    "a time limit that is missing": (
        ("  time_limit: 9\n", ""),
        "2:1: toy_environments:Counter has no time limit",
    ),
    "a reward too few": (
        ("    - {name: loss, unit: points, reference: -9, ideal: 0}\n", ""),
        "6:3: toy_environments:Counter pays a reward vector of 2; rewards names 1 without info.",
    ),
    "an unknown key of info": (
        ("info: harm", "info: ham"),
        '9:43: toy_environments:Counter tells no "ham" in its info; a step told gain, harm, word.',
    ),
    "rewards of what describes itself": (
        ("Counter", "DescribedCounter"),
        "6:3: toy_environments:DescribedCounter says itself what it pays: gain, harm.",
    ),
    "rewards of a regimen": (
        ("toy_environments:Counter\n  options: {horizon: 4}", "posology/AC-v0"),
        "4:3: posology/AC-v0 ends its episodes itself. Remove time_limit.",
    ),
    "an ideal below its reference": (
        ("reference: -9, ideal: 0", "reference: -9, ideal: -10"),
        "8:56: ideal must be above the reference (-9), as the sense is maximise; got -10.",
    ),
    "an ideal above what is to be minimised": (
        ("reference: 9, ideal: 0", "reference: 0, ideal: 9"),
        "9:70: ideal must be below the reference (0), as the sense is minimise; got 9.",
    ),
    "a name given twice": (
        ("name: loss", "name: gain"),
        '8:14: "gain" is the name of entry 1 too. Rename one.',
    ),
    "an unknown key of a reward": (
        ("info: harm", "inof: harm"),
        '9:37: unknown key "inof". Did you mean "info"?',
    ),
    "a sense that is none": (
        ("sense: minimise", "sense: minimize"),
        '9:27: found "minimize". Did you mean "minimise"?',
    ),
    "a reward without ideal": (
        ("{name: gain, reference: 0, ideal: 9}", "{name: gain, reference: 0}"),
        '7:7: required key "ideal" is missing.',
    ),
    "an objective that is not paid": (
        ("[gain, harm]", "[gain, harms]"),
        '10:20: "harms" is not an objective of toy_environments:Counter. Did you mean "harm"?',
    ),
    "no step": (("time_limit: 9", "time_limit: 0"), "5:15: expected a number of 1 or more"),
    "a limit among the options": (
        ("horizon: 4", "time_limit: 4"),
        "4:13: time_limit is not an option: environment.time_limit decides it. Remove it.",
    ),
    "an option that is refused": (
        ("horizon: 4", "horizon: 0"),
        "4:22: toy_environments:Counter cannot be made: an episode has a step.",
    ),
    "an option that is none": (
        ("horizon: 4", "horizn: 4"),
        "4:13: toy_environments:Counter cannot",
    ),
    "a regimen": (
        ("  options: {horizon: 4}\n", "  regimen: {cycles: 4}\n"),
        "4:21: toy_environments:Counter cannot be made: Counter.__init__() got an unexpected",
    ),
    "a class that is none": (
        ("Counter", "Countr"),
        '3:7: toy_environments has no environment "Countr". Did you mean "Counter"?',
    ),
    "a treasure that is none": (
        ("toy_environments:Counter", "mo:deep-sea-treasur-v0"),
        '3:7: mo_gymnasium has no environment "deep-sea-treasur-v0". '
        'Did you mean "deep-sea-treasure-v0"?',
    ),
    "actions that cannot be adapted": (
        ("toy_environments:Counter", "toy_environments:Words"),
        "4:3: actions must be Discrete, MultiDiscrete, Box; found Text",
    ),
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes the experiment, with a replacement, and returns its path."""
    monkeypatch.syspath_prepend(TOYS)

    def write(old="", new=""):
        assert old in EXPERIMENT
        path = tmp_path / "toy.yaml"
        path.write_text(EXPERIMENT.replace(old, new, 1) if old else EXPERIMENT, encoding="utf-8")
        return path

    return write


def test_rewards_and_limit_travel_to_the_trial_as_plain_values(written):
    spec = load_experiment(written())
    (trial, *_) = spec.trials()
    assert trial.environment_options == {
        "horizon": 4,
        "time_limit": 9,
        "rewards": [
            {"name": "gain", "reference": 0.0, "ideal": 9.0},
            {"name": "loss", "unit": "points", "reference": -9.0, "ideal": 0.0},
            {"name": "harm", "sense": "minimise", "info": "harm", "reference": 9.0, "ideal": 0.0},
        ],
    }
    description = describe(spec.environment)
    assert [each.name for each in description.objectives] == ["gain", "loss", "harm"]
    assert (description.actions, description.version) == ("Discrete(4)", "unversioned")


def test_the_resolved_experiment_is_equal(written, tmp_path):
    spec = load_experiment(written())
    dump_resolved(spec, tmp_path / "resolved.yaml")
    again = load_experiment(tmp_path / "resolved.yaml")
    assert again == spec
    assert again.trials() == spec.trials()


def test_trials_of_native_environments_carry_neither_rewards_nor_limit(tmp_path):
    path = tmp_path / "native.yaml"
    path.write_text(
        "name: native\nenvironment: {id: posology/AC-v0, options: {decisions: due}}\n"
        "objectives: [efficacy, toxicity]\nweights: {lattice: 2}\nalgorithms: [{name: PPO}]\n"
    )
    (trial, *_) = load_experiment(path).trials()
    assert trial.environment_options == {"decisions": "due"}


@pytest.mark.parametrize(("replacement", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_stands_at_its_place(written, replacement, message):
    if "mo:" in replacement[1]:
        pytest.importorskip("mo_gymnasium")
    with pytest.raises(ExperimentError) as caught:
        load_experiment(written(*replacement))
    fault = caught.value.faults[0]
    assert f"{fault.line}:{fault.column}: {fault.message}".startswith(message)


def test_the_example_of_the_documentation_has_no_faults(tmp_path):
    pytest.importorskip("mo_gymnasium")
    page = (DOCS / "any-environment.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(name: .*?)```", page, re.DOTALL)
    path = tmp_path / "example.yaml"
    path.write_text(example[1], encoding="utf-8")
    assert load_experiment(path).trials()
