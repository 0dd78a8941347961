"""A clinic: patients of every tumour, each on a regimen of the tumour, under one policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float, Float32, Int

from posology.dosing.clinic_view import (
    clinic_care,
    clinic_features,
    observe_clinic,
    regimen_marks,
)
from posology.dosing.conventional import Comparator
from posology.dosing.environment import (
    METADATA,
    CourseEnv,
    check_families,
    checked_fractions,
    checked_patients,
    decoded_levels,
    made_scenario,
    next_patients,
)
from posology.dosing.panel import Panel
from posology.dosing.wards import Wards
from posology.library import regimen_names, tumour_names
from posology.patients import stream_key, subgroups
from posology.pharmacology import kill_model
from posology.treatment import (
    DOSE_LEVELS,
    MOST_DRUGS,
    OBJECTIVES,
    Courses,
    endpoints,
)
from posology.treatment import objectives as described

_INTENSITY = ", relative dose intensity"


class ClinicVectorEnv(gym.vector.VectorEnv[Any, Any, Any]):
    """``num_envs`` patients of a clinic, stepped together, each on a regimen of its own.

    Steps, rewards, endings and resets are those of
    :class:`posology.dosing.environment.CourseVectorEnv`, and so is each patient's course, bit for
    bit. The same drug positions are dosed in every patient: a discrete action codes one of
    ``DOSE_LEVELS`` for each of three, the third varying fastest (``25 i + 5 j + k``); continuous
    actions are three fractions of label doses. Positions beyond a regimen's drugs are ignored.

    ``infos["endpoints"]`` holds what every regimen has in common, the mean relative dose intensity
    of its drugs, and the ``tumour`` and ``regimen`` (indices into the library's names) to split
    results by.

    Args:
        num_envs: patients stepped together.
        regimens: what the clinic gives; every regimen of the library if left out.
        continuous, decisions, objectives, interaction, synergy, twins, scenario: as there.
        cohort_seed, split, patients, parameters: which patients, see :meth:`Panel.virtual`.
    """

    metadata: dict[str, Any] = METADATA

    def __init__(
        self,
        num_envs: int = 1,
        *,
        regimens: Sequence[str] | None = None,
        continuous: bool = False,
        decisions: str = "weekly",
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
        kill_model(interaction, synergy)  # which courses refuse as well, but only when one is made
        self.num_envs = num_envs
        self.twins = twins
        circumstances = made_scenario(scenario)

        make = partial(  # and no function of our own, so that the environment can be pickled
            Courses,
            scenario=circumstances,
            decide_when_due=decisions == "due",
            interaction=interaction,
            synergy=synergy,
        )
        self.panel = Panel.virtual(
            patients, seed=cohort_seed, split=split, regimens=regimens, parameters=parameters
        )
        self.wards = Wards(num_envs, panel=self.panel, make=make)
        for regimen in self.wards.regimens:
            regimen.checked(circumstances.comedication)
        self.features = clinic_features()
        self.metadata = METADATA | {"objectives": described("Clinic", objectives)}
        self._marks = {k: regimen_marks(each) for k, each in enumerate(self.wards.regimens)}
        self._paid = [OBJECTIVES.index(name) for name in objectives]
        self._highest = min(each.guardrails.highest_fraction for each in self.wards.regimens)
        self.single_observation_space = gym.spaces.Box(
            -10.0, 10.0, (len(self.features),), np.float32
        )
        self.single_action_space: gym.Space[Any] = (
            gym.spaces.Box(0.0, self._highest, (MOST_DRUGS,), np.float32)
            if continuous
            else gym.spaces.Discrete(len(DOSE_LEVELS) ** MOST_DRUGS)
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

        ``options={"patients": indices}`` names them instead, by their position in the panel. With
        ``"diary": True`` beside, ``infos["diaries"]`` holds a diary for each regimen, whose
        ``owners`` are slots of the clinic.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._key = np.uint64(stream_key(seed, f"courses/{self.panel.cohort.split}"))
            self._course[:] = 0
        if options and "patients" in options:
            size = self.panel.regimen.size
            chosen = checked_patients(options["patients"], self.num_envs, size)
            self.wards.begin(self._slots, patients=chosen, courses=np.zeros_like(chosen))
        else:
            self._admit(self._slots)
        self._ended[:] = False
        infos = {}
        if options and options.get("diary"):
            infos["diaries"] = tuple(
                ward.courses.keep_diary(ward.rows, owners=ward.slots) for ward in self.wards.each()
            )
        return observe_clinic(self.wards, self._marks), infos

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
        fractions = (
            checked_fractions(actions, (self.num_envs, MOST_DRUGS), highest=self._highest)
            if self.continuous
            else decoded_levels(actions, MOST_DRUGS)
        )
        fresh = self._ended
        rewards = self.wards.step(fractions, self._slots[~fresh])
        if fresh.any():
            self._admit(self._slots[fresh])
        self._ended = self.wards.ended()
        infos = {"endpoints": self._endpoints()} if self._ended.any() else {}
        truncated = np.zeros(self.num_envs, np.bool_)
        observations = observe_clinic(self.wards, self._marks)
        paid = rewards[:, self._paid].astype(np.float32)
        return observations, paid, self._ended, truncated, infos

    def comparators(self) -> tuple[Comparator, ...]:
        """Conventional care of each patient's regimen; for the continuous environment."""
        return clinic_care(self.wards.regimens)

    def subgroups(self) -> dict[str, Bool[np.ndarray, " patients"]]:
        """Which patients of the panel belong to each group, see `posology.patients.subgroups`."""
        return subgroups(self.panel.cohort)

    def action_masks(self) -> Bool[np.ndarray, "patients actions"]:
        """Which discrete actions would be given as asked at this visit."""
        masks = np.ones((self.num_envs, 1), np.bool_)
        for permitted in self.wards.permitted():
            of_drug = permitted[:, None] | (np.array(DOSE_LEVELS) <= 0.0)
            masks = (masks[:, :, None] & of_drug[:, None, :]).reshape(self.num_envs, -1)
        return masks

    def _admit(self, slots: Int[np.ndarray, " some"]) -> None:
        """Put a random patient into each of ``slots``, from its family's own stream."""
        self._course[slots] += 1
        courses = self._course[slots]
        drawn = next_patients(self._key, slots // self.twins, courses)
        self.wards.begin(slots, patients=drawn % self.panel.regimen.size, courses=courses)

    def _endpoints(self) -> Mapping[str, np.ndarray]:
        """Endpoints of every slot by name; they hold for those whose course has ended."""
        out: dict[str, np.ndarray] = {}

        def put(name: str, slots: Int[np.ndarray, " some"], values: np.ndarray) -> None:
            out.setdefault(name, np.zeros(self.num_envs, values.dtype))[slots] = values

        for ward in self.wards.each(self._slots[self._ended]):
            regimen = ward.courses.regimen
            intensities: list[Float[np.ndarray, " some"]] = []
            for name, values in endpoints(ward.courses.chart[ward.rows], regimen).items():
                if name.endswith(_INTENSITY):
                    intensities.append(values)
                else:
                    put(name, ward.slots, values)
            put(_INTENSITY[2:], ward.slots, np.mean(intensities, axis=0))
            index = regimen_names().index(regimen.name)
            put("regimen", ward.slots, np.full(ward.slots.size, index))
            index = tumour_names().index(regimen.tumour)
            put("tumour", ward.slots, np.full(ward.slots.size, index))
        return out


def clinic_env(**options: Any) -> CourseEnv:
    """One patient of a clinic: the view of a :class:`ClinicVectorEnv` of one slot."""
    return CourseEnv(ClinicVectorEnv(1, **options))
