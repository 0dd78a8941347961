"""Label doses by agent, each written in the agent's own unit: 75 mg/m2, AUC 5 or 200 mg."""

import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator, PlainSerializer, WithJsonSchema

from dosefront.experiment.document import Location
from dosefront.experiment.values import Text, placed_faults
from dosefront.suggestion import suggestion
from posology.library import agent_names, parse_quantity, text

AREA = "mg/mL*min"
"""Unit of the area under the curve in which carboplatin is prescribed."""
_AS_AREA = re.compile(r"\s*AUC\s*(\S+)\s*", re.IGNORECASE)


def dose_unit(agent: str) -> str:
    """Unit of an agent's doses.

    >>> dose_unit("docetaxel"), dose_unit("carboplatin"), dose_unit("pembrolizumab")
    ('mg/m2', 'mg/mL*min', 'mg')
    """
    return text(f"drugs/{agent}/reference/dose/unit")


def parse_dose(agent: str, written: str) -> float:
    """Amount of a dose in the agent's unit.

    >>> parse_dose("oxaliplatin", "85 mg/m2"), parse_dose("carboplatin", "AUC 5")
    (85.0, 5.0)

    Raises:
        ValueError: not a number with that unit, or nothing to give.
    """
    unit = dose_unit(agent)
    area = _AS_AREA.fullmatch(written)
    plain = f"{area[1]} {unit}" if area and unit == AREA else written
    try:
        amount = parse_quantity(plain, unit=unit)
    except ValueError as error:
        hint = f' "AUC 5" is 5 {AREA}.' if unit == AREA else ""
        raise ValueError(f"{error}{hint}") from error
    if not 0.0 < amount < math.inf:
        raise ValueError(f'a label dose is above 0; got "{written}". Leave out what is not given.')
    return amount


def written_dose(agent: str, amount: float) -> str:
    """A dose as a person writes it.

    >>> written_dose("carboplatin", 5.0), written_dose("docetaxel", 75.0)
    ('AUC 5', '75 mg/m2')
    """
    number, unit = repr(float(amount)).removesuffix(".0"), dose_unit(agent)
    return f"AUC {number}" if unit == AREA else f"{number} {unit}"


def _parsed(doses: dict[str, Any]) -> dict[str, float]:
    amounts: dict[str, float] = {}
    faults: dict[Location, str] = {}
    for agent, dose in doses.items():
        if agent not in agent_names():
            known = suggestion(agent, agent_names())
            faults[agent, "[key]"] = f'unknown agent "{agent}". {known}'
            continue
        try:
            amounts[agent] = parse_dose(agent, str(dose))
        except ValueError as error:
            faults[agent,] = str(error)
    if faults:
        raise placed_faults(faults)
    return amounts


Doses = Annotated[
    dict[Text, Any],
    AfterValidator(_parsed),
    PlainSerializer(
        lambda doses: {agent: written_dose(agent, dose) for agent, dose in doses.items()},
        when_used="json",
    ),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "type": "string",
                "examples": ["75 mg/m2", "AUC 5", "200 mg"],
            },
        }
    ),
]
"""Amounts by agent, in the agent's unit; in files, texts with the unit."""
