"""Interactions of drugs: on clearance, kidneys and marrow, and pairs that are never given.

Drugs are named as in the library; an agent, such as fluorouracil-bolus, stands for its drug.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence
from itertools import combinations

from posology.library.quantities import agent_names, drug_names, keys, quantity, text


def comedications() -> tuple[str, ...]:
    """Co-medications whose interactions the library holds."""
    return keys("interactions/comedications")


def clearance_factor(drug: str, comedication: str) -> float:
    """Factor on the clearance of ``drug`` by a co-medication or another drug; 1 if unknown.

    >>> clearance_factor("docetaxel", "strong-CYP3A-inhibitor")
    0.51

    Raises:
        ValueError: the library knows no such drug or co-medication.
    """
    return _factor("clearance", drug, comedication)


def nephrotoxicity_factor(drug: str, comedication: str) -> float:
    """Factor on the loss of creatinine clearance to ``drug``, by a partner; 1 if unknown.

    Raises:
        ValueError: the library knows no such drug or co-medication.
    """
    return _factor("nephrotoxicity", drug, comedication)


def contraindicated(drugs: Sequence[str]) -> tuple[str, ...]:
    """Why these drugs and co-medications are not given together; empty if they may be.

    >>> contraindicated(["docetaxel", "cisplatin", "paclitaxel"])
    ('docetaxel and paclitaxel: two taxanes share target and toxicities',)

    Raises:
        ValueError: the library knows no such drug or co-medication.
    """
    path = "interactions/contraindicated"
    reasons = []
    for one, two in combinations(_drugs_of(drugs, comedications()), 2):
        for rule in keys(path):
            if _is_pair(f"{path}/{rule}", one, two):
                reasons.append(f"{one} and {two}: {text(f'{path}/{rule}/reason')}")
    return tuple(reasons)


def marrow_groups(drugs: Sequence[str]) -> tuple[tuple[int, ...], int]:
    """Which drugs add up in the marrow, and the order p of the norm that joins what does not.

    Gives each drug's group, numbered from 0 by first appearance: effects of a group add up, and the
    groups' effects join to ``(sum E_g^p)^(1/p)``. The order is 1 for a single group, 3 if a taxane
    or an anthracycline meets another group, and 2 otherwise.

    >>> marrow_groups(["oxaliplatin", "irinotecan", "fluorouracil-bolus", "fluorouracil"])
    ((0, 1, 1, 1), 2)

    Raises:
        ValueError: the library knows no such drug.
    """
    named = [_drug_of(name) for name in drugs]
    groups = list(range(len(named)))
    for i, j in combinations(range(len(named)), 2):
        if named[i] == named[j] or _additive_rule(named[i], named[j]):
            groups = [groups[i] if group == groups[j] else group for group in groups]
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    if len(numbers) < 2:
        return tuple(numbers[group] for group in groups), 1
    path = "interactions/marrow/order"
    classes = [each if each in keys(path) else "default" for each in map(_class_of, named)]
    order = max(int(quantity(f"{path}/{each}", "1")) for each in [*classes, "default"])
    return tuple(numbers[group] for group in groups), order


def marrow_kill_factor(drug: str, drugs: Sequence[str]) -> float:
    """Factor on the effect of ``drug`` on the marrow in company of the other ``drugs``.

    >>> marrow_kill_factor("gemcitabine", ["gemcitabine", "carboplatin"])
    1.3

    Raises:
        ValueError: the library knows no such drug.
    """
    own = _drug_of(drug)
    factor = 1.0
    for rule in dict.fromkeys(_additive_rule(own, other) for other in _drugs_of(drugs)):
        path = f"interactions/marrow/additive/{rule}"
        if rule and "kill_factor" in keys(path) and own in keys(f"{path}/kill_factor"):
            factor *= quantity(f"{path}/kill_factor/{own}", "1")
    return factor


def _factor(kind: str, drug: str, comedication: str) -> float:
    own, partner = _drug_of(drug), _drug_of(comedication, comedications())
    path = f"interactions/{kind}"
    if own in keys(path) and partner in keys(f"{path}/{own}"):
        return quantity(f"{path}/{own}/{partner}", "1")
    return 1.0


def _additive_rule(one: str, two: str) -> str:
    """The rule by which two drugs add up in the marrow; empty if none does."""
    path = "interactions/marrow/additive"
    return next((rule for rule in keys(path) if _is_pair(f"{path}/{rule}", one, two)), "")


def _is_pair(path: str, one: str, two: str) -> bool:
    """Whether two different drugs are ``first`` and ``second`` at ``path``, either way round."""
    first, second = text(f"{path}/first"), text(f"{path}/second")
    ones, twos = (one, _class_of(one)), (two, _class_of(two))
    return one != two and ((first in ones and second in twos) or (first in twos and second in ones))


def _drugs_of(names: Sequence[str], others: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The drugs that agents stand for, each once."""
    return tuple(dict.fromkeys(_drug_of(name, others) for name in names))


@functools.cache
def _drug_of(name: str, others: tuple[str, ...] = ()) -> str:
    """The drug of an agent, or one of the ``others``."""
    if name in others:
        return name
    known = (*agent_names(), *others)
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {nearest[0]}?" if nearest else ""
        raise ValueError(f"the library knows no {name!r}; it has {', '.join(known)}.{hint}")
    return text(f"drugs/{name}/part_of") if "part_of" in keys(f"drugs/{name}") else name


@functools.cache
def _class_of(drug: str) -> str:
    """Pharmacological class of a drug; a co-medication has none."""
    return text(f"drugs/{drug}/class") if drug in drug_names() else ""
