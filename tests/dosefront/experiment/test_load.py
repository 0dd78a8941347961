import gymnasium
import jsonschema
import pytest
import yaml

from dosefront.errors import ExperimentError
from dosefront.experiment import (
    DQNSettings,
    EnvironmentSection,
    LatticeSection,
    PPOSettings,
    describe,
    dump_resolved,
    json_schema,
    load_experiment,
)
from posology.dosing import environment_id
from posology.library import regimen_names


def test_values_are_read_with_their_units_and_defaults(written):
    spec = load_experiment(written())
    assert spec.environment.regimen.doses == {"docetaxel": 75.0, "cisplatin": 60.0}
    assert spec.environment.regimen.interval_days == 21.0
    assert spec.weights == LatticeSection(lattice=5)
    ppo, dqn = spec.algorithms
    assert ppo == PPOSettings(name="PPO", steps=2000, network=(64, 64), learning_rate=3e-4)
    assert dqn == DQNSettings(name="DQN", steps=100_000)
    assert spec.tracking.wandb.mode == "off"


@pytest.mark.parametrize(
    ("written_as", "number"), [("1e5", 1e5), ("1.0E+5", 1e5), ("100_000", 1e5), ("0100", 100)]
)
def test_numbers_are_read_as_yaml_1_2_reads_them(written, written_as, number):
    spec = load_experiment(written(("1e5", written_as)))
    assert spec.algorithms[1].steps == number


@pytest.mark.parametrize(("written_as", "number"), [("3e-4", 3e-4), ("1", 1.0), (".5", 0.5)])
def test_rates_are_numbers_however_they_are_written(written, written_as, number):
    spec = load_experiment(written(("learning_rate: 3e-4", f"learning_rate: {written_as}")))
    assert spec.algorithms[0].learning_rate == number


def test_a_quoted_on_is_text(written):
    assert load_experiment(written(("name: toy", 'name: "on"'))).name == "on"


def test_every_weight_vector_meets_every_algorithm_and_seed(written):
    spec = load_experiment(written())
    trials = spec.trials()
    combinations = {(trial.preferences, trial.algorithm, trial.seed) for trial in trials}
    assert len(trials) == len(combinations) == 5 * 2 * 2
    assert {trial.preferences[0][0] for trial in trials} == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert len({trial.trial_id for trial in trials}) == len(trials)


def test_a_trial_carries_all_that_decides_what_it_learns(written):
    (trial, *_) = load_experiment(written()).trials()
    assert trial.environment == "toy/TwoObjectives-v0"
    assert trial.environment_options == {
        "horizon": 4,
        "doses": {"docetaxel": 75.0, "cisplatin": 60.0},
        "interval_days": 21.0,
        "cycles": 6,
    }
    assert (trial.steps, trial.settings["network"]) == (2000, [64, 64])
    assert trial.cohorts == {"seed": 2026, "train": 4096, "select": 500, "held_out": 2000}


def test_weight_vectors_may_be_listed(written):
    spec = load_experiment(written(("{lattice: 5}", "[[0.2, 0.8], [1, 0]]")))
    assert spec.weight_vectors() == ((0.2, 0.8), (1.0, 0.0))


def test_the_way_of_writing_does_not_change_a_trial(written):
    plain = load_experiment(written()).trials()
    other = load_experiment(written(("1e5", "100000"), ("75 mg/m2", "75.0 mg/m2"))).trials()
    assert [trial.trial_id for trial in plain] == [trial.trial_id for trial in other]


def test_loading_the_resolved_experiment_gives_an_equal_one(written, tmp_path):
    spec = load_experiment(written(("75 mg/m2", "0.1 mg/m2"), ("3e-4", "1e-7")))
    dump_resolved(spec, tmp_path / "resolved.yaml")
    again = load_experiment(tmp_path / "resolved.yaml")
    assert again == spec
    assert again.trials() == spec.trials()


def test_the_resolved_experiment_shows_every_default(written, tmp_path):
    dump_resolved(load_experiment(written()), tmp_path / "resolved.yaml")
    stored = yaml.safe_load((tmp_path / "resolved.yaml").read_text())
    assert set(stored["algorithms"][1]) == set(DQNSettings.model_fields)
    assert stored["environment"]["regimen"]["doses"]["cisplatin"] == "60 mg/m2"


def test_overrides_replace_values_and_add_sections(written):
    path = written(("resources: {cpus_per_trial: 1, max_concurrent: null}\n", ""))
    spec = load_experiment(
        path,
        ("algorithms.0.steps=1e3", "weights=[[0.5, 0.5]]", "resources.max_concurrent=2"),
    )
    assert spec.algorithms[0].steps == 1000
    assert spec.weight_vectors() == ((0.5, 0.5),)
    assert spec.resources.max_concurrent == 2


def test_the_environment_is_described_from_its_metadata():
    description = describe(EnvironmentSection(id="toy/TwoObjectives-v0"))
    assert (description.id, description.version) == ("toy/TwoObjectives-v0", "3")
    assert [each.name for each in description.objectives] == ["efficacy", "toxicity"]
    assert description.objectives[1].maximised(2.0) == -2.0


def test_the_json_schema_agrees_with_the_loader(written):
    plain = (("mode: off", "mode: auto"), ("3e-4", "0.0003"), ("1e5", "100000"))
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(yaml.safe_load(written(*plain).read_text()))
    assert not validator.is_valid(yaml.safe_load(written(*plain, ("seeds:", "sedes:")).read_text()))


@pytest.mark.parametrize(
    ("identifier", "algorithm", "told"),
    [
        (
            "posology/DocetaxelCisplatinContinuous-v0",
            "DQN",
            "DQN learns Discrete actions; posology/DocetaxelCisplatinContinuous-v0 takes "
            r"Box\(.*\)\. "
            "PPO, VectorPPO, ConditionedPPO, APPO, IMPALA, SAC, ConditionedSAC can",
        ),
        (
            "posology/DocetaxelCisplatin-v0",
            "ConditionedSAC",
            r"ConditionedSAC learns Box actions; posology/DocetaxelCisplatin-v0 takes "
            r"Discrete\(25\)\. PPO, VectorPPO, ConditionedPPO, APPO, IMPALA, DQN, "
            "ConditionedDQN can",
        ),
    ],
)
def test_actions_that_an_algorithm_cannot_learn_are_a_fault_at_its_name(
    tmp_path, identifier, algorithm, told
):
    path = tmp_path / "actions.yaml"
    path.write_text(
        f"name: actions\nenvironment:\n  id: {identifier}\nobjectives: [efficacy, toxicity]\n"
        f"weights: {{lattice: 2}}\nalgorithms: [{{name: PPO}}, {{name: {algorithm}}}]\n"
    )
    with pytest.raises(ExperimentError, match=rf":6:34: {told}"):
        load_experiment(path)


@pytest.mark.parametrize("written_as", ["environments: 100", "environments: 32, twins: 3"])
def test_environments_that_twins_do_not_divide_are_a_fault(tmp_path, written_as):
    path = tmp_path / "twins.yaml"
    path.write_text(
        "name: twins\nenvironment: {id: posology/DocetaxelCisplatin-v0}\n"
        "objectives: [efficacy, toxicity]\nweights: {lattice: 2}\n"
        f"algorithms: [{{name: PPO, {written_as}}}]\n"
    )
    with pytest.raises(ExperimentError, match="environments cannot be families of"):
        load_experiment(path)


REGIMEN = """\
name: regimen
environment:
  id: {id}
  regimen: {regimen}
  options: {options}
objectives: {objectives}
weights: {{lattice: 3}}
algorithms: [{{name: PPO}}]
"""


@pytest.fixture
def of_regimen(tmp_path):
    """Writes an experiment on a regimen of the library, and returns its path."""

    def write(
        identifier="posology/FOLFOX6-v0",
        regimen="{cycles: 12}",
        options="{decisions: due}",
        objectives="[efficacy, toxicity]",
    ):
        path = tmp_path / "regimen.yaml"
        path.write_text(
            REGIMEN.format(id=identifier, regimen=regimen, options=options, objectives=objectives)
        )
        return path

    return write


@pytest.mark.parametrize(
    ("regimen", "doses"),
    [
        ("{name: FOLFOX6, doses: {oxaliplatin: 100 mg/m2}}", {"oxaliplatin": 100.0}),
        ("{name: carboplatin, doses: {carboplatin: AUC 6}}", {"carboplatin": 6.0}),
        ("{name: carboplatin, doses: {carboplatin: 6 mg/mL*min}}", {"carboplatin": 6.0}),
        ("{name: pembrolizumab, doses: {pembrolizumab: 400 mg}}", {"pembrolizumab": 400.0}),
    ],
)
def test_each_agents_dose_is_read_in_its_unit_and_reaches_the_environment(
    of_regimen, regimen, doses
):
    spec = load_experiment(of_regimen("posology/Course-v0", regimen))
    arguments = spec.environment.constructor_arguments()
    assert arguments["doses"] == doses
    made = gymnasium.make(spec.environment.id, disable_env_checker=True, **arguments)
    given = {each.agent: each.dose for each in made.unwrapped._patients.regimen.components}
    assert given | doses == given


def test_the_resolved_experiment_writes_each_dose_as_a_person_would(of_regimen, tmp_path):
    regimen = "{name: paclitaxel-carboplatin, doses: {paclitaxel: 175 mg/m2, carboplatin: AUC 5}}"
    spec = load_experiment(of_regimen("posology/Course-v0", regimen))
    dump_resolved(spec, tmp_path / "resolved.yaml")
    stored = yaml.safe_load((tmp_path / "resolved.yaml").read_text())["environment"]["regimen"]
    assert stored["doses"] == {"paclitaxel": "175 mg/m2", "carboplatin": "AUC 5"}
    assert load_experiment(tmp_path / "resolved.yaml") == spec


def test_every_regimen_of_the_library_can_be_named(of_regimen):
    for name in regimen_names():
        own = load_experiment(of_regimen(environment_id(name), "null"))
        any_of_them = load_experiment(of_regimen("posology/Course-v0", f"{{name: {name}}}"))
        assert describe(own.environment).objectives == describe(any_of_them.environment).objectives


def test_options_choose_objectives_support_and_scenario(of_regimen):
    options = (
        "{objectives: [efficacy, toxicity, twist, drug], decisions: due, gcsf: primary, "
        "interaction: hsa, visit_interval_weeks: 2, missing_labs: 0.1, assay_error: 0, "
        "comedication: [aprepitant], genotype_observed: false}"
    )
    spec = load_experiment(of_regimen(options=options, objectives="[twist, drug, toxicity]"))
    assert [each.name for each in describe(spec.environment).objectives] == [
        "efficacy",
        "toxicity",
        "twist",
        "drug",
    ]


WRONG = {
    "an agent of another regimen": (
        {"regimen": "{doses: {cisplatin: 5 mg/m2}}"},
        '4:21: FOLFOX6 gives no cisplatin. Did you mean "oxaliplatin"?',
    ),
    "an agent that is none": (
        {"regimen": "{doses: {fluorouracil-bolux: 5 mg/m2}}"},
        '4:21: unknown agent "fluorouracil-bolux". Did you mean "fluorouracil-bolus"?',
    ),
    "a unit of another agent": (
        {"regimen": "{doses: {oxaliplatin: AUC 5}}"},
        '4:34: expected a number in mg/m2, such as "75 mg/m2"; got "AUC 5".',
    ),
    "carboplatin by body surface": (
        {
            "identifier": "posology/Carboplatin-v0",
            "regimen": "{doses: {carboplatin: 75 mg/m2}}",
        },
        '4:34: expected mg/mL*min; got "75 mg/m2" (mg/m2). Write it in mg/mL*min. '
        '"AUC 5" is 5 mg/mL*min.',
    ),
    "a regimen that is none": (
        {"identifier": "posology/Course-v0", "regimen": "{name: FOLFOX5}"},
        '4:19: unknown regimen "FOLFOX5". Did you mean "FOLFOX',
    ),
    "a regimen that the id does not name": (
        {"regimen": "{name: DCF}"},
        "4:19: posology/FOLFOX6-v0 gives FOLFOX6; found DCF. posology/DCF-v0 gives it",
    ),
    "a regimen in the options that the id does not name": (
        {"options": "{regimen: DCF}"},
        "5:22: posology/FOLFOX6-v0 gives FOLFOX6; found DCF.",
    ),
    "doses after the next cycle is due": (
        {"identifier": "posology/Gemcitabine-v0", "regimen": "{interval: 14 d}"},
        "4:23: posology/Gemcitabine-v0 cannot be made: gemcitabine gives a dose on day 15",
    ),
    "an interval in half weeks": (
        {"regimen": "{interval: 10 d}"},
        "4:23: posology/FOLFOX6-v0 cannot be made: visits are weekly",
    ),
    "an option that is none": (
        {"options": "{decisions: due, comedicatoin: []}"},
        "5:29: posology/FOLFOX6-v0 cannot be made: unknown option 'comedicatoin'. "
        "Did you mean 'comedication'?",
    ),
    "an option's value": (
        {"options": "{decisions: due, adherence: 2}"},
        "5:40: posology/FOLFOX6-v0 cannot be made: adherence",
    ),
    "a comedication that is forbidden beside the regimen": (
        {"options": "{comedication: [brivudine-sorivudine]}"},
        "5:27: posology/FOLFOX6-v0 cannot be made: FOLFOX6 is contraindicated",
    ),
    "what the cohorts decide": (
        {"options": "{patients: 10}"},
        "5:13: patients is not an option: cohorts decides it. Remove it.",
    ),
    "what is said twice": (
        {"options": "{cycles: 2}"},
        "5:13: found here and in the regimen. Keep one.",
    ),
    "an objective that must be chosen": (
        {"objectives": "[efficacy, twist]"},
        '6:24: posology/FOLFOX6-v0 pays efficacy, toxicity here, not "twist". '
        "Name it in environment.options.objectives too.",
    ),
}


@pytest.mark.parametrize(("parts", "message"), WRONG.values(), ids=WRONG)
def test_what_a_regimens_environment_refuses_is_a_fault_at_its_place(of_regimen, parts, message):
    with pytest.raises(ExperimentError) as caught:
        load_experiment(of_regimen(**parts))
    (fault,) = caught.value.faults
    assert f"{fault.line}:{fault.column}: {fault.message}".startswith(message)


def test_every_wrong_option_is_told_in_one_pass(of_regimen):
    options = "{gcsf: always, adherence: 2, visit_interval_weeks: 13, decisions: due}"
    with pytest.raises(ExperimentError) as caught:
        load_experiment(of_regimen(regimen="{interval: 10 d, cycles: 0}", options=options))
    places = [(fault.line, fault.column) for fault in caught.value.faults]
    assert [line for line, _ in places] == [4, 5, 5, 5]
