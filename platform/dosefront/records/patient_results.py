"""What a policy did to each patient of a cohort, and the `.npz` files that hold it."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Shaped

from dosefront.errors import UsageError
from dosefront.front import estimate_of, mean_interval
from dosefront.records.folder import RunFolder
from dosefront.records.outcome import Outcome
from dosefront.records.storage import npz_bytes

REMEDY = "Delete it and `dosefront resume` the run; of a trial, delete its line of the ledger too."


@dataclass(frozen=True, repr=False)  # Tune writes results out as text, many times
class PatientResults:
    """What a policy did to each patient of a cohort."""

    returns: Float[np.ndarray, "patients objectives"]
    """Return vectors, maximised; discounted as `roll_out` was asked to."""
    endpoints: Mapping[str, Shaped[np.ndarray, " patients"]]
    """Clinical endpoints: booleans average to rates, numbers to means; whole numbers name a kind,
    such as the tumour, and are not averaged."""

    def outcome(self) -> Outcome:
        """Means and rates with their 95 % intervals."""
        return Outcome(
            patients=len(self.returns),
            value_vector=tuple(mean_interval(column) for column in self.returns.T),
            endpoints={
                name: estimate_of(x)
                for name, x in self.endpoints.items()
                if not np.issubdtype(x.dtype, np.integer)
            },
        )

    def to_bytes(self) -> bytes:
        """The results as a `.npz` file."""
        return npz_bytes({"returns": self.returns, **self.endpoints})


def read_results(path: Path) -> PatientResults:
    """The results in a `held-out.npz`, of a trial or of a comparator.

    Raises:
        UsageError: the file is missing or damaged.
    """
    arrays = _read_arrays(path)
    return PatientResults(_taken_from(arrays, path), arrays)


def read_returns(path: Path) -> Float[np.ndarray, "patients objectives"]:
    """Their return vectors alone, maximised, which takes a tenth of the time.

    Raises:
        UsageError: the file is missing or damaged.
    """
    return _taken_from(_read_arrays(path, only="returns"), path)


def subgroups_bytes(masks: Mapping[str, Bool[np.ndarray, " patients"]]) -> bytes:
    """Masks over the held-out patients as the `.npz` file that `read_subgroups` reads."""
    return npz_bytes(masks)


def read_subgroups(folder: RunFolder) -> dict[str, Bool[np.ndarray, " patients"]] | None:
    """Which held-out patients belong to each group, by the group's name, in the order written.

    None where the environment tells no groups, and for a run whose driver did not write them yet.

    Raises:
        UsageError: the file is damaged.
    """
    path = folder.subgroups_npz
    return (_read_arrays(path) or None) if path.exists() else None


def _taken_from(
    arrays: dict[str, np.ndarray], path: Path
) -> Float[np.ndarray, "patients objectives"]:
    if "returns" not in arrays:
        raise UsageError(f"{path} holds no results: it has no array `returns`. {REMEDY}")
    return arrays.pop("returns")


def _read_arrays(path: Path, *, only: str | None = None) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files if only in (None, name)}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UsageError(f"cannot read {path}: {error}. {REMEDY}") from error
