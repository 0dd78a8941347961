"""The diary of courses: every week of them, and nothing that changes them."""

from typing import Any

import numpy as np
import pytest

from posology.dosing import ClinicVectorEnv, CourseVectorEnv, FixedDose
from posology.library import regimen_names
from posology.treatment import TERMS, Diary, endpoints

PATIENTS = 60
OPTIONS: dict[str, Any] = {
    "continuous": True,
    "split": "held-out",
    "cohort_seed": 7,
    "patients": PATIENTS,
}


def rolled(env: Any, *, diary: bool, fraction: float = 1.0, drugs: int = 2) -> tuple[Any, Any, Any]:
    """Returns, endpoints and diaries of one course a slot."""
    options = {"patients": np.arange(env.num_envs), "diary": diary}
    observations, noted = env.reset(options=options)
    returns, ended = np.zeros((env.num_envs, env.reward_dim)), np.zeros(env.num_envs, bool)
    found: dict[str, np.ndarray] = {}
    while not ended.all():
        actions = FixedDose(fraction, drugs).actions(observations)
        observations, rewards, terminated, _, infos = env.step(actions)
        returns[~ended] += rewards[~ended]
        new = terminated & ~ended
        for name, values in infos.get("endpoints", {}).items():
            found.setdefault(name, np.zeros_like(values))[new] = values[new]
        ended |= terminated
    return returns, found, noted.get("diaries")


@pytest.mark.parametrize("decisions", ["weekly", "due"])
@pytest.mark.parametrize("regimen", ["docetaxel-cisplatin", "FOLFOX6"])
def test_a_diary_changes_no_bit_of_the_courses(decisions: str, regimen: str) -> None:
    env = CourseVectorEnv(PATIENTS, regimen=regimen, decisions=decisions, **OPTIONS)
    plain_returns, plain, none = rolled(env, diary=False)
    returns, found, (diary,) = rolled(env, diary=True)
    assert none is None
    assert (returns == plain_returns).all()
    assert found.keys() == plain.keys()
    for name, values in plain.items():
        assert (found[name] == values).all(), name
    for name, values in endpoints(diary.final, env.regimen).items():
        assert (plain[name] == values).all(), name


def label_diary(**options: Any) -> Diary:
    env = CourseVectorEnv(PATIENTS, decisions="due", **OPTIONS, **options)
    return rolled(env, diary=True)[2][0]


def test_the_doses_of_the_weeks_add_up_to_the_totals() -> None:
    diary = label_diary()
    per_cycle = [diary.regimen.label_per_cycle(k) for k in range(2)]
    totals = diary.fractions.sum(axis=1) * per_cycle  # each is given once in a cycle
    np.testing.assert_allclose(totals, diary.final["totals"][:, :2], rtol=1e-12)


def test_cycles_and_delays_are_visits_of_the_diary() -> None:
    diary = label_diary(regimen="FOLFOX6")  # every two weeks, too soon for some marrows
    given = (diary.fractions > 0.0).any(axis=2)
    assert (given <= diary.due).all()
    assert (given.sum(axis=1) == diary.final["cycles"]).all()
    assert (diary.cycle[given] == np.cumsum(given, axis=1)[given]).all()
    assert not diary.cycle[~given].any()  # a visit a cycle: without a dose there is none
    assert ((diary.due & ~given).sum(axis=1) == diary.final["delay_weeks"]).all()
    assert diary.final["delay_weeks"].any()


def test_a_diary_goes_from_the_first_visit_to_the_end_of_each_course() -> None:
    diary = label_diary()
    weeks = np.arange(diary.size.shape[1])
    lasts = weeks <= diary.final["week"][:, None]
    for values in (diary.neutrophils, diary.platelets, diary.size):
        assert (np.isfinite(values) == lasts).all()
    assert (diary.size[:, 0] == 1.0).all()
    assert len(set(diary.final["week"].tolist())) > 1  # others began in slots that had ended
    at_end = np.take_along_axis(diary.size, diary.final["week"][:, None], axis=1)[:, 0]
    assert (at_end == np.exp(diary.final["log_size"])).all()


def test_the_worst_week_is_the_worst_grade_of_the_course() -> None:
    diary = label_diary()
    worst = diary.final["worst_grades"].max(axis=1)
    assert (diary.grade.max(axis=1) == worst).all()
    assert diary.final["worst_grades"].shape[1] == len(TERMS)


def test_scans_are_noted_when_they_are_read() -> None:
    diary = label_diary()
    assert (diary.scanned[:, 0] == 1.0).all()
    scans = np.isfinite(diary.scanned).any(axis=0)
    assert np.flatnonzero(scans)[:4].tolist() == [0, 6, 12, 18]  # the library's interval
    progressed = diary.final["progression_week"]
    rows = np.flatnonzero(progressed)
    assert np.isfinite(diary.scanned[rows, progressed[rows]]).all()


def test_a_platelet_count_without_treatment_stays_where_it_was() -> None:
    env = CourseVectorEnv(PATIENTS, decisions="due", **OPTIONS)
    diary = rolled(env, diary=True, fraction=0.0)[2][0]
    assert not diary.fractions.any()
    for row, week in enumerate(diary.final["week"]):
        np.testing.assert_allclose(
            diary.platelets[row, : week + 1], diary.platelets[row, 0], rtol=1e-6
        )


def test_a_reset_without_a_diary_leaves_the_last_one_as_it_is() -> None:
    env = CourseVectorEnv(PATIENTS, decisions="due", **OPTIONS)
    _, noted = env.reset(options={"patients": np.arange(PATIENTS), "diary": True})
    (diary,) = noted["diaries"]
    env.reset(options={"patients": np.arange(PATIENTS)})
    env.step(FixedDose(1.0).actions(np.zeros((PATIENTS, 1), np.float32)))
    assert not diary.due.any()


def test_a_clinic_keeps_a_diary_for_each_regimen_and_changes_nothing() -> None:
    env = ClinicVectorEnv(PATIENTS, decisions="due", **OPTIONS)
    plain_returns, plain, _ = rolled(env, diary=False, drugs=3)
    returns, _, diaries = rolled(env, diary=True, drugs=3)
    assert (returns == plain_returns).all()
    owners = np.concatenate([each.owners for each in diaries])
    assert sorted(owners.tolist()) == list(range(PATIENTS))
    assert len(diaries) > 1
    for diary in diaries:
        index = regimen_names().index(diary.regimen.name)
        assert (plain["regimen"][diary.owners] == index).all()
        assert (plain["cycles"][diary.owners] == diary.final["cycles"]).all()
