"""The folder of a trained policy: `policy.safetensors`, `policy.json` and `README.md`; no code."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from posology.policies.network import ActionForm, NetworkPolicy
from posology.policies.page import page
from posology.policies.situation import View
from posology.policies.trained import Objective, TrainedEnvironment, TrainedPolicy

FORMAT_VERSION: Final = 1
"""Changes when a field of `policy.json` changes its meaning."""
JSON, TENSORS, PAGE = "policy.json", "policy.safetensors", "README.md"


def save_policy(policy: TrainedPolicy, folder: Path | str) -> None:
    """Write a policy as a folder, whole or not at all.

    Raises:
        ValueError: the folder exists and is not empty.
        OSError: it cannot be written.
    """
    path = Path(folder)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise ValueError(f"{path} exists and is not empty. Name another folder, or remove it.")
    tensors = save(_tensors(policy.network))
    mapping = _to_mapping(policy, sha256=hashlib.sha256(tensors).hexdigest())
    text = json.dumps(mapping, indent=2, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    draft.mkdir()
    try:
        for name, content in ((TENSORS, tensors), (JSON, text.encode()), (PAGE, page(policy))):
            with (draft / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def load_policy(folder: Path | str) -> TrainedPolicy:
    """The policy in a folder that `dosefront export` or :func:`save_policy` wrote.

    Arrays and JSON are read, and nothing is executed.

    Raises:
        FileNotFoundError: a file of the folder is missing.
        ValueError: a file is damaged, or of a version that this posology does not know.
    """
    path = Path(folder)
    mapping = _read_json(path / JSON)
    if mapping.get("format_version") != FORMAT_VERSION:
        raise ValueError(
            f"{path / JSON} must have format_version {FORMAT_VERSION}; found "
            f"{mapping.get('format_version')}. Read it with the posology that wrote it, or a newer "
            "one."
        )
    content = _read(path / TENSORS)
    found, expected = hashlib.sha256(content).hexdigest(), mapping.get("sha256")
    if found != expected:
        raise ValueError(
            f"{path / TENSORS} is not the file that {JSON} describes: its SHA-256 is {found}, not "
            f"{expected}. Export the policy again."
        )
    try:
        return _from_mapping(mapping, load(content))
    except (LookupError, TypeError, AttributeError, SafetensorError) as error:
        _refuse_damaged(path, error)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _tensors(network: NetworkPolicy) -> dict[str, np.ndarray]:
    layers = enumerate(zip(network.weights, network.biases, strict=True))
    return {
        f"layers.{number}.{kind}": np.ascontiguousarray(array, np.float32)
        for number, layer in layers
        for kind, array in zip(("weight", "bias"), layer, strict=True)
    }


def _to_mapping(policy: TrainedPolicy, *, sha256: str) -> dict[str, Any]:
    network, environment = policy.network, policy.environment
    return {
        "format_version": FORMAT_VERSION,
        "name": policy.name,
        "label": policy.label,
        "preference": list(policy.weights),
        "sha256": sha256,
        "environment": {
            "id": environment.id,
            "version": environment.version,
            "options": environment.options,
            "cohorts": environment.cohorts,
        },
        "observation": {
            "environment": environment.observation,
            "features": environment.features,
            "view": asdict(network.view),
            "width": network.width,
        },
        "action": {**asdict(network.form), "doses": environment.doses},
        "network": {
            "layers": [list(weight.shape) for weight in network.weights],
            "activation": network.activation,
            "reading": network.reading,
        },
        "objectives": [asdict(each) for each in policy.objectives],
        "held_out": policy.held_out,
        "provenance": network.provenance,
    }


def _from_mapping(mapping: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> TrainedPolicy:
    observation, network = mapping["observation"], mapping["network"]
    form = dict(mapping["action"])
    doses = form.pop("doses")
    shapes = [tuple(shape) for shape in network["layers"]]
    weights = [tensors[f"layers.{number}.weight"] for number in range(len(shapes))]
    if [weight.shape for weight in weights] != shapes:
        raise ValueError(f"{TENSORS} holds layers of other shapes than {JSON} tells. Export again.")
    return TrainedPolicy(
        name=mapping["name"],
        label=mapping["label"],
        weights=tuple(mapping["preference"]),
        network=NetworkPolicy(
            weights=weights,
            biases=[tensors[f"layers.{number}.bias"] for number in range(len(shapes))],
            activation=network["activation"],
            provenance=mapping["provenance"],
            form=ActionForm.from_mapping(form),
            view=View.from_mapping(observation["view"]),
            reading=network["reading"],
        ),
        environment=TrainedEnvironment(
            **mapping["environment"],
            observation=observation["environment"],
            features=tuple(observation["features"]),
            doses=doses and {drug: tuple(fractions) for drug, fractions in doses.items()},
        ),
        objectives=tuple(Objective(**each) for each in mapping["objectives"]),
        held_out=mapping["held_out"],
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        mapping = json.loads(_read(path).decode())
    except ValueError as error:
        _refuse_damaged(path, error)
    if not isinstance(mapping, dict):
        _refuse_damaged(path, ValueError("it holds no object"))
    return mapping


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(
            f"{path.parent} is no exported policy: it has no {path.name}. Give the folder that "
            "`dosefront export` named."
        ) from error


def _refuse_damaged(path: Path, error: Exception) -> NoReturn:
    raise ValueError(
        f"{path} is damaged: {type(error).__name__}: {error}. Export the policy again."
    ) from error
