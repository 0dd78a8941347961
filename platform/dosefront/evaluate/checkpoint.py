"""The file of a trained policy: arrays and JSON, nothing that is executed when it is read."""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from dosefront.errors import CheckpointError
from dosefront.records import npz_bytes
from posology.policies import ActionForm, NetworkPolicy, View


def policy_bytes(policy: NetworkPolicy) -> bytes:
    """The policy as a `.npz` file."""
    arrays = {f"weight{i}": layer for i, layer in enumerate(policy.weights)}
    arrays |= {f"bias{i}": layer for i, layer in enumerate(policy.biases)}
    note = {
        "activation": policy.activation,
        "provenance": policy.provenance,
        "form": asdict(policy.form),
        "view": asdict(policy.view),
        "reading": policy.reading,
    }
    stored = {"note": np.array(json.dumps(note, sort_keys=True)), **arrays}
    return npz_bytes(stored, compressed=False)


def read_policy(path: Path) -> NetworkPolicy:
    """The policy in a checkpoint file.

    Raises:
        CheckpointError: missing, truncated, not a policy, or holding NaN.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            note = json.loads(str(archive["note"]))
            layers = sum(name.startswith("weight") for name in archive.files)
            fields = {
                **note,
                "weights": [archive[f"weight{i}"] for i in range(layers)],
                "biases": [archive[f"bias{i}"] for i in range(layers)],
                "form": ActionForm.from_mapping(note["form"]),
                "view": View.from_mapping(note["view"]),
            }
    except FileNotFoundError as error:
        raise CheckpointError(
            f"no checkpoint at {path}. Copy it back, or delete the trial's line from the ledger "
            "and resume the run to train it again."
        ) from error
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"{path} is no policy: {error}. It may be truncated; delete it and the trial's line "
            "from the ledger, and resume the run to train it again."
        ) from error
    try:
        return NetworkPolicy(**fields)
    except (ValueError, TypeError, LookupError) as error:
        raise CheckpointError(f"{path}: {error}") from error
