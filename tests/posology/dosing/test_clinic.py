"""The clinic: patients of every tumour, each as in the regimen's own environment."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode

from posology.dosing import (
    ClinicVectorEnv,
    CourseVectorEnv,
    LabelWithRules,
    Panel,
    clinic_features,
    features,
    regimen_of,
)
from posology.library import regimen_names, text, tumour_names
from posology.patients import eligibility_of, is_eligible
from posology.treatment import DOSE_LEVELS, OBJECTIVES, Regimen

IDS = ("posology/Clinic-v0", "posology/ClinicContinuous-v0")
SEED, SPLIT = 4, "select"
MIXED = ("docetaxel-cisplatin", "FOLFIRI", "capecitabine", "TAC", "FOLFIRINOX")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel.virtual(1200, seed=SEED, split=SPLIT)


def clinic(slots: int, **options: object) -> ClinicVectorEnv:
    return ClinicVectorEnv(slots, **{"cohort_seed": SEED, "split": SPLIT, **options})


@pytest.mark.parametrize("name", IDS)
def test_a_registered_id_makes_a_single_environment(name: str) -> None:
    env = gym.make(name, patients=30, decisions="due", regimens=MIXED)
    observation, info = env.reset(seed=3)
    assert info == {}
    assert observation in env.observation_space
    env.action_space.seed(0)
    ended = False
    while not ended:
        observation, reward, ended, truncated, info = env.step(env.action_space.sample())
        assert observation in env.observation_space
        assert reward in env.unwrapped.reward_space
        assert not truncated
    assert info["endpoints"]["cycles"] >= 0.0


@pytest.mark.parametrize("name", IDS)
def test_a_registered_id_makes_a_native_vector_environment(name: str) -> None:
    env = gym.make_vec(
        name, num_envs=5, vectorization_mode="vector_entry_point", patients=30, regimens=MIXED
    )
    assert isinstance(env.unwrapped, ClinicVectorEnv)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    observations, _ = env.reset(seed=3)
    assert observations in env.observation_space
    observations, rewards, ended, truncated, _ = env.step(env.action_space.sample())
    assert observations in env.observation_space
    assert rewards.shape == (5, 2)
    assert rewards.dtype == np.float32
    assert ended.shape == truncated.shape == (5,)


def test_its_actions_dose_three_positions() -> None:
    assert clinic(2, patients=4, regimens=MIXED).single_action_space.n == 125
    assert clinic(2, patients=4, regimens=MIXED, continuous=True).single_action_space.shape == (3,)


def test_any_objectives_can_be_chosen_and_have_a_box_of_their_own() -> None:
    env = clinic(4, patients=8, regimens=MIXED, objectives=OBJECTIVES[::-1])
    assert [each["name"] for each in env.metadata["objectives"]] == list(OBJECTIVES[::-1])
    env.reset(seed=0)
    assert env.step(np.full(4, 124))[1].shape == (4, len(OBJECTIVES))


def test_every_patient_is_on_a_regimen_of_the_tumour_that_admits_the_patient(panel: Panel) -> None:
    assert set(panel.regimen) == set(range(len(regimen_names())))
    for index, name in enumerate(panel.regimens):
        own = np.flatnonzero(panel.regimen == index)
        tumour = tumour_names().index(text(f"regimens/{name}/tumour"))
        assert (panel.cohort.tumours[own] == tumour).all()
        assert is_eligible(panel.cohort.covariates.taken(own), eligibility_of(name)).all()


def test_regimens_that_admit_the_same_patients_are_given_to_equal_shares(panel: Panel) -> None:
    among = [
        panel.regimens.index(name) for name in ("LV5FU2", "FOLFOX4", "FOLFIRI", "capecitabine")
    ]
    counts = np.array([(panel.regimen == index).sum() for index in among])
    expected = counts.mean()
    assert (np.abs(counts - expected) < 4.0 * np.sqrt(expected)).all()


def test_a_patient_is_the_same_in_a_panel_of_any_size_and_on_the_same_regimen(
    panel: Panel,
) -> None:
    few = Panel.virtual(9, seed=SEED, split=SPLIT)
    assert (few.cohort.patients == panel.cohort.patients[:9]).all()
    assert (few.regimen == panel.regimen[:9]).all()
    assert (few.cohort.covariates.aag_g_l == panel.cohort.covariates.aag_g_l[:9]).all()


def test_a_clinic_may_give_fewer_regimens() -> None:
    few = Panel.virtual(50, seed=SEED, regimens=["FOLFOX6", "docetaxel-cisplatin"])
    assert few.regimens == ("docetaxel-cisplatin", "FOLFOX6")
    assert {tumour_names()[k] for k in few.cohort.tumours} == {"NSCLC", "CRC"}
    with pytest.raises(ValueError, match=r"regimens must be names .* got \['FOLFOX5'\]"):
        Panel.virtual(5, seed=SEED, regimens=["FOLFOX5"])
    with pytest.raises(ValueError, match="Add regimens"):
        Panel.virtual(64, seed=SEED, regimens=["temozolomide-LGG"])


@pytest.mark.parametrize("decisions", ["weekly", "due"])
def test_each_course_is_the_one_of_the_regimens_own_environment_bit_for_bit(
    panel: Panel, decisions: str
) -> None:
    """Every regimen, two patients each; the doses are drawn anew at every visit."""
    chosen = np.concatenate(
        [np.flatnonzero(panel.regimen == index)[:2] for index in range(len(panel.regimens))]
    )
    rng = np.random.default_rng(1)
    actions = rng.integers(0, 5, (12, 3, chosen.size))
    both = clinic(chosen.size, patients=1200, decisions=decisions, objectives=OBJECTIVES)
    shown = [both.reset(options={"patients": chosen})[0]]
    paid, over = [], []
    for row in actions:
        observations, rewards, ended, _, _ = both.step(np.ravel_multi_index(row, (5, 5, 5)))
        shown.append(observations)
        paid.append(rewards)
        over.append(ended)
    for index, name in enumerate(panel.regimens):
        slots = np.flatnonzero(panel.regimen[chosen] == index)
        numbers = panel.cohort.patients[chosen[slots]]
        alone = CourseVectorEnv(
            slots.size,
            regimen=name,
            cohort_seed=SEED,
            split=SPLIT,
            patients=int(numbers.max()) + 1,
            decisions=decisions,
            objectives=OBJECTIVES,
        )
        observations, _ = alone.reset(options={"patients": numbers})
        own = observations.shape[1]
        assert (observations == shown[0][slots, :own]).all()
        drugs = len(alone.regimen.drugs)
        running = np.ones(slots.size, bool)
        for k, row in enumerate(actions):
            levels = row[:drugs, slots]
            observations, rewards, ended, _, _ = alone.step(
                np.ravel_multi_index(levels, (5,) * drugs)
            )
            assert (rewards[running] == paid[k][slots][running]).all()
            assert (ended[running] == over[k][slots][running]).all()
            running &= ~ended
            assert (observations[running] == shown[k + 1][slots, :own][running]).all()


def test_trajectories_have_the_same_bits_in_any_batch() -> None:
    actions = np.random.default_rng(1).integers(0, 125, (8, 300))
    whole = _trajectories(np.arange(300), actions)
    for slots in (np.array([17]), np.arange(40, 47), np.array([5, 5, 290])):
        part = _trajectories(slots, actions[:, slots])
        for ours, theirs in zip(part, whole, strict=True):
            assert (ours == theirs[:, slots]).all()


def _trajectories(patients: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    env = clinic(patients.size, patients=300, decisions="due")
    observations, rewards = [env.reset(options={"patients": patients})[0]], []
    ended = np.zeros(patients.size, bool)
    for row in actions:
        observation, reward, now, _, _ = env.step(row)
        observations.append(np.where(ended[:, None], 0.0, observation))
        rewards.append(np.where(ended[:, None], 0.0, reward))
        ended |= now
    return np.array(observations), np.array(rewards)


def test_the_same_seed_gives_the_same_courses_and_another_seed_others() -> None:
    def course(seed: int) -> list[object]:
        env = clinic(6, patients=60, decisions="due", regimens=MIXED)
        seen: list[object] = [env.reset(seed=seed)[0]]
        for _ in range(25):
            observations, rewards, ended, _, _ = env.step(np.full(6, 93))
            seen.append((observations, rewards, ended))
        return seen

    assert data_equivalence(course(7), course(7), exact=True)
    assert not data_equivalence(course(7), course(8))


def test_a_finished_slot_takes_its_next_patient_at_the_following_step() -> None:
    env = clinic(48, patients=200, decisions="due")
    env.reset(seed=0)
    ended = np.zeros(48, bool)
    regimens = []
    for _ in range(25):
        before = env.wards.patient.copy()
        observations, rewards, now, _, infos = env.step(np.full(48, 93))
        assert (rewards[ended] == 0.0).all()
        assert (env.wards.patient[~ended] == before[~ended]).all()
        assert not env.wards.ended()[ended & ~now].any()
        assert ("endpoints" in infos) == now.any()
        # What is shown is the patient's own regimen, however slots have moved between them.
        own = np.array(env.panel.regimen[env.wards.patient])
        assert (regimen_of(observations) == own).all()
        regimens.append(own)
        ended = now
    assert (np.array(regimens)[0] != np.array(regimens)[-1]).mean() > 0.5


def test_slots_of_a_regimen_never_share_a_row() -> None:
    env = clinic(64, patients=200, decisions="due", regimens=MIXED)
    env.reset(seed=1)
    for _ in range(20):
        env.step(np.full(64, 93))
        taken = np.zeros(64, int)
        for ward in env.wards.each():
            assert len(set(ward.rows)) == ward.rows.size
            patients = ward.courses.cohort.patients[ward.courses.chart["patient"][ward.rows]]
            assert (patients == env.panel.cohort.patients[env.wards.patient[ward.slots]]).all()
            taken[ward.slots] += 1
        assert (taken == 1).all()


def test_twins_start_with_the_same_patient_and_the_same_noise() -> None:
    env = clinic(12, patients=100, twins=3, decisions="due", regimens=MIXED)
    observations, _ = env.reset(seed=2)
    families = observations.reshape(4, 3, -1)
    assert (families == families[:, :1]).all()
    env.reset(seed=2)
    shown, rewards, *_ = env.step(np.full(12, 93))
    assert (shown.reshape(4, 3, -1) == shown.reshape(4, 3, -1)[:, :1]).all()
    assert (rewards.reshape(4, 3, -1) == rewards.reshape(4, 3, -1)[:, :1]).all()
    with pytest.raises(ValueError, match="families"):
        clinic(12, patients=20, twins=5)


def test_positions_beyond_a_regimens_drugs_are_ignored() -> None:
    patients = np.arange(80)
    runs = []
    for beyond in (0.0, 1.25):
        env = clinic(80, patients=80, continuous=True, decisions="due")
        env.reset(options={"patients": patients})
        asked = np.full((80, 3), beyond, np.float32)
        for index, regimen in enumerate(env.wards.regimens):
            own = env.panel.regimen == index
            asked[own, : len(regimen.drugs)] = 1.0
        runs.append([env.step(asked)[:2] for _ in range(3)])
    assert data_equivalence(runs[0], runs[1], exact=True)


def test_masks_permit_a_hold_always_and_agree_with_what_is_given() -> None:
    env = clinic(120, patients=120)
    env.reset(options={"patients": np.arange(120)})
    rng = np.random.default_rng(2)
    for _ in range(6):
        masks = env.action_masks()
        assert masks.shape == (120, 125)
        assert masks[:, 0].all()
        actions = rng.integers(0, 125, 120)
        digits = np.array(np.unravel_index(actions, (5, 5, 5)))
        permitted, fresh = masks[np.arange(120), actions], env.wards.ended()
        before = {ward.regimen: ward.courses.chart["totals"].copy() for ward in env.wards.each()}
        wards = list(env.wards.each())
        weeks = {ward.regimen: ward.courses.chart["weeks_since_dose"].copy() for ward in wards}
        env.step(actions)
        for ward in wards:
            regimen = ward.courses.regimen
            for slot, row in zip(ward.slots, ward.rows, strict=True):
                if not permitted[slot] or fresh[slot]:
                    continue
                since = weeks[ward.regimen][row]
                week = int(since) if since < regimen.interval_weeks else 0
                for drug in range(len(regimen.drugs)):
                    main = regimen.main_component(drug)
                    label = main.dose * main.doses_in_week(week)
                    given = ward.courses.chart["totals"][row, drug]
                    asked = DOSE_LEVELS[digits[drug, slot]] * label
                    found = given - before[ward.regimen][row, drug]
                    assert found == pytest.approx(asked)


def test_the_observation_tells_tumour_regimen_and_classes(panel: Panel) -> None:
    env = clinic(200, patients=200)
    observations, _ = env.reset(options={"patients": np.arange(200)})
    names = [feature.name for feature in clinic_features()]
    assert observations.shape[1] == len(names) == len(set(names))
    for patient in range(200):
        name = panel.regimens[panel.regimen[patient]]
        shown = {
            n for n, x in zip(names, observations[patient], strict=True) if " is " in n and x > 0
        }
        regimen = Regimen.labelled(name)
        assert shown == {
            f"tumour is {regimen.tumour}",
            f"regimen is {name}",
            *(
                f"drug {position} is {text(f'drugs/{drug}/class')}"
                for position, drug in enumerate(regimen.drugs, start=1)
            ),
        }
    with pytest.raises(ValueError, match="an observation of a clinic has"):
        regimen_of(observations[:, :40])


def test_a_policy_of_a_regimen_sees_in_the_clinic_what_it_sees_at_home(panel: Panel) -> None:
    env = clinic(200, patients=200, continuous=True)
    observations, _ = env.reset(options={"patients": np.arange(200)})
    label = next(each for each in env.comparators() if each.name == "label-with-rules")
    doses = label.policy.actions(observations)
    assert doses.shape == (200, 3)
    for index, regimen in enumerate(env.wards.regimens):
        own = np.flatnonzero(panel.regimen[:200] == index)
        if own.size:
            seen = observations[own, : len(features(regimen))]
            expected = LabelWithRules(regimen).actions(seen)
            assert (doses[own, : len(regimen.drugs)] == expected).all()
            assert not doses[own, len(regimen.drugs) :].any()


def test_comparators_run_and_results_can_be_split_by_tumour() -> None:
    n = 120
    outcomes = {}
    env = clinic(n, patients=n, continuous=True, decisions="due", regimens=MIXED)
    for each in env.comparators():
        observations, _ = env.reset(options={"patients": np.arange(n)})
        returns, ended = np.zeros((n, 2)), np.zeros(n, bool)
        found: dict[str, np.ndarray] = {}
        while not ended.all():
            observations, rewards, now, _, infos = env.step(each.policy.actions(observations))
            returns[~ended] += rewards[~ended]
            for name, values in infos.get("endpoints", {}).items():
                new = now & ~ended
                found.setdefault(name, np.zeros(n, values.dtype))[new] = values[new]
            ended |= now
        assert all(np.isfinite(values.astype(float)).all() for values in found.values())
        assert (found["tumour"] == env.panel.cohort.tumours).all()
        names = np.array(regimen_names())[found["regimen"].astype(int)]
        assert (names == np.array(env.panel.regimens)[env.panel.regimen]).all()
        outcomes[each.name] = (returns.mean(axis=0), found)
    assert {"label-with-rules", "label-by-genotype", "no-treatment", "random"} <= set(outcomes)
    untreated, label = outcomes["no-treatment"], outcomes["label-with-rules"]
    assert untreated[0][1] == 0.0
    assert not untreated[1]["relative dose intensity"].any()
    assert label[0][0] > untreated[0][0] + 0.1
    assert 0.7 < label[1]["relative dose intensity"].mean() < 1.05
    assert outcomes["label-without-rules"][0][1] < label[0][1] < outcomes["one-level-down"][0][1]
    intense = {name: found["relative dose intensity"] for name, (_, found) in outcomes.items()}
    assert intense["one-level-down"].mean() < intense["label-with-rules"].mean()


def test_the_largest_constant_doses_lie_within_the_box() -> None:
    n = 200
    env = clinic(n, patients=n, continuous=True, decisions="due", objectives=OBJECTIVES)
    env.reset(options={"patients": np.arange(n)})
    returns, ended = np.zeros((n, len(OBJECTIVES))), np.zeros(n, bool)
    while not ended.all():
        _, rewards, now, _, _ = env.step(np.full((n, 3), 1.25, np.float32))
        returns[~ended] += rewards[~ended]
        ended |= now
    for each, value in zip(env.metadata["objectives"], returns.mean(axis=0), strict=True):
        sign = 1.0 if each["sense"] == "maximise" else -1.0
        assert sign * each["reference"] <= value <= sign * each["ideal"]


def test_a_draw_of_parameters_reaches_every_regimen() -> None:
    point, drawn = (clinic(40, patients=40, parameters=draw, regimens=MIXED) for draw in (None, 3))
    for env in (point, drawn):
        env.reset(options={"patients": np.arange(40)})
    for ours, theirs in zip(point.wards.each(), drawn.wards.each(), strict=True):
        assert theirs.courses.cohort.parameters == 3
        kills = ours.courses.individuals.log_kill != theirs.courses.individuals.log_kill
        assert kills.all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decisions": "daily"}, "decisions must be"),
        ({"objectives": ("efficacy", "efficacy")}, "different names"),
        ({"comedication": ("strong-CYP3A-inhibitor",)}, "contraindicated"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        clinic(2, patients=4, **options)


def test_a_dose_beyond_the_guardrails_and_an_unknown_patient_are_refused() -> None:
    env = clinic(2, patients=20, continuous=True, regimens=MIXED)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="fraction of the label dose"):
        env.step(np.full((2, 3), 1.3))
    with pytest.raises(ValueError, match="from 0 to 19"):
        env.reset(options={"patients": [3, 20]})
