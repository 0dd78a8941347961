"""Published numbers, each with its unit, its source and how far it can be trusted."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

from posology.library.uncertainty import current_draw, drawn_factor, is_uncertain

TABLES = (
    "drugs",
    "effects",
    "interactions",
    "tumours",
    "toxicities",
    "genes",
    "cohorts",
    "regimens",
    "boxes",
    "uncertainty",
)
CONFIDENCES = ("verified", "recalled-high", "recalled-medium", "assumed")


@dataclass(frozen=True)
class Quantity:
    """One number of biology or medicine.

    Attributes:
        path: where it lies in the library, e.g. ``drugs/docetaxel/kinetics/k12``.
        value: the number, in ``unit``.
        unit: unit of ``value``; "1" when it has none.
        source: the full citation.
        confidence: one of ``CONFIDENCES``; ``verified`` was read in a public transcription of
            the source, ``recalled-*`` was not, ``assumed`` was chosen by us.
        note: what a reader should know before using it.
    """

    path: str
    value: float
    unit: str
    source: str
    confidence: str
    note: str = ""


def quantity(path: str, unit: str) -> float:
    """Value of the quantity at ``path``, which must be given in ``unit``.

    It is the point estimate, or what the draw in force makes of it: see
    :func:`posology.library.drawn_parameters`.

    >>> quantity("drugs/docetaxel/kinetics/volume_central", "L")
    7.4

    Raises:
        KeyError: nothing lies at ``path``.
        ValueError: it lies there in another unit.
    """
    found = _library().get(path)
    if found is None:
        nearest = difflib.get_close_matches(path, _library(), n=1)
        hint = f" Did you mean {nearest[0]}?" if nearest else ""
        raise KeyError(f"the library holds no quantity {path}.{hint}")
    if found.unit != unit:
        raise ValueError(
            f"{path} was asked in {unit}; the library gives it in {found.unit}. "
            "Ask in that unit and convert by a named function."
        )
    draw = current_draw()
    return found.value if draw is None else found.value * drawn(draw).get(path, 1.0)


@functools.lru_cache(maxsize=64)
def drawn(draw: int) -> Mapping[str, float]:
    """Factor of a draw on every uncertain parameter, by path.

    It is lognormal with the spread that ``uncertainty.yaml`` gives to the parameter's confidence;
    a share moves on the logit scale.
    """
    spreads = {name: _library()[f"uncertainty/spread/{name}"].value for name in CONFIDENCES}
    factors = {
        q.path: drawn_factor(q.path, q.value, spread=spreads[q.confidence], draw=draw)
        for q in quantities()
        if is_uncertain(q.path)
    }
    return MappingProxyType(factors)


def quantities() -> tuple[Quantity, ...]:
    """Every number of the library, in the order of its tables."""
    return tuple(_library().values())


def agent_names() -> tuple[str, ...]:
    """Agents whose kinetics the library holds: drugs, each in one kind of administration."""
    return tuple(name for name, entry in _table("drugs").items() if "kinetics" in entry)


def drug_names() -> tuple[str, ...]:
    """Drugs that a policy can dose: ``fluorouracil-bolus`` belongs to ``fluorouracil``."""
    return tuple(name for name in agent_names() if "part_of" not in _table("drugs")[name])


def regimen_names() -> tuple[str, ...]:
    """Regimens of the library."""
    return tuple(name for name in _table("regimens") if name != "defaults")


def tumour_names() -> tuple[str, ...]:
    """Tumours whose patients the library describes."""
    return tuple(name for name, entry in _table("cohorts").items() if "mix_share" in entry)


def text(path: str) -> str:
    """The word, not number, at ``path``, such as a regimen's tumour."""
    node: Any = _table(path.split("/")[0])
    for key in path.split("/")[1:]:
        node = node[key]
    return str(node)


def keys(path: str) -> tuple[str, ...]:
    """Names directly below ``path``, such as the drugs of ``regimens/x/doses``."""
    node: Any = _table(path.split("/")[0])
    for key in path.split("/")[1:]:
        node = node[key]
    return tuple(node)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in C where PyYAML was built with it."""


@functools.cache
def _table(name: str) -> Mapping[str, Any]:
    data = resources.files(__package__) / "data" / f"{name}.yaml"
    table: Mapping[str, Any] = yaml.load(data.read_text(encoding="utf-8"), Loader=_LOADER)
    return table


@functools.cache
def _library() -> Mapping[str, Quantity]:
    return {q.path: q for table in TABLES for q in _leaves(table, _table(table))}


def _leaves(path: str, node: Mapping[str, Any]) -> Iterator[Quantity]:
    if "value" in node:
        yield _leaf(path, node)
        return
    for key, child in node.items():
        if isinstance(child, Mapping):
            yield from _leaves(f"{path}/{key}", child)
        elif isinstance(child, int | float):
            raise ValueError(
                f"{path}/{key} is a bare number; give it value, unit, source, confidence."
            )


def _leaf(path: str, node: Mapping[str, Any]) -> Quantity:
    missing = {"unit", "source", "confidence"} - node.keys()
    if missing:
        raise ValueError(f"{path} has no {', '.join(sorted(missing))}. No source, no constant.")
    citation = _table("sources").get(node["source"])
    if citation is None:
        raise ValueError(f"{path} cites {node['source']}, which sources.yaml does not name.")
    if node["confidence"] not in CONFIDENCES:
        raise ValueError(f"{path} has confidence {node['confidence']}; use one of {CONFIDENCES}.")
    return Quantity(
        path=path,
        value=float(node["value"]),
        unit=str(node["unit"]),
        source=citation,
        confidence=node["confidence"],
        note=node.get("note", ""),
    )
