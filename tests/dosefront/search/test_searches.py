"""What every search keeps to, whatever it asks for."""

import functools
import json
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import FRONTS, Simulation, experiment, points

from dosefront.experiment import SearchSection
from dosefront.records import TrialRecord
from dosefront.search import Search, search_for
from dosefront.search.rules import RULES
from dosefront.search.samplers import SAMPLERS

BUDGET = {"budget": {"trials": 16}}
SPACE = {"space": {"learning_rate": {"log": [1e-4, 1e-2]}, "entropy": [0.0, 0.01, 0.03]}}
CHEBYSHEV = {"scalarizations": [{"name": "chebyshev"}], "weights": {"lattice": 4}}
CONDITIONED = [{"name": "ConditionedPPO", "steps": 1000}, {"name": "PPO", "steps": 1000}]
EXPERIMENTS = {
    "none": {"weights": {"lattice": 8}},
    "planned": {"search": {"preferences": "planned"}, "weights": {"lattice": 8}},
    "planned with a space": {"search": {**SPACE, **BUDGET}, "weights": {"lattice": 4}},
    "random": {"search": {"preferences": "random", **BUDGET}},
    "random with a space": {"search": {"preferences": "random", **SPACE, **BUDGET}},
    "gap": {"search": {"preferences": "gap", **BUDGET}},
    "gap with a space": {"search": {"preferences": "gap", **SPACE, **BUDGET}},
    "gap by limits": {
        "search": {"preferences": "gap", "targets": "epsilon", **BUDGET},
        "algorithms": [{"name": "VectorPPO", "steps": 1000}],
    },
    "gap after a conditioned policy": {
        "search": {"preferences": "gap", **BUDGET},
        "algorithms": CONDITIONED,
        "weights": {"lattice": 4},
    },
    "corner": {"search": {"preferences": "corner", **BUDGET}},
}
SOME = np.column_stack(
    [np.sin(np.linspace(0, np.pi / 2, 40)), np.cos(np.linspace(0, np.pi / 2, 40))]
)


def stored(record):
    """The record as a ledger gives it back."""
    return TrialRecord.from_mapping(json.loads(json.dumps(record.to_mapping())))


@functools.cache
def ledger(name, at_once):
    """All that a search asks for."""
    spec = experiment(seeds=[1, 2], **EXPERIMENTS[name])
    return spec, tuple(Simulation(SOME).run(spec, most=16, at_once=at_once))


@given(
    name=st.sampled_from(sorted(EXPERIMENTS)),
    at_once=st.sampled_from([1, 3]),
    cut=st.integers(0, 24),
)
@settings(max_examples=40, deadline=None)
def test_a_search_goes_on_from_any_part_of_its_ledger(name, at_once, cut):
    spec, ended = ledger(name, at_once)
    cut = min(cut, len(ended))
    search = search_for(spec)
    asked = search.next(ended[:cut], ())
    assert search_for(spec).next([stored(each) for each in ended[:cut]], ()) == asked
    if at_once == 1 and cut < len(ended):
        assert asked is not None
        assert asked.trial_id == ended[cut].spec.trial_id
    if asked is not None:
        assert asked.trial_id not in {each.spec.trial_id for each in ended[:cut]}


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("at_once", [1, 3])
def test_no_trial_is_asked_twice(name, at_once):
    _, ended = ledger(name, at_once)
    assert len({each.spec.trial_id for each in ended}) == len(ended) > 8


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_order_of_what_is_pending_does_not_matter(name):
    spec, ended = ledger(name, 1)
    search = search_for(spec)
    assert isinstance(search, Search)
    pending = []
    for _ in range(3):
        if asked := search.next(ended[:5], pending):
            pending.append(asked)
    assert search.next(ended[:5], pending) == search.next(ended[:5], pending[::-1])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_failures_are_neither_repeated_nor_the_end(name):
    spec, ended = ledger(name, 1)
    third = ended[2].spec.trial_id
    again = Simulation(SOME, fails=lambda each: each.trial_id == third).run(spec, most=12)
    assert [each.spec.trial_id for each in again].count(third) == 1
    assert len(again) > 5


@pytest.mark.parametrize("name", [each for each in EXPERIMENTS if "conditioned" not in each])
def test_each_seed_is_a_search_of_its_own(name):
    """As the trainings here know no luck, both seeds ask for the same, in turn."""
    spec, ended = ledger(name, 1)
    first, second = ([each.spec for each in ended if each.spec.seed == seed] for seed in (1, 2))
    assert abs(len(first) - len(second)) <= 1
    for one, other in zip(first, second, strict=False):
        assert (one.preferences, one.scalarization) == (other.preferences, other.scalarization)
    alone = Simulation(SOME).run(spec.model_copy(update={"seeds": (1,)}), most=len(first))
    assert [each.spec.trial_id for each in alone] == [each.trial_id for each in first]


def test_without_a_search_the_planned_trials_are_asked_in_their_order():
    spec, ended = ledger("none", 1)
    assert tuple(each.spec for each in ended) == spec.trials()
    assert search_for(spec).next(ended, ()) is None


def test_planned_preferences_are_asked_again_with_each_draw_of_settings():
    _, ended = ledger("planned with a space", 1)
    trials = [each.spec for each in ended if each.spec.seed == 1]
    rounds = [trials[:4], trials[4:8]]
    for each in rounds:
        assert len({trial.preferences for trial in each}) == 4
        assert len({trial.settings["learning_rate"] for trial in each}) == 1
    rates = [each[0].settings["learning_rate"] for each in rounds]
    assert len(set(rates)) == 2
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)


def test_random_weights_are_the_same_whatever_the_algorithm_and_fill_the_simplex():
    spec = experiment(
        3,
        search={"preferences": "random", "seed": 5, "budget": {"trials": 60}},
        algorithms=[{"name": "PPO"}, {"name": "DQN"}],
    )
    ended = Simulation(np.eye(3)).run(spec)
    ppo, dqn = (
        [each.spec.preferences[0] for each in ended if each.spec.algorithm == name]
        for name in ("PPO", "DQN")
    )
    assert ppo == dqn
    drawn = np.array(ppo[3:])
    assert np.allclose(drawn.sum(axis=1), 1.0)
    assert np.all(np.abs(drawn.mean(axis=0) - 1 / 3) < 0.15)  # 27 draws, standard error 0.045
    other = Simulation(np.eye(3)).run(
        spec.model_copy(update={"search": spec.search.model_copy(update={"seed": 6})}), most=8
    )
    assert other[6].spec.preferences != ended[6].spec.preferences


class TestAConditionedPolicy:
    """It is trained first, and the search goes on from its points."""

    def spec(self, **sections):
        return experiment(
            search={"preferences": "gap", "budget": {"trials": 8}},
            algorithms=CONDITIONED[::-1],
            weights={"lattice": 4},
            **sections,
        )

    def test_is_asked_first_and_alone(self):
        search = search_for(self.spec())
        first = search.next((), ())
        assert (first.algorithm, len(first.preferences)) == ("ConditionedPPO", 4)
        assert search.next((), (first,)) is None

    def test_leaves_only_the_gaps_between_its_points_to_others(self):
        spec = self.spec()
        ended = Simulation(FRONTS["concave"]).run(spec, most=4)
        conditioned = points(ended[:1])
        assert {each.spec.algorithm for each in ended[1:]} == {"PPO"}
        assert not {*points(ended[1:])} & {*conditioned}
        path = f"trials/{ended[0].spec.trial_id}/policy.npz"
        assert ended[1].spec.settings["start"] == path

    def test_that_falls_short_of_the_ends_does_not_bound_the_search(self):
        """Its policies are all the same, in the middle of the front."""

        class Collapsed(Simulation):
            def train(self, trial):
                if len(trial.preferences) > 1:
                    return Simulation(np.array([[0.6, 0.6]])).train(trial)
                return super().train(trial)

        ended = Collapsed(FRONTS["convex"]).run(self.spec(), most=4)
        alone = {each.spec.preferences for each in ended[1:3]}
        assert alone == {((0.0, 1.0),), ((1.0, 0.0),)}
        assert all(each.spec.settings["start"] == ended[0].checkpoint for each in ended[1:3])

    def test_that_fails_leaves_everything_to_others(self):
        spec = self.spec()
        simulation = Simulation(FRONTS["convex"], fails=lambda each: len(each.preferences) > 1)
        ended = simulation.run(spec, most=6)
        weights = [each.spec.preferences[0] for each in ended[1:5]]
        assert weights == [(0.0, 1.0), *weights[1:3], (1.0, 0.0)]
        assert all(each.spec.settings["start"] is None for each in ended[1:5])


class TestAStart:
    """The policy of the nearest finished trial."""

    def test_is_the_one_that_serves_the_preference_best(self):
        ended = Simulation(FRONTS["convex"]).run(
            experiment(search={"preferences": "gap", **BUDGET}), most=12
        )
        names = {
            f"trials/{each.spec.trial_id}/policy.npz": number for number, each in enumerate(ended)
        }
        found = points(ended)
        for number in range(2, 12):
            start = ended[number].spec.settings["start"]
            before = sorted(found[:number])
            right = next(place for place, each in enumerate(before) if each > found[number])
            assert found[names[start]] in before[right - 1 : right + 1]

    def test_is_left_out_where_it_is_not_wanted_or_not_possible(self):
        for sections in (
            {"search": {"preferences": "gap", "warm_start": False, **BUDGET}},
            {"algorithms": [{"name": "PPO", "sampler": "rllib"}]},
            {"algorithms": [{"name": "DQN"}]},
        ):
            spec = experiment(**{"search": {"preferences": "gap", **BUDGET}, **sections})
            ended = Simulation(FRONTS["convex"]).run(spec, most=5)
            assert not any(each.spec.settings.get("start") for each in ended)

    def test_has_the_network_and_the_view_of_the_new_trial(self):
        spec = experiment(
            search={"preferences": "gap", "space": {"network": [[64, 64], [32]]}, **BUDGET}
        )
        ended = Simulation(FRONTS["convex"]).run(spec)
        networks = {
            f"trials/{each.spec.trial_id}/policy.npz": each.spec.settings["network"]
            for each in ended
        }
        started = [each.spec.settings for each in ended if each.spec.settings["start"]]
        assert len(started) > 10
        assert all(networks[each["start"]] == each["network"] for each in started)
        assert {len(each["network"]) for each in started} == {1, 2}
        by_weights = experiment(
            search={"preferences": "gap", **BUDGET}, scalarizations=[{"name": "linear"}]
        )  # a policy for a weighted sum is not shown the return so far, one for Chebyshev is
        ended = Simulation(FRONTS["convex"]).run(by_weights, most=4)
        assert [each.spec.settings["start"] is None for each in ended] == [True, True, True, False]


class TestABudget:
    """When a search ends."""

    def ended(self, **budget):
        spec = experiment(
            search={"preferences": "random", "budget": budget}, **{**CHEBYSHEV, "weights": None}
        )
        return Simulation(FRONTS["convex"]).run(spec, most=90, at_once=3)

    def test_counts_the_trials_that_run(self):
        assert len(self.ended(trials=7)) == 7

    def test_begins_no_trial_that_would_exceed_its_steps(self):
        assert len(self.ended(steps=4500)) == 4  # of 1000 steps each

    def test_ends_when_the_front_has_ceased_to_grow(self):
        ended = self.ended(gain={"below": 0.02, "over": 4})
        shares = [Simulation(FRONTS["convex"]).share(ended[:n]) for n in range(1, len(ended) + 1)]
        grown = [late - early for early, late in zip(shares, shares[4:], strict=False)]
        asked_after = grown[: len(ended) - 4 - 3]  # up to three ran already when it ended
        assert grown[-1] < 0.02
        assert all(each >= 0.02 for each in asked_after)


def test_settings_that_do_not_go_together_are_drawn_again():
    space = {"environments": [96, 128], "twins": [3, 16]}  # 128 are no families of three
    spec = experiment(search={"preferences": "random", "space": space, "budget": {"trials": 30}})
    ended = Simulation(SOME).run(spec)
    drawn = {(each.spec.settings["environments"], each.spec.settings["twins"]) for each in ended}
    assert drawn == {(96, 3), (96, 16), (128, 16)}
    assert len(ended) == 30


def test_a_space_without_new_settings_is_the_end_of_the_planned_trials():
    search = {"space": {"entropy": [0.0, 0.1], "epochs": [2, 4]}, "budget": {"trials": 99}}
    ended = Simulation(SOME).run(experiment(search=search, weights={"lattice": 3}))
    assert len(ended) == 3 * 2 * 2


def test_whole_numbers_stay_whole():
    space = {"epochs": {"range": [1, 9]}, "fragment": {"log": [8, 128]}}
    ended = Simulation(SOME).run(
        experiment(search={"space": space, "budget": {"trials": 12}}, weights={"lattice": 2})
    )
    for key, low, high in (("epochs", 1, 9), ("fragment", 8, 128)):
        values = [each.spec.settings[key] for each in ended]
        assert all(isinstance(each, int) and low <= each <= high for each in values)
        assert len(set(values)) > 3


def test_optuna_finds_the_settings_that_serve_the_front():
    """A training whose front shrinks as the learning rate departs from 1e-3."""
    pytest.importorskip("optuna")
    spec = experiment(
        search={
            "preferences": "random",
            "sampler": "optuna",
            "space": {"learning_rate": {"log": [1e-5, 1e-1]}, "network": [[64, 64], [8]]},
            "budget": {"trials": 40},
        },
        **{**CHEBYSHEV, "weights": None},
    )

    class Departing(Simulation):
        def train(self, trial):
            lost = abs(np.log10(trial.settings["learning_rate"]) + 3.0) / 4.0
            return Simulation(FRONTS["convex"] * (1.0 - lost)).train(trial)

    def departure(ended):
        return np.mean([abs(np.log10(each.spec.settings["learning_rate"]) + 3) for each in ended])

    ended = Departing(FRONTS["convex"]).run(spec)
    assert departure(ended[20:]) < 0.7  # evenly drawn rates depart by 1 on average
    assert Departing(FRONTS["convex"]).run(spec, most=15) == ended[:15]


def test_without_optuna_its_sampler_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    search = {"sampler": "optuna", "space": {"entropy": [0.0, 0.1]}, "budget": {"trials": 4}}
    with pytest.raises(Exception, match=r'pip install "dosefront\[optuna\]"'):
        search_for(experiment(search=search, weights={"lattice": 2})).next((), ())


def test_every_name_of_the_yaml_is_in_a_registry():
    fields = SearchSection.model_fields
    assert {*get_args(fields["preferences"].annotation)} == RULES.keys()
    assert {*get_args(fields["sampler"].annotation)} == SAMPLERS.keys()


def test_searching_needs_neither_ray_nor_torch():
    code = "import sys, dosefront.search; print({'ray', 'torch', 'optuna'} & {*sys.modules})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
