"""`dosefront export`: what posology runs alone acts as the run's policy did, patient by patient."""

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dosefront.cli
import dosefront.export
import posology
from dosefront.environments import make_vector_env
from dosefront.errors import CheckpointError, DosefrontError, LedgerError, StorageError, UsageError
from dosefront.evaluate import (
    HELD_OUT,
    SELECT,
    ActionForm,
    NetworkPolicy,
    Situation,
    View,
    chosen_objectives,
    cohort_options,
    policy_bytes,
    roll_out,
)
from dosefront.export import export_point
from dosefront.records import (
    FrontSummary,
    JudgedPolicy,
    Ledger,
    RunFolder,
    TrialRecord,
    TrialSpec,
    read_front,
    summarise,
    write_atomically,
    write_front,
)
from posology.policies import load_policy

ENVIRONMENT = "posology/DocetaxelCisplatin-v0"
PROVENANCE = {
    "versions": {"dosefront": "0.1.0"},
    "commit": "1234567+",
    "environment": {"id": ENVIRONMENT, "version": "1"},
}
PLAIN = TrialSpec(
    environment=ENVIRONMENT,
    environment_options={"decisions": "due"},
    objectives=("toxicity", "efficacy"),  # not in the environment's order
    algorithm="PPO",
    scalarization={"name": "linear"},
    preferences=((0.3, 0.7),),
    seed=1,
    steps=1000,
    settings={},
    cohorts={"seed": 5, "train": 10, "select": 20, "held_out": 40},
)
CONDITIONED = replace(
    PLAIN, algorithm="ConditionedPPO", preferences=((1.0, 0.0), (0.5, 0.5), (0.0, 1.0))
)
CHEBYSHEV = replace(PLAIN, scalarization={"name": "chebyshev"}, discount=0.9, seed=2)

DISCRETE = ActionForm("Discrete")

TREASURE = replace(
    PLAIN,
    environment="mo:deep-sea-treasure-v0",
    environment_options={
        "time_limit": 30,
        "rewards": [
            {"name": "treasure", "reference": 0.0, "ideal": 24.0},
            {"name": "time", "reference": -30.0, "ideal": 0.0},
        ],
    },
    objectives=("treasure", "time"),
)


@dataclass(frozen=True)
class Case:
    """A trial, and how its policy sees and reads."""

    spec: TrialSpec
    view: View
    reading: str = "outputs"
    form: ActionForm = DISCRETE


CASES = {
    "plain": Case(PLAIN, View(masks=True)),
    "conditioned": Case(CONDITIONED, View(preference=(1.0, 0.0), masks=True)),
    "with a history": Case(PLAIN, View(history=3, masks=True)),
    "values": Case(
        replace(CONDITIONED, algorithm="ConditionedDQN"),
        View(preference=(1.0, 0.0), masks=True),
        reading="values",
    ),
    "chebyshev": Case(CHEBYSHEV, View(accrued=True, discount=0.9, masks=True)),
    "continuous": Case(
        replace(PLAIN, environment_options={"decisions": "due", "continuous": True}),
        View(),
        form=ActionForm("Box", low=(0.0, 0.0), high=(1.25, 1.25)),
    ),
}


def random_policy(case: Case) -> NetworkPolicy:
    """A network of the trial's shape."""
    env = make_vector_env(case.spec.environment, num_envs=1, options=case.spec.environment_options)
    chosen, columns = chosen_objectives(env.metadata, case.spec.objectives)
    situation = Situation(env, objectives=chosen, columns=columns, view=case.view)
    masks = 25 if case.view.masks else 0
    outputs = 4 if case.form.kind == "Box" else 25 * (2 if case.reading == "values" else 1)
    outputs = 4 if case.spec is TREASURE else outputs
    sizes = [situation.space().shape[0] - masks, 32, outputs]
    rng = np.random.default_rng(7)
    return NetworkPolicy(
        [rng.normal(size=(n, m)).astype(np.float32) for m, n in itertools.pairwise(sizes)],
        [rng.normal(size=n).astype(np.float32) for n in sizes[1:]],
        "tanh",
        {**case.spec.to_mapping(), "steps_taken": 1000},
        form=case.form,
        view=case.view,
        reading=case.reading,
    )


def write_run(path: Path, cases: Sequence[Case]) -> RunFolder:
    """The folder that a sweep of these trials leaves behind."""
    folder = RunFolder(path)
    folder.create()
    records = []
    for case in cases:
        spec, policy = case.spec, random_policy(case)
        checkpoint = folder.trial(spec.trial_id) / "policy.npz"
        checkpoint.parent.mkdir()
        write_atomically(checkpoint, policy_bytes(policy))
        records.append(
            TrialRecord(
                spec=spec,
                status="finished",
                checkpoint=str(checkpoint.relative_to(folder.path)),
                judged=tuple(judged(policy.at(each), each, spec) for each in spec.preferences),
                steps=1000,
                wall_seconds=1.0,
                error=None,
                provenance=PROVENANCE,
            )
        )
    for record in records:
        Ledger(folder.ledger).append(record)
    write_front(folder, front_of(folder, records))
    return folder


def judged(policy: NetworkPolicy, weights: tuple[float, ...], spec: TrialSpec) -> JudgedPolicy:
    select, held_out = (treated(policy, spec, split).outcome() for split in (SELECT, HELD_OUT))
    return JudgedPolicy(weights, select, held_out, paired={})


def treated(policy: Any, spec: TrialSpec, split: str) -> Any:
    options = cohort_options(spec.environment_options, spec.cohorts, split)
    return roll_out(
        policy,
        environment=spec.environment,
        options=options,
        objectives=spec.objectives,
        patients=options["patients"],
        discount=spec.discount,
    )


def front_of(folder: RunFolder, records: Sequence[TrialRecord]) -> FrontSummary:
    spec = records[0].spec
    env = make_vector_env(spec.environment, num_envs=1, options=spec.environment_options)
    return summarise(
        folder.path.name,
        objectives=chosen_objectives(env.metadata, spec.objectives)[0],
        environment=spec.environment,
        environment_version=str(env.metadata["version"]),
        trials=records,
        comparators=[],
    )


@pytest.fixture(scope="module", params=CASES)
def each_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Case, RunFolder]:
    """A run of one trial, of each kind."""
    case = CASES[request.param]
    return case, write_run(tmp_path_factory.mktemp(request.param) / "run", [case])


@pytest.fixture(scope="module")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of a conditioned trial, a plain and a failed one."""
    folder = write_run(
        tmp_path_factory.mktemp("made") / "run", [CASES["conditioned"], CASES["plain"]]
    )
    failed = TrialRecord(
        spec=replace(PLAIN, seed=9),
        status="failed",
        checkpoint=None,
        judged=(),
        steps=0,
        wall_seconds=1.0,
        error="Traceback ...\nValueError: the learning rate is too high",
        provenance=PROVENANCE,
    )
    Ledger(folder.ledger).append(failed)
    return folder


@pytest.fixture
def run(made_run: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy of the run, to be damaged."""
    return RunFolder(Path(shutil.copytree(made_run.path, tmp_path / "run")))


class Watched(NetworkPolicy):
    """Remembers what it did."""

    def actions(self, observations: np.ndarray) -> np.ndarray:
        taken = super().actions(observations)
        self.provenance["taken"].append(taken)
        return taken


def test_actions_and_returns_are_those_of_the_run_patient_by_patient(
    each_run: tuple[Case, RunFolder], tmp_path: Path
) -> None:
    case, folder = each_run
    spec = case.spec
    for point in read_front(folder.front_json).points:
        _, exported = export_point(folder, point.id, tmp_path / point.id)
        ours = Watched(
            **{**vars(random_policy(case).at(point.weights)), "provenance": {"taken": []}}
        )
        expected = treated(ours, spec, HELD_OUT)

        policy = load_policy(exported)
        env = policy.make_env(40)
        columns = [
            [each["name"] for each in env.metadata["objectives"]].index(name)
            for name in spec.objectives
        ]
        observations, _ = env.reset(options={"patients": np.arange(40)})
        returns, running, step = np.zeros((40, 2)), np.ones(40, bool), 0
        while running.any():
            actions = policy.actions(observations)
            assert (actions[running] == ours.provenance["taken"][step][running]).all()
            observations, rewards, terminated, truncated, _ = env.step(actions)
            returns[running] += spec.discount**step * rewards[running][:, columns]
            running &= ~(terminated | truncated)
            step += 1
        assert step == len(ours.provenance["taken"])
        np.testing.assert_allclose(returns, expected.returns, rtol=1e-12)
        shown = [estimate.value for estimate in point.value_vector]
        np.testing.assert_allclose(np.array([-1.0, 1.0]) * returns.mean(axis=0), shown, rtol=1e-12)


def test_what_has_accrued_matters_to_the_policy_that_is_shown_it(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", [CASES["chebyshev"]])
    _, exported = export_point(folder, CHEBYSHEV.trial_id)
    policy, env = load_policy(exported), load_policy(exported).make_env(40)
    observations, _ = env.reset(options={"patients": np.arange(40)})
    for _ in range(3):
        observations, *_ = env.step(policy.actions(observations))
    forgetful = observations.copy()
    forgetful[:, 36:39] = env.reset(options={"patients": np.arange(40)})[0][:, 36:39]
    assert (policy.actions(forgetful) != policy.actions(observations)).any()


def test_posology_alone_finds_the_mean_that_the_front_shows(run: RunFolder, tmp_path: Path) -> None:
    point = next(each for each in read_front(run.front_json).points if "-" not in each.id)
    export_point(run, point.id, tmp_path / "policy")
    readme = (tmp_path / "policy" / "README.md").read_text()
    code = readme.partition("```python\n")[2].partition("```")[0]
    blocked = (
        "import sys\n"
        "class Blocked:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('dosefront', 'ray', 'torch'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Blocked())\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", f"{blocked}{code}\nprint(returns.mean(axis=0).tolist())"],
        cwd=tmp_path / "policy",
        env={"PYTHONPATH": str(Path(posology.__file__).parents[1]), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    efficacy, toxicity = json.loads(result.stdout.splitlines()[-1])
    shown = [estimate.value for estimate in point.value_vector]
    np.testing.assert_allclose([-toxicity, efficacy], shown, rtol=1e-6)


def test_the_policy_of_a_strangers_environment_runs_as_its_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_run(tmp_path / "run", [Case(TREASURE, View(preference=(0.3, 0.7)))])
    _, path = export_point(folder, TREASURE.trial_id)
    monkeypatch.chdir(path)
    code = (path / "README.md").read_text().partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)
    shown = [each.value for each in read_front(folder.front_json).points[0].value_vector]
    np.testing.assert_allclose(names["returns"].mean(axis=0), shown, rtol=1e-6)
    assert names["policy"].environment.features == ()


def test_the_description_holds_what_the_front_and_the_ledger_say(
    run: RunFolder, tmp_path: Path
) -> None:
    point = read_front(run.front_json).points[1]
    export_point(run, point.id, tmp_path / "policy")
    written = json.loads((tmp_path / "policy" / "policy.json").read_text())
    assert written["name"] == CONDITIONED.point_id(1)
    assert written["label"] == "ConditionedPPO w=(0.5, 0.5) s1"
    assert written["preference"] == [0.5, 0.5]
    assert written["environment"] == {
        "id": ENVIRONMENT,
        "version": "1",
        "options": {"decisions": "due"},
        "cohorts": PLAIN.cohorts,
    }
    front = json.loads(run.front_json.read_text())
    assert written["objectives"] == front["objectives"]
    assert written["held_out"]["value_vector"] == front["points"][1]["value_vector"]
    assert written["held_out"]["endpoints"] == front["points"][1]["endpoints"]
    assert written["held_out"]["patients"] == 40
    provenance = written["provenance"]
    assert {key: provenance[key] for key in PROVENANCE} == PROVENANCE
    assert TrialSpec.from_mapping(provenance["spec"]) == CONDITIONED
    assert (provenance["run"], provenance["trial_id"]) == ("run", CONDITIONED.trial_id)


def test_the_start_of_one_id_alone_names_its_point(run: RunFolder, tmp_path: Path) -> None:
    name, path = export_point(run, PLAIN.trial_id[:6], tmp_path / "policy")
    assert name == load_policy(path).name == PLAIN.trial_id


def test_the_folder_lies_in_the_run_if_none_is_named(run: RunFolder) -> None:
    _, path = export_point(run, PLAIN.trial_id)
    assert path == run.path / "policies" / PLAIN.trial_id
    assert sorted(each.name for each in path.iterdir()) == [
        "README.md",
        "policy.json",
        "policy.safetensors",
    ]


def refused(run: RunFolder, point: str, kind: type[DosefrontError], message: str) -> None:
    """The export raises, and leaves nothing behind."""
    before = sorted(run.path.rglob("*"))
    with pytest.raises(kind, match=message) as caught:
        export_point(run, point)
    assert caught.type is kind
    assert sorted(run.path.rglob("*")) == before


def test_an_unknown_point_is_told_with_the_nearest(run: RunFolder) -> None:
    wrong = f"{CONDITIONED.trial_id}-7"
    message = f'has no point "{wrong}". Did you mean "{CONDITIONED.trial_id}-'
    refused(run, wrong, UsageError, message)


def test_a_trial_of_many_points_asks_which(run: RunFolder) -> None:
    message = f"start of 3 points: {', '.join(CONDITIONED.point_id(k) for k in range(3))}"
    refused(run, CONDITIONED.trial_id, UsageError, message)


def test_a_failed_trial_has_no_policy(run: RunFolder) -> None:
    failed = replace(PLAIN, seed=9).trial_id
    message = r"failed and has no policy: ValueError: the learning rate is too high\. Run it again"
    refused(run, failed, UsageError, message)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    refused(RunFolder(tmp_path), "x", UsageError, r"holds no run: it has no ledger\.jsonl")


def test_a_missing_checkpoint_is_told(run: RunFolder) -> None:
    (run.trial(PLAIN.trial_id) / "policy.npz").unlink()
    refused(run, PLAIN.trial_id, CheckpointError, "no checkpoint at")


def test_a_damaged_checkpoint_is_told(run: RunFolder) -> None:
    checkpoint = run.trial(PLAIN.trial_id) / "policy.npz"
    checkpoint.write_bytes(checkpoint.read_bytes()[:500])
    refused(run, PLAIN.trial_id, CheckpointError, "is no policy")


def test_the_checkpoint_of_another_trial_is_told(run: RunFolder) -> None:
    other = policy_bytes(random_policy(CASES["chebyshev"]))
    (run.trial(PLAIN.trial_id) / "policy.npz").write_bytes(other)
    message = "is not the policy of trial .*with another scalarization, seed, discount"
    refused(run, PLAIN.trial_id, CheckpointError, message)


def test_a_checkpoint_that_does_not_fit_its_environment_is_told(run: RunFolder) -> None:
    narrow = replace(
        random_policy(CASES["plain"]),
        weights=[np.zeros((20, 36), np.float32)],
        biases=[np.zeros(20, np.float32)],
    )
    (run.trial(PLAIN.trial_id) / "policy.npz").write_bytes(policy_bytes(narrow))
    refused(run, PLAIN.trial_id, CheckpointError, r"is not the policy of .*with 20 outputs")


def test_a_lost_record_is_told(run: RunFolder) -> None:
    lines = run.ledger.read_bytes().splitlines(keepends=True)
    run.ledger.write_bytes(b"".join(line for line in lines if PLAIN.trial_id.encode() not in line))
    refused(run, PLAIN.trial_id, LedgerError, r"no finished trial .*dosefront resume")


def test_another_version_of_the_environment_is_refused(run: RunFolder) -> None:
    summary = read_front(run.front_json)
    write_front(run, replace(summary, environment_version="0"))
    refused(run, PLAIN.trial_id, UsageError, r"made on version 0 .*installed is version 1")


def test_a_folder_that_holds_something_is_left_alone(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"exists and is not empty.*another folder"):
        export_point(run, PLAIN.trial_id, tmp_path / "mine")
    assert [each.name for each in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_written_is_told(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot write .*choose another folder with --out"):
        export_point(run, PLAIN.trial_id, tmp_path / "file" / "policy")


def test_the_command_prints_the_folder_and_exits_with_what_went_wrong(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dosefront", "export", str(run.path), *arguments])
        with pytest.raises(SystemExit) as caught:
            dosefront.cli.main()
        output = capsys.readouterr()
        return int(caught.value.code or 0), output.out, output.err

    out = tmp_path / "policy"
    code, stdout, stderr = command("--point", PLAIN.trial_id, "--out", str(out), "--json")
    assert (code, stderr) == (0, "")
    assert json.loads(stdout) == {
        "point": PLAIN.trial_id,
        "folder": str(out),
        "files": ["README.md", "policy.json", "policy.safetensors"],
    }
    code, stdout, stderr = command("--point", PLAIN.trial_id, "--out", str(out))
    assert (code, stdout) == (2, "")
    assert "not empty" in stderr
    code, stdout, stderr = command("--point", PLAIN.trial_id)
    assert (code, stdout.strip()) == (0, str(run.path / "policies" / PLAIN.trial_id))
    assert "README.md" in stderr
    (run.trial(CONDITIONED.trial_id) / "policy.npz").unlink()
    assert command("--point", CONDITIONED.point_id(0))[0] == 1
