"""Every fault names the exact place of its cause."""

import pytest

from dosefront.errors import ExperimentError
from dosefront.experiment import load_experiment

ENVIRONMENT = """\
  id: toy/TwoObjectives-v0
  regimen:
    doses: {docetaxel: 75 mg/m2, cisplatin: 60 mg/m2}
    interval: 21 d
    cycles: 6
  options: {horizon: 4}
"""
FAULTS = {
    "a key in the place of checkpoints": (
        ("max_concurrent: null", 'storage: "s3://AKIA:hush@bucket/x"'),
        "17:41",
        "no key belongs into it; got a URI with a user. Set AWS_ACCESS_KEY_ID",
    ),
    "an unknown key": (
        ("steps: 2000", "stepz: 2000"),
        "13:17",
        'unknown key "stepz". Did you mean "steps"?',
    ),
    "an unknown key of the file": (
        ("seeds: [1, 2]", "sedes: [1, 2]"),
        "16:1",
        'unknown key "sedes". Did you mean "seeds"?',
    ),
    "an unknown key within the weights": (
        ("{lattice: 5}", "{lattice: 5, evenly: true}"),
        "11:23",
        'unknown key "evenly". Choose one of lattice.',
    ),
    "a start for RLlib's own network": (
        ("name: PPO", "name: PPO, start: policy.npz, sampler: rllib"),
        "13:45",
        'rllib cannot begin from a policy of ours; found "start". Use sampler: columns, or',
    ),
    "standardised features for RLlib's own network": (
        ("name: PPO", "name: PPO, standardise: true, sampler: rllib"),
        "13:45",
        'rllib shows its network features as they are; found "standardise: true". Use sampler',
    ),
    "a start whose features would be standardised": (
        ("name: PPO", "name: PPO, start: policy.npz, standardise: true"),
        "13:24",
        'a start reads features as they are, not standardised; found "standardise: true". Remove',
    ),
    "an unknown key that another algorithm knows": (
        ("    steps: 1e5", "    clip: 0.2"),
        "15:5",
        'unknown key "clip". Choose one of batch, discount, environments, exploration, '
        "exploration_steps, fragment, history, learning_rate, learning_starts, n_step, name, "
        "network, replay, steps, target_interval, training_intensity.",
    ),
    "a dose in another unit": (
        ("75 mg/m2", "75 mg"),
        "5:24",
        'expected mg/m2; got "75 mg" (mg). Write it in mg/m2.',
    ),
    "a dose without a unit": (
        ("75 mg/m2", "75"),
        "5:24",
        'expected mg/m2; got "75" (no unit). Write it in mg/m2.',
    ),
    "a negative dose": (
        ("60 mg/m2", "-60 mg/m2"),
        "5:45",
        '"-60 mg/m2" is negative. Give 0 mg/m2 or more.',
    ),
    "a dose of nothing": (
        ("60 mg/m2", "0 mg/m2"),
        "5:45",
        'a label dose is above 0; got "0 mg/m2". Leave out what is not given.',
    ),
    "an interval in weeks": (("21 d", "3 wk"), "6:15", "expected d; got"),
    "an unknown agent": (
        ("docetaxel:", "docetaxol:"),
        "5:13",
        'unknown agent "docetaxol". Did you mean "docetaxel"?',
    ),
    "weights off the simplex": (
        ("{lattice: 5}", "[[0.5, 0.5], [0.5, 0.7]]"),
        "11:23",
        "weights must sum to 1; got [0.5, 0.7] (sum 1.2). Divide by the sum, or use a lattice.",
    ),
    "a weight for each of three objectives": (
        ("{lattice: 5}", "[[0.2, 0.3, 0.5]]"),
        "11:11",
        "weights must hold one number per objective (2); got [0.2, 0.3, 0.5] (3).",
    ),
    "a lattice of one": (("{lattice: 5}", "{lattice: 1}"), "11:1", "a lattice holds at least"),
    "weights that are neither": (("{lattice: 5}", "5"), "11:10", "expected a list; found 5."),
    "weights given twice": (
        ("{lattice: 5}", "[[1, 0], [0, 1], [1, 0]]"),
        "11:10",
        "expected distinct entries; found entry 3 equal to entry 1. Remove one.",
    ),
    "an unknown algorithm": (
        ("name: PPO", "name: ppq"),
        "13:12",
        'unknown algorithm "ppq". Did you mean "PPO"?',
    ),
    "an algorithm without a name": (
        ("name: DQN", "network: [8]"),
        "14:5",
        'required key "name" is missing. Add it here.',
    ),
    "an unknown environment": (
        ("toy/TwoObjectives-v0", "toy/TwoObjectives-v1"),
        "3:7",
        'unknown environment "toy/TwoObjectives-v1". Did you mean "toy/TwoObjectives-v0"?',
    ),
    "an environment with one reward": (
        (ENVIRONMENT, "  id: CartPole-v1\n"),
        "2:1",
        "CartPole-v1 does not say what it pays: a single reward, and in info nothing.",
    ),
    "options that the environment refuses": (
        ("horizon: 4", "horizon: 400"),
        "8:22",
        "toy/TwoObjectives-v0 cannot be made: horizon must be 100 or less; got 400. "
        "Correct its options and regimen.",
    ),
    "a regimen that the environment refuses": (
        ("cycles: 6", "cycles: 60"),
        "7:13",
        "toy/TwoObjectives-v0 cannot be made: 60 cycles are too many.",
    ),
    "an objective that the environment lacks": (
        ("[efficacy, toxicity]", "[efficacy, toxcity]"),
        "9:24",
        '"toxcity" is not an objective of toy/TwoObjectives-v0. Did you mean "toxicity"?',
    ),
    "a single objective": (
        ("[efficacy, toxicity]", "[efficacy]"),
        "9:13",
        "expected 2 entries or more; found a list of 1.",
    ),
    "a key given twice": (
        ("seeds: [1, 2]", "seeds: [1, 2]\nname: again"),
        "17:1",
        'duplicate key "name": it stands on line 1 too. Keep one.',
    ),
    "a bare on where text is read": (
        ("name: toy", "name: on"),
        "1:7",
        "expected text; found on without quotes, a boolean to many YAML readers. "
        'Write "on" for the word, or true or false.',
    ),
    "a bare No within options": (("horizon: 4", "regions: [DK, No]"), "8:3", "found No without"),
    "a number where text is read": (
        ("name: toy", "name: 2026"),
        "1:7",
        "expected text (quote it where it looks like a number); found 2026.",
    ),
    "a name that is no folder's": (("name: toy", "name: a/b"), "1:7", "it names a folder"),
    "text where a number is read": (
        ("steps: 2000", 'steps: "2000"'),
        "13:24",
        'expected a whole number; found "2000".',
    ),
    "a boolean where a number is read": (("lattice: 5", "lattice: true"), "11:20", "found true."),
    "half a step": (("steps: 1e5", "steps: 0.5"), "15:12", "expected a whole number; found 0.5."),
    "no steps": (("steps: 2000", "steps: 0"), "13:24", "expected a number of 1 or more; found 0."),
    "a number that is not finite": (("3e-4", ".nan"), "13:64", 'expected a number; found ".nan".'),
    "a mode that does not exist": (("mode: off", "mode: of"), "18:46", 'Did you mean "off"?'),
    "a seed given twice": (("[1, 2]", "[1, 1]"), "16:8", "found entry 2 equal to entry 1"),
    "a section that is a word": (("cohorts: {", "cohorts: yes #{"), "10:10", "keys and values"),
    "a required key that is missing": (
        ("objectives: [efficacy, toxicity]\n", ""),
        "1:1",
        'required key "objectives" is missing. Add it here.',
    ),
    "weights that are missing": (
        ("weights: {lattice: 5}\n", ""),
        "1:1",
        'linear needs "weights"; found none. Add them, such as weights: {lattice: 5}, '
        "or name other scalarizations.",
    ),
    "a required key that is missing within a section": (
        ("  id: toy/TwoObjectives-v0\n", ""),
        "2:1",
        'required key "id" is missing. Add it here.',
    ),
    "a tab": (
        ("    interval: 21 d", "\tinterval: 21 d"),
        "6:1",
        "expected spaces; found a tab. Indent with spaces, as YAML requires.",
    ),
    "a bracket that is not closed": (
        ("[efficacy, toxicity]", "[efficacy, toxicity"),
        "10:8",
        "expected YAML; while parsing a flow sequence, expected ',' or ']', but got ':'.",
    ),
    "a colon without its space": (("id: toy", "id:toy"), "4:10", "mapping values are not allowed"),
    "two documents": (("seeds:", "---\nseeds:"), "16:1", "but found another document"),
    "a character that YAML forbids": (("toy\n", "t\aoy\n"), "1:8", "a character that YAML forbids"),
    "a tag": (("seeds: [1", "seeds: [!secret 1"), "16:9", 'found the tag "!secret"'),
    "an alias to what holds it": (("seeds: [1", "seeds: &s [*s"), "16:8", "found an alias to what"),
    "a key that is a list": (("seeds:", "[seeds]:"), "16:1", "expected a word as key"),
}


def faults(path, overrides=()):
    with pytest.raises(ExperimentError) as caught:
        load_experiment(path, overrides)
    return caught.value.faults


@pytest.mark.parametrize(("replacement", "place", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_its_line_and_column(written, replacement, place, message):
    (fault,) = faults(written(replacement))
    assert message in fault.message
    assert f"{fault.line}:{fault.column}" == place


def test_every_fault_is_reported_in_one_pass_in_the_order_of_the_file(written):
    path = written(
        ("75 mg/m2", "75 mg"),
        ("[efficacy, toxicity]", "[efficacy, toxcity]"),
        ("{lattice: 5}", "[[0.5, 0.7], [0.2, 0.3, 0.5]]"),
        ("network: [64, 64]", "netwrk: [64, 64]"),
        ("name: DQN", "name: DQM"),
        ("seeds: [1, 2]", "seeds: [one, 2]\nname: again"),
    )
    places = [f"{fault.line}:{fault.column}" for fault in faults(path)]
    assert places == ["5:24", "9:24", "11:11", "11:23", "13:30", "14:11", "16:9", "17:1"]


def test_the_message_shows_file_line_and_caret(written):
    path = written(("steps: 2000", "stepz: 2000"))
    with pytest.raises(ExperimentError) as caught:
        load_experiment(path)
    assert str(caught.value).splitlines() == [
        f'{path}:13:17: unknown key "stepz". Did you mean "steps"?',
        "   13 |   - {name: PPO, stepz: 2000, network: [64, 64], learning_rate: 3e-4}",
        "                        ^",
    ]


@pytest.mark.parametrize("content", ["", "# only a comment\n", "null\n"])
def test_an_empty_file_is_a_fault_of_the_file(tmp_path, content):
    path = tmp_path / "empty.yaml"
    path.write_text(content)
    (fault,) = faults(path)
    assert (fault.line, fault.message) == (
        None,
        "expected an experiment; the file is empty. Start from one in tune_configs/.",
    )


def test_a_file_that_is_not_found_is_a_fault_of_the_file(tmp_path):
    (fault,) = faults(tmp_path / "none.yaml")
    assert str(fault) == (
        f"{tmp_path}/none.yaml: expected an experiment; No such file or directory. Check the path."
    )


def test_a_file_that_is_not_text_is_a_fault_of_the_file(tmp_path):
    path = tmp_path / "image.yaml"
    path.write_bytes(b"\xff\xfe")
    (fault,) = faults(path)
    assert fault.message.startswith("expected UTF-8 text")


def test_a_file_that_holds_a_list_is_refused_at_its_start(tmp_path):
    path = tmp_path / "list.yaml"
    path.write_text("- name: toy\n")
    (fault,) = faults(path)
    assert (fault.line, fault.column) == (1, 1)
    assert fault.message == "expected keys and values; found a list of 1."


@pytest.mark.parametrize(
    ("override", "place", "message"),
    [
        ("algorithms.0.steps=many", "1:20", 'expected a whole number; found "many".'),
        ("algorithms.0.stepz=10", "1:1", 'unknown key "stepz". Did you mean "steps"?'),
        ("algorithms.7.steps=10", "1:1", "found no algorithms.7.steps to set."),
        ("name.first=toy", "1:1", "found no name.first to set."),
        ("seeds=[1", "1:9", "expected YAML"),
        ("steps", "1:1", 'unknown key "steps".'),
    ],
)
def test_a_fault_of_an_override_is_placed_within_it(written, override, place, message):
    (fault,) = faults(written(), (override,))
    assert fault.file == f"--set {override.partition('=')[0]}"
    assert message in fault.message
    assert f"{fault.line}:{fault.column}" == place
    assert fault.source == override
