"""The environments of posology, as a list shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import gymnasium

from dosefront.experiment.doses import written_dose
from dosefront.experiment.environment import EnvironmentSection, describe, own_regimen, payable
from dosefront.front import Objective
from posology.library import DAYS_PER_WEEK
from posology.treatment import OBJECTIVES, Component, Regimen


@dataclass(frozen=True)
class Listed:
    """One environment of the list."""

    id: str
    version: str
    actions: str
    """Its action space, such as Discrete(25)."""
    objectives: tuple[Objective, ...]
    """What it pays when made without options."""
    further: tuple[Objective, ...]
    """What it pays beside them if the option `objectives` names it."""
    regimen: Regimen | None
    """The regimen of its id; None for a classic, and where any can be given."""

    def to_mapping(self) -> dict[str, Any]:
        """The entry as JSON holds it."""
        given = self.regimen
        return {
            "id": self.id,
            "version": self.version,
            "actions": self.actions,
            "objectives": [each.to_mapping() for each in self.objectives],
            "further_objectives": [each.to_mapping() for each in self.further],
            "regimen": None
            if given is None
            else {
                "name": given.name,
                "title": given.title,
                "tumour": given.tumour,
                "drugs": list(given.drugs),
                "components": [
                    {
                        "agent": each.agent,
                        "dose": written_dose(each.agent, each.dose),
                        "days": list(each.days),
                    }
                    for each in given.components
                ],
                "interval_days": given.interval_weeks * DAYS_PER_WEEK,
                "cycles": given.cycles,
            },
        }


def catalogue() -> tuple[Listed, ...]:
    """Every environment of posology: by regimen in the order of the library, then the others."""
    names = [name for name in gymnasium.registry if name.startswith("posology/")]
    return tuple(listed(name) for name in names)


def listed(identifier: str) -> Listed:
    """The entry of one environment.

    Raises:
        UsageError: it does not describe itself.
    """
    section = EnvironmentSection.model_construct(id=identifier)  # describe() tells what is wrong
    description = describe(section)
    paid = [each.name for each in description.objectives]
    name = own_regimen(identifier)
    return Listed(
        id=identifier,
        version=description.version,
        actions=description.actions,
        objectives=description.objectives,
        further=payable(section, [each for each in OBJECTIVES if each not in paid]),
        regimen=Regimen.labelled(name) if name else None,
    )


def written_component(component: Component) -> str:
    """An agent with its dose and days, such as "gemcitabine 1250 mg/m2 d1,8"."""
    dose = written_dose(component.agent, component.dose)
    return f"{component.agent} {dose} d{written_days(component.days)}"


def written_days(days: Sequence[int]) -> str:
    """Days of a cycle, runs of three and more with a dash.

    >>> written_days((1, 2, 3, 4, 5)), written_days((1, 8, 15)), written_days((1, 2))
    ('1-5', '1,8,15', '1,2')
    """
    runs = [
        [day for _, day in run]
        for _, run in groupby(enumerate(days), key=lambda numbered: numbered[1] - numbered[0])
    ]
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs]
    return ",".join(parts)
