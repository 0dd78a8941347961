"""The Gymnasium door: one patient, or many stepped together."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float, Float32, Int

from posology.dosing.conventional import Comparator, conventional_care
from posology.dosing.observation import features, observe
from posology.library import is_whole_number
from posology.patients import Cohort, first_words, stream_key, subgroups
from posology.treatment import (
    DOSE_LEVELS,
    OBJECTIVES,
    Courses,
    Regimen,
    Scenario,
    endpoints,
)
from posology.treatment import objectives as described

METADATA: dict[str, Any] = {
    "render_modes": [],
    "autoreset_mode": AutoresetMode.NEXT_STEP,
    "version": "1",
}


class CourseVectorEnv(gym.vector.VectorEnv[Any, Any, Any]):
    """``num_envs`` patients on a regimen, stepped by one kernel call.

    A step is a weekly visit. A discrete action codes one of ``DOSE_LEVELS`` for each drug, the last
    drug varying fastest: with two drugs ``5 i + j`` gives the first at ``DOSE_LEVELS[i]`` and the
    second at ``DOSE_LEVELS[j]``; continuous actions are the fractions themselves. What is not due,
    or refused by the guardrails, is not given. The step in which treatment ends runs the follow-up
    to its end and pays it.

    ``step`` returns reward vectors of shape (num_envs, objectives), all to be maximised. The last
    step of a course carries ``infos["endpoints"]``, arrays by name that are valid where the course
    has ended. A finished slot takes its next patient at the following step (NEXT_STEP); that step's
    action is ignored and its reward is zero. Patients are drawn from the cohort at random, unless
    ``reset`` names them.

    Args:
        num_envs: patients stepped together.
        continuous: fractions of the label dose instead of levels.
        decisions: ``weekly``, or ``due`` to pass over the visits at which nothing is due. Blood is
            taken and charted at every visit either way.
        regimen: name of the regimen in the library.
        doses, interval_days, cycles: replace the label's, see
            :meth:`posology.treatment.Regimen.prescribed`.
        objectives: names out of :data:`posology.treatment.OBJECTIVES`.
        interaction, synergy: how the drugs' kills of the tumour combine, one of
            :data:`posology.pharmacology.KILL_MODELS`, and how much more they do together, see
            :func:`posology.pharmacology.combined_kill`.
        cohort_seed, split, patients: which patients, see :meth:`posology.patients.Cohort.virtual`.
        parameters: which draw of the population's parameters, from 0; None is the point estimate.
        twins: this many neighbouring slots are a family: each starts its k-th course with the same
            patient and noise, so that a learner can tell what a dose did from the patient's luck.
        scenario: how the clinic works: the fields of :class:`posology.treatment.Scenario`.
    """

    metadata: dict[str, Any] = METADATA

    def __init__(
        self,
        num_envs: int = 1,
        *,
        continuous: bool = False,
        decisions: str = "weekly",
        regimen: str = "docetaxel-cisplatin",
        doses: Mapping[str, float] | None = None,
        interval_days: float | None = None,
        cycles: int | None = None,
        objectives: Sequence[str] = ("efficacy", "toxicity"),
        interaction: str = "independent",
        synergy: float = 0.0,
        cohort_seed: int = 0,
        split: str = "train",
        patients: int = 4096,
        parameters: int | None = None,
        twins: int = 1,
        **scenario: Any,
    ) -> None:
        if decisions not in ("weekly", "due"):
            raise ValueError(f'decisions must be "weekly" or "due"; got {decisions!r}.')
        check_families(num_envs, twins)
        self.num_envs = num_envs
        self.twins = twins
        circumstances = made_scenario(scenario)
        self.regimen = (
            Regimen.labelled(regimen)
            .prescribed(doses=doses, interval_days=interval_days, cycles=cycles)
            .checked(circumstances.comedication)
        )
        self.courses = Courses(
            num_envs,
            cohort=Cohort.virtual(
                patients, seed=cohort_seed, split=split, regimen=regimen, parameters=parameters
            ),
            regimen=self.regimen,
            scenario=circumstances,
            decide_when_due=decisions == "due",
            interaction=interaction,
            synergy=synergy,
        )
        self.features = features(self.regimen)
        self.metadata = METADATA | {"objectives": described(regimen, objectives)}
        self._paid = [OBJECTIVES.index(name) for name in objectives]
        drugs = len(self.regimen.drugs)
        shape = (len(self.features),)
        self.single_observation_space = gym.spaces.Box(-10.0, 10.0, shape, np.float32)
        self.single_action_space: gym.Space[Any] = (
            gym.spaces.Box(0.0, self.regimen.guardrails.highest_fraction, (drugs,), np.float32)
            if continuous
            else gym.spaces.Discrete(len(DOSE_LEVELS) ** drugs)
        )
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.reward_dim = len(self._paid)
        self.reward_space = gym.spaces.Box(-np.inf, np.inf, (self.reward_dim,), np.float32)
        self.continuous = continuous
        self._slots = np.arange(num_envs)
        self._course = np.zeros(num_envs, np.int64)
        self._key = np.uint64(stream_key(cohort_seed, f"courses/{split}"))
        self._ended = np.zeros(num_envs, np.bool_)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "patients features"], dict[str, Any]]:
        """Start every slot anew; ``seed`` says which patients are drawn.

        ``options={"patients": indices}`` names them instead. A named patient meets the same noise
        under every policy and in any company, so that policies can be compared in pairs. With
        ``"diary": True`` beside, ``infos["diaries"]`` holds the :class:`posology.treatment.Diary`
        of the courses that begin here, which grows with every step.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._key = np.uint64(stream_key(seed, f"courses/{self.courses.cohort.split}"))
            self._course[:] = 0
        if options and "patients" in options:
            size = self.courses.cohort.patients.size
            chosen = checked_patients(options["patients"], self.num_envs, size)
            self.courses.begin(self._slots, patients=chosen, courses=np.zeros_like(chosen))
        else:
            self._admit(self._slots)
        self._ended[:] = False
        infos = {}
        if options and options.get("diary"):
            infos["diaries"] = (self.courses.keep_diary(self._slots, owners=self._slots),)
        return observe(self.courses, self.features), infos

    def step(
        self, actions: np.ndarray
    ) -> tuple[
        Float32[np.ndarray, "patients features"],
        Float32[np.ndarray, "patients objectives"],
        Bool[np.ndarray, " patients"],
        Bool[np.ndarray, " patients"],
        dict[str, Any],
    ]:
        """Treat every patient at this week's visit and advance to the next decision."""
        fractions = self._fractions(actions)
        fresh = self._ended
        live = self._slots[~fresh]
        rewards = self.courses.step(fractions, live)
        if fresh.any():
            self._admit(self._slots[fresh])
        self._ended = self.courses.chart["ended"].copy()
        infos = {}
        if self._ended.any():
            infos["endpoints"] = self._endpoints()
        truncated = np.zeros(self.num_envs, np.bool_)
        observations = observe(self.courses, self.features)
        paid = rewards[:, self._paid].astype(np.float32)
        return observations, paid, self._ended, truncated, infos

    @property
    def action_doses(self) -> Float[np.ndarray, "actions drugs"] | None:
        """Fractions of label doses of each discrete action; None where actions are fractions."""
        if self.continuous:
            return None
        drugs = len(self.regimen.drugs)
        return decoded_levels(np.arange(len(DOSE_LEVELS) ** drugs), drugs).T

    def comparators(self) -> tuple[Comparator, ...]:
        """Conventional care for this regimen; its actions are for the continuous environment."""
        return conventional_care(self.regimen)

    def subgroups(self) -> dict[str, Bool[np.ndarray, " patients"]]:
        """Which patients of the cohort belong to each group, see `posology.patients.subgroups`."""
        return subgroups(self.courses.cohort)

    def action_masks(self) -> Bool[np.ndarray, "patients actions"]:
        """Which discrete actions would be given as asked at this visit."""
        masks = np.ones((self.num_envs, 1), np.bool_)
        for permitted in self.courses.permitted():
            of_drug = permitted[:, None] | (np.array(DOSE_LEVELS) <= 0.0)
            masks = (masks[:, :, None] & of_drug[:, None, :]).reshape(self.num_envs, -1)
        return masks

    def _admit(self, slots: Int[np.ndarray, " some"]) -> None:
        """Put a random patient into each of ``slots``, from its family's own stream."""
        self._course[slots] += 1
        courses = self._course[slots]
        drawn = next_patients(self._key, slots // self.twins, courses)
        patients = drawn % self.courses.cohort.patients.size
        self.courses.begin(slots, patients=patients, courses=courses)

    def _endpoints(self) -> Mapping[str, np.ndarray]:
        """Endpoints of every slot by name; zero for those whose course goes on."""
        ended = np.flatnonzero(self._ended)
        out = {}
        for name, values in endpoints(self.courses.chart[ended], self.regimen).items():
            out[name] = np.zeros(self.num_envs, values.dtype)
            out[name][ended] = values
        return out

    def _fractions(self, actions: np.ndarray) -> Float[np.ndarray, "drugs patients"]:
        """Actions as fractions of the label doses."""
        highest = self.regimen.guardrails.highest_fraction
        drugs = len(self.regimen.drugs)
        if self.continuous:
            return checked_fractions(actions, (self.num_envs, drugs), highest=highest)
        return decoded_levels(actions, drugs)


class CourseEnv(gym.Env[Float32[np.ndarray, " features"], Any]):
    """One patient on a regimen: the view of a :class:`CourseVectorEnv` of one slot.

    Or of another vector environment of one slot that is given as ``view``.
    """

    metadata: dict[str, Any] = METADATA

    def __init__(self, view: Any = None, **options: Any) -> None:
        self._patients = CourseVectorEnv(1, **options) if view is None else view
        self.metadata = self._patients.metadata
        self.reward_dim = self._patients.reward_dim
        self.observation_space = self._patients.single_observation_space
        self.action_space = self._patients.single_action_space
        self.reward_space = self._patients.reward_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, " features"], dict[str, Any]]:
        """Start a course; ``options={"patients": [k]}`` chooses the patient, and ``"diary": True``
        asks for its diary."""
        super().reset(seed=seed)
        observations, infos = self._patients.reset(seed=seed, options=options)
        return observations[0], infos

    def step(
        self, action: Any
    ) -> tuple[Float32[np.ndarray, " features"], SupportsFloat, bool, bool, dict[str, Any]]:
        """A weekly visit; the reward is a vector, as MO-Gymnasium has it."""
        observations, rewards, ended, truncated, infos = self._patients.step(np.asarray([action]))
        if infos:
            infos = {"endpoints": {name: x[0] for name, x in infos["endpoints"].items()}}
        return observations[0], rewards[0], bool(ended[0]), bool(truncated[0]), infos


def next_patients(
    key: np.uint64, families: Int[np.ndarray, " some"], courses: Int[np.ndarray, " some"]
) -> Int[np.ndarray, " some"]:
    """Random numbers, by family and course, whose remainders say which patients come next."""
    return first_words(key, families, courses)


def check_families(slots: Any, twins: Any) -> None:
    """Refuse families that do not fill the slots.

    Raises:
        ValueError: ``slots`` or ``twins`` is no whole number, or ``twins`` no divisor.
    """
    if not is_whole_number(slots, least=1):
        raise ValueError(f"there must be at least one slot; got {slots!r}. Give a whole number.")
    if not is_whole_number(twins, least=1) or slots % twins:
        raise ValueError(f"{slots} slots cannot be families of {twins!r}. Give a divisor.")


def made_scenario(fields_given: Mapping[str, Any]) -> Scenario:
    """The scenario of constructor arguments.

    Raises:
        TypeError: an argument that neither the environment nor the scenario has.
    """
    known = [field.name for field in fields(Scenario)]
    for name in fields_given:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
            raise TypeError(f"unknown option {name!r}.{hint} The scenario has {', '.join(known)}.")
    taken = fields_given.get("comedication", ())
    comedication = (taken,) if isinstance(taken, str) else tuple(taken)
    return Scenario(**{**fields_given, "comedication": comedication})


def checked_fractions(
    actions: np.ndarray, shape: tuple[int, int], *, highest: float
) -> Float[np.ndarray, "drugs patients"]:
    """Continuous actions as fractions of the label doses, one row a drug."""
    asked = np.asarray(actions, np.float64).reshape(shape)
    wrong = ~(np.isfinite(asked) & (asked >= 0.0) & (asked <= highest + 1e-6))
    if wrong.any():
        raise ValueError(
            f"a dose must be a fraction of the label dose between 0 and {highest:g}; "
            f"got {asked[wrong][0]:g}. Hold a drug with 0."
        )
    return np.ascontiguousarray(asked.T)


def decoded_levels(actions: np.ndarray, drugs: int) -> Float[np.ndarray, "drugs patients"]:
    """Discrete actions as fractions of the label doses, one row a drug."""
    chosen = np.asarray(actions)
    number = len(DOSE_LEVELS) ** drugs
    if not np.issubdtype(chosen.dtype, np.integer) or not ((chosen >= 0) & (chosen < number)).all():
        raise ValueError(
            f"a discrete action must be an integer from 0 to {number - 1}; got {actions!r}."
        )
    digits = np.unravel_index(chosen, (len(DOSE_LEVELS),) * drugs)
    return np.array(DOSE_LEVELS)[np.stack(digits)]


def checked_patients(patients: Any, slots: int, size: int) -> Int[np.ndarray, " slots"]:
    """Positions of the patients that ``reset`` was asked to begin with, one a slot."""
    chosen = np.asarray(patients, np.int64)
    if chosen.shape != (slots,) or (chosen < 0).any() or (chosen >= size).any():
        raise ValueError(
            f"options['patients'] must name {slots} patients from 0 to {size - 1}; "
            f"got {patients!r}."
        )
    return chosen
