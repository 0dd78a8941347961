"""The Gymnasium door: conventions, reproducibility, and refusals."""

import json
import pickle
import re
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode

from posology.dosing import (
    ClinicVectorEnv,
    CourseEnv,
    CourseVectorEnv,
    decode,
    environment_id,
    features,
)
from posology.library import regimen_names
from posology.treatment import (
    DOSE_LEVELS,
    OBJECTIVES,
    OF_DRUG,
    VISIBLE,
    Courses,
    Regimen,
    objectives,
)

IDS = (
    "posology/DocetaxelCisplatin-v0",
    "posology/DocetaxelCisplatinContinuous-v0",
    "posology/FOLFIRINOX-v0",
)


@pytest.mark.parametrize("name", IDS)
def test_a_registered_id_makes_a_single_environment(name: str) -> None:
    env = gym.make(name, patients=50)
    observation, info = env.reset(seed=3)
    assert info == {}
    assert observation in env.observation_space
    env.action_space.seed(0)
    ended = False
    total = np.zeros(2)
    while not ended:
        observation, reward, ended, truncated, info = env.step(env.action_space.sample())
        assert observation in env.observation_space
        assert reward in env.unwrapped.reward_space
        assert not truncated
        total += reward
    assert info["endpoints"]["cycles"] >= 1.0
    assert total[1] <= 0.0


@pytest.mark.parametrize("name", IDS)
def test_a_registered_id_makes_a_native_vector_environment(name: str) -> None:
    env = gym.make_vec(name, num_envs=5, vectorization_mode="vector_entry_point", patients=50)
    assert isinstance(env.unwrapped, CourseVectorEnv)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    observations, _ = env.reset(seed=3)
    assert observations in env.observation_space
    observations, rewards, ended, truncated, _ = env.step(env.action_space.sample())
    assert observations in env.observation_space
    assert rewards.shape == (5, 2)
    assert rewards.dtype == np.float32
    assert ended.shape == truncated.shape == (5,)


def test_it_follows_mo_gymnasiums_conventions() -> None:
    mo_gymnasium = pytest.importorskip("mo_gymnasium")
    env = mo_gymnasium.make("posology/DocetaxelCisplatin-v0", patients=20)
    assert env.unwrapped.reward_dim == 2
    assert env.unwrapped.reward_space.shape == (2,)
    env.reset(seed=0)
    reward = env.step(0)[1]
    assert reward.shape == (2,)
    assert reward.dtype == np.float32
    scalar = mo_gymnasium.wrappers.LinearReward(env, weight=np.array([0.5, 0.5]))
    scalar.reset(seed=0)
    assert np.isscalar(scalar.step(24)[1])


def test_the_same_seed_gives_the_same_course_and_another_seed_another() -> None:
    def course(seed: int) -> list:
        env = CourseEnv(patients=500)
        seen = [env.reset(seed=seed)[0]]
        for _ in range(10):
            observation, reward, ended, _, _ = env.step(18)
            seen.append((observation, reward, ended))
            if ended:
                break
        return seen

    assert data_equivalence(course(7), course(7), exact=True)
    assert not data_equivalence(course(7), course(8))


def test_reset_without_a_seed_takes_the_next_patient() -> None:
    env = CourseEnv(patients=500)
    first, _ = env.reset(seed=1)
    second, _ = env.reset()
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("regimen", ["docetaxel-cisplatin", "FOLFOXIRI", "gemcitabine-cisplatin"])
def test_trajectories_have_the_same_bits_in_any_batch(regimen: str, batch: int) -> None:
    """Patients of the same cohort, under the same actions, alone or in company of a thousand."""
    drugs = len(CourseVectorEnv(1, regimen=regimen, patients=1).regimen.drugs)
    actions = np.random.default_rng(1).integers(0, 5**drugs, (8, 1000))
    whole = _trajectories(regimen, np.arange(1000), actions)
    for start in (0, 13, 500, 1000 - batch):
        slots = np.arange(start, start + batch)
        part = _trajectories(regimen, slots, actions[:, slots])
        for ours, theirs in zip(part, whole, strict=True):
            assert (ours == theirs[:, slots]).all()


def _trajectories(regimen: str, patients: np.ndarray, actions: np.ndarray) -> tuple:
    env = CourseVectorEnv(
        patients.size, regimen=regimen, cohort_seed=4, split="select", patients=1000
    )
    observations, rewards = [env.reset(options={"patients": patients})[0]], []
    ended = np.zeros(patients.size, bool)
    for row in actions:
        observation, reward, now, _, _ = env.step(row)
        observations.append(np.where(ended[:, None], 0.0, observation))
        rewards.append(np.where(ended[:, None], 0.0, reward))
        ended |= now
    return np.array(observations), np.array(rewards)


def test_a_finished_slot_takes_its_next_patient_at_the_following_step() -> None:
    env = CourseVectorEnv(64, patients=500, decisions="due")
    env.reset(seed=0)
    ended = np.zeros(64, bool)
    for _ in range(12):
        before = env.courses.chart["patient"].copy()
        _, rewards, now, _, infos = env.step(np.full(64, 18))
        assert (rewards[ended] == 0.0).all()
        assert (env.courses.chart["week"][ended] == 0).all()
        assert (env.courses.chart["patient"][~ended] == before[~ended]).all()
        assert ("endpoints" in infos) == now.any()
        ended = now


def test_a_hold_of_both_drugs_is_always_permitted_and_masks_agree_with_what_is_given() -> None:
    env = CourseVectorEnv(256, patients=500)
    env.reset(seed=0)
    rng = np.random.default_rng(2)
    levels = np.array(DOSE_LEVELS)
    for _ in range(12):
        masks = env.action_masks()
        assert masks[:, 0].all()
        actions = rng.integers(0, 25, 256)
        before = env.courses.chart["totals"].copy()
        fresh = env.courses.chart["ended"].copy()
        env.step(actions)
        given = (env.courses.chart["totals"] - before)[:, :2]
        asked = np.stack([levels[actions // 5], levels[actions % 5]], axis=1) * 75.0
        permitted = masks[np.arange(256), actions] & ~fresh
        assert given[permitted] == pytest.approx(asked[permitted])


def test_the_observation_decodes_to_the_chart() -> None:
    env = CourseVectorEnv(32, patients=100)
    observations, _ = env.reset(seed=0)
    observations, *_ = env.step(np.full(32, 18))
    seen = decode(observations, env.features)
    chart = env.courses.chart
    assert seen["neutrophils"] == pytest.approx(chart["neutrophils"], rel=1e-5)
    assert seen["creatinine clearance"] == pytest.approx(chart["crcl_ml_min"], rel=1e-5)
    assert seen["docetaxel, total"] == pytest.approx(chart["totals"][:, 0] / 75.0, rel=1e-5)
    assert len(seen) == len(env.features) == observations.shape[1]


def test_an_observation_of_another_regimen_or_with_nan_is_refused() -> None:
    env = CourseVectorEnv(2, patients=5)
    seen, _ = env.reset(seed=0)
    with pytest.raises(ValueError, match="36 finite features; got 35 numbers"):
        decode(seen[:, 1:], env.features)
    seen[0, 3] = np.nan
    with pytest.raises(ValueError, match="36 finite features; got NaN"):
        decode(seen, env.features)


def test_nothing_hidden_reaches_the_observation() -> None:
    """Two patients who differ only in what the clinic cannot know look the same at first."""
    env = CourseVectorEnv(2, patients=100)
    env.reset(options={"patients": np.array([3, 3])})
    first = env.reset(options={"patients": np.array([3, 3])})[0]
    for hidden in ("log_kill", "growth_rate", "new_lesion_rate", "fever_hazard"):
        env.courses.persons[hidden][3] *= 5.0
    for hidden in ("neuropathy_dose", "cardiac_dose", "renal_share", "compartments"):
        env.courses.persons[hidden][3] *= 0.5
    second = env.reset(options={"patients": np.array([3, 3])})[0]
    assert (first == second).all()


def test_genes_are_hidden_where_they_are_not_tested() -> None:
    shown, hidden = (
        CourseVectorEnv(200, patients=200, regimen="FOLFIRI", genotype_observed=known)
        for known in (True, False)
    )
    for env, alleles in ((shown, {0.0, 1.0, 2.0}), (hidden, {-1.0})):
        seen = decode(env.reset(options={"patients": np.arange(200)})[0], env.features)
        assert set(np.rint(seen["UGT1A1 slow alleles"])) == alleles
        assert (seen["DPYD activity"] < -0.5).all() == (env is hidden)
    # The genes act whether they are seen or not.
    for _ in range(3):
        assert (shown.step(np.full(200, 18))[1] == hidden.step(np.full(200, 18))[1]).all()


def test_a_regimen_may_be_prescribed_otherwise() -> None:
    env = CourseVectorEnv(4, patients=10, doses={"docetaxel": 60.0}, interval_days=28, cycles=2)
    assert [each.dose for each in env.regimen.components] == [60.0, 75.0]
    assert (env.regimen.interval_weeks, env.regimen.cycles) == (4, 2)
    env.reset(seed=0)
    env.step(np.full(4, 18))
    assert env.courses.chart["totals"][0, :2] == pytest.approx([60.0, 75.0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"doses": {"aspirin": 75.0}}, "gives docetaxel, cisplatin; got 'aspirin'"),
        ({"doses": {"cisplatin": -75.0}}, "must be above 0; got -75"),
        ({"doses": {"cisplatin": float("nan")}}, "must be above 0; got nan"),
        ({"interval_days": 10}, "visits are weekly; got an interval of 10 d"),
        ({"cycles": 0}, "at least one cycle; got 0"),
        ({"decisions": "hourly"}, '"weekly" or "due"; got \'hourly\''),
        ({"regimen": "aspirin"}, "unknown regimen 'aspirin'"),
        ({"twins": 2}, "1 slots cannot be families of 2"),
        ({"objectives": ("efficacy", "happiness")}, "a list of different names of efficacy"),
        ({"interaction": "magic"}, "independent, bliss, loewe, hsa, zip, musyc; got 'magic'"),
        ({"synergy": -1.5}, "between -1 and 1 with independent; got -1.5"),
        ({"interaction": "zip", "synergy": -0.5}, "between 0 and 1 with zip; got -0.5"),
        ({"interaction": "bliss", "synergy": 0.5}, "bliss has no synergy to set"),
        ({"parameters": -1}, "draws of parameters are numbered from 0; got -1. None is"),
        ({"missing_labs": 1.5}, "missing_labs is a share from 0 to 1; got 1.5"),
        ({"gcsf": "always"}, "gcsf must be one of label, none, secondary, primary"),
        ({"visit_interval_weeks": 0}, "from 1 to 12; got 0"),
        ({"comedication": ("grapefruit",)}, "unknown comedication 'grapefruit'"),
    ],
)
def test_what_cannot_be_prescribed_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CourseVectorEnv(1, patients=5, **options)


TEXT_FOR_NUMBERS = """
import json
from posology.dosing import ClinicVectorEnv, CourseVectorEnv

messages = {}
for make in (CourseVectorEnv, ClinicVectorEnv):
    for name in json.loads(INPUT):
        if make is ClinicVectorEnv and name in ("doses", "interval_days", "cycles"):
            continue
        try:
            make(**({"num_envs": 1, "patients": 5} | json.loads(INPUT)[name]))
        except ValueError as error:
            messages[make.__name__ + " " + name] = str(error)
print(json.dumps(messages))
"""


def test_text_where_a_number_belongs_is_refused_in_three_parts() -> None:
    # In a process of its own, for the tests' type checker would be first to complain.
    wrong = {name: {name: "k"} for name in ("synergy", "parameters", "cohort_seed", "patients")}
    wrong |= {name: {name: "k"} for name in ("twins", "num_envs", "interval_days", "cycles")}
    wrong |= {"doses": {"doses": {"cisplatin": "k"}}, "interaction": {"interaction": 3}}
    code = TEXT_FOR_NUMBERS.replace("INPUT", repr(json.dumps(wrong)))
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    messages = json.loads(out.stdout)
    assert len(messages) == 2 * len(wrong) - 3
    for name, message in messages.items():
        found = "got n='k'" if name == "CourseVectorEnv patients" else "got 'k'|of 'k'|got 3"
        assert re.search(f"({found}).*[.;] .*\\.$", message), message


@pytest.mark.parametrize(
    ("interaction", "synergy"),
    [("bliss", 0.0), ("loewe", 0.0), ("hsa", 0.0), ("zip", 0.5), ("musyc", -0.5)],
)
def test_the_clinic_interacts_as_the_regimens_own_environment_does(
    interaction: str, synergy: float
) -> None:
    options = {"patients": 30, "interaction": interaction, "synergy": synergy, "continuous": True}
    clinic = ClinicVectorEnv(8, regimens=["DCF"], **options)
    clinic.reset(seed=1)
    clinic.step(np.ones((8, 3), np.float32))
    (ward,) = clinic.wards.each()
    found = ward.courses.chart["kill"][ward.rows]
    own = ward.courses
    alone = Courses(
        8,
        cohort=own.cohort,
        regimen=own.regimen,
        interaction=interaction,
        synergy=synergy,
    )
    same = own.chart[ward.rows]
    alone.begin(np.arange(8), patients=same["patient"], courses=same["course"])
    alone.step(np.ones((3, 8)), np.arange(8))
    assert (alone.chart["kill"] == found).all()


@pytest.mark.parametrize("action", [[np.nan, 0.0], [-0.1, 1.0], [0.0, 1.3], [np.inf, 1.0]])
def test_a_dose_outside_the_range_is_refused(action: list[float]) -> None:
    env = CourseEnv(continuous=True, patients=5)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"between 0 and 1\.25; got"):
        env.step(np.array(action, np.float32))


@pytest.mark.parametrize("action", [25, -1, 1.5])
def test_an_action_that_is_none_is_refused(action: float) -> None:
    env = CourseEnv(patients=5)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="integer from 0 to 24"):
        env.step(action)


def test_naming_patients_that_do_not_exist_is_refused() -> None:
    env = CourseVectorEnv(2, patients=5)
    with pytest.raises(ValueError, match="must name 2 patients from 0 to 4"):
        env.reset(options={"patients": np.array([0, 5])})


def test_the_observation_is_all_that_is_visible_in_its_order() -> None:
    for name in regimen_names():
        regimen = Regimen.labelled(name)
        of_drugs = [f"{drug}, {each}" for drug in regimen.drugs for each in OF_DRUG]
        assert [feature.name for feature in features(regimen)] == [*VISIBLE, *of_drugs]


@pytest.mark.parametrize("regimen", regimen_names())
def test_every_regimen_has_an_id_and_a_reference_box(regimen: str) -> None:
    assert environment_id(regimen) in gym.registry
    for objective in objectives(regimen, OBJECTIVES):
        assert objective["reference"] != objective["ideal"]


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"unknown option 'adherance'\. Did you mean 'adherence'"):
        CourseVectorEnv(1, patients=5, adherance=0.5)


def test_the_chosen_objectives_are_paid_in_their_order() -> None:
    every = CourseVectorEnv(50, patients=50, objectives=OBJECTIVES, decisions="due")
    some = CourseVectorEnv(50, patients=50, objectives=("drug", "efficacy"), decisions="due")
    for env in (every, some):
        env.reset(options={"patients": np.arange(50)})
    for _ in range(4):
        paid, two = every.step(np.full(50, 18))[1], some.step(np.full(50, 18))[1]
        assert (two == paid[:, [3, 0]]).all()
    assert some.reward_dim == 2
    assert [each["name"] for each in some.metadata["objectives"]] == ["drug", "efficacy"]


def test_objectives_say_what_one_unit_means() -> None:
    for objective in objectives("docetaxel-cisplatin", OBJECTIVES):
        assert len(str(objective["description"])) > 60
        assert objective["sense"] in ("maximise", "minimise")


def test_twins_meet_the_same_patients_with_the_same_luck() -> None:
    env = CourseVectorEnv(12, patients=500, decisions="due", twins=4)
    observations, _ = env.reset(seed=0)
    for _ in range(20):
        patients = env.courses.chart["patient"].reshape(3, 4)
        assert (patients == patients[:, :1]).all()
        families = observations.reshape(3, 4, -1)
        assert (families == families[:, :1]).all()
        observations, *_ = env.step(np.full(12, 18))
    assert len(np.unique(env.courses.chart["patient"])) == 3


@pytest.mark.parametrize("name", ["FOLFOXIRI", "DocetaxelCisplatinContinuous", "Clinic"])
def test_a_pickled_environment_goes_on_as_it_would_have(name: str) -> None:
    env = gym.make_vec(
        f"posology/{name}-v0", num_envs=6, vectorization_mode="vector_entry_point", twins=2
    )
    env.reset(seed=4)
    env.action_space.seed(0)
    for _ in range(20):
        env.step(env.action_space.sample())
    again = pickle.loads(pickle.dumps(env))
    starts = 0
    for _ in range(60):
        actions = env.action_space.sample()
        expected, found = env.step(actions), again.step(actions)
        for one, other in zip(expected[:4], found[:4], strict=True):
            np.testing.assert_array_equal(one, other)
        starts += expected[2].sum()
    assert starts > 6  # so that patients who were admitted after the copy are compared too
