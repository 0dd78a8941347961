"""Seeds of episodes."""

from hypothesis import given
from hypothesis import strategies as st

from dosefront.environments.episodes import EpisodeCohort

SPLITS = ("train", "select", "held-out")


def test_the_named_episodes_of_all_splits_have_different_seeds() -> None:
    cohorts = [EpisodeCohort(seed=2026, split=split) for split in SPLITS]
    seeds = [cohort.patient_seed(index) for cohort in cohorts for index in range(5000)]
    assert len(set(seeds)) == len(seeds)


@given(
    seed=st.integers(0, 2**40),
    key=st.integers(0, 2**40),
    slot=st.integers(0, 999),
    course=st.integers(1, 10**6),
)
def test_no_training_episode_is_one_that_policies_are_judged_on(
    seed: int, key: int, slot: int, course: int
) -> None:
    # The last two bits of a seed are its split.
    trained = EpisodeCohort(seed=seed, split="train").training_seed(key, slot=slot, course=course)
    judged = [EpisodeCohort(seed=seed, split=split).patient_seed(slot) for split in SPLITS]
    assert trained % 4 == 0
    assert [each % 4 for each in judged] == [0, 1, 2]
    assert min(trained, *judged) >= 0
    assert max(trained, *judged) < 2**31
