"""Emulated arms against what was published: differences, and which are within tolerance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from posology.library import TrialArm, trial_arms
from posology.validation.arms import ENDPOINTS, ArmResult
from posology.validation.intervals import Estimate

TOLERANCES: Mapping[str, float] = {
    "response_pct": 10.0,
    "progression_months": 1.0,
    "neutropenia_grade34_pct": 12.0,
}
"""Largest difference that still counts as agreement, in the endpoint's unit.

Trials of one regimen differ as much among themselves: parameters fitted to one trial and applied to
another of the same or nearly the same regimen missed by 8.5 points of response and 0.86 months of
progression-free survival (root mean square, eight pairs).
"""

TITLES: Mapping[str, str] = {
    "response_pct": "Objective response",
    "progression_months": "Median PFS",
    "survival_months": "Median OS",
    "neutropenia_grade34_pct": "Grade 3/4 neutropenia",
    "neutropenia_grade4_pct": "Grade 4 neutropenia",
    "thrombocytopenia_grade34_pct": "Grade 3/4 thrombocytopenia",
    "febrile_neutropenia_pct": "Febrile neutropenia",
    "diarrhoea_grade34_pct": "Grade 3/4 diarrhoea",
    "neuropathy_grade34_pct": "Grade 3/4 sensory neuropathy",
    "mucositis_grade34_pct": "Grade 3/4 mucositis",
}
"""What people call the endpoints."""

OVERALL = "overall"


@dataclass(frozen=True)
class Cell:
    """One endpoint of one arm."""

    arm: TrialArm
    endpoint: str
    """One of ``ENDPOINTS``."""
    patients: int
    """Virtual patients."""
    simulated: Estimate | None
    """None where the emulation does not give the endpoint."""
    published: float | None
    """None where it was not reported."""
    difference: float | None
    """Simulated less published; infinite where a simulated median was not reached, None where the
    arm's figure is not comparable."""
    tolerance: float | None
    """None for endpoints that are reported without a verdict."""
    within: bool | None
    """Whether the difference is within tolerance; None without a verdict."""
    confidence: str
    """How far the published figure can be trusted; ``verified`` was read in a source."""
    calibrated: bool
    """Whether the models are calibrated on the arm; agreement is then no evidence by itself."""

    @property
    def unit(self) -> str:
        """``%`` or ``months``."""
        return unit_of(self.endpoint)

    @property
    def expected(self) -> bool | None:
        """Whether a trial of the arm's size would be expected to report the published figure."""
        if self.simulated is None or self.published is None:
            return None
        return self.simulated.expected_low <= self.published <= self.simulated.expected_high


@dataclass(frozen=True)
class Agreement:
    """How the cells of one endpoint compare, of the arms for calibration or of the others."""

    endpoint: str
    """One of ``ENDPOINTS``, or ``OVERALL``."""
    calibrated: bool
    """Whether these are the arms on which the models are calibrated."""
    cells: int
    """With a simulated and a published figure."""
    within: int | None
    """Within tolerance; None where there is none."""
    bias: float | None
    """Mean difference in the endpoint's unit, medians not reached left out; None overall."""
    rmse: float | None
    """Root mean square difference, likewise."""

    @property
    def share(self) -> float | None:
        """Share of the cells within tolerance."""
        return None if self.within is None else self.within / self.cells


def compare(arms: Iterable[ArmResult]) -> tuple[Cell, ...]:
    """One cell for each arm and endpoint that was simulated or published, arm by arm."""
    known = trial_arms()
    return tuple(
        _cell(result, endpoint, calibrated=any(result.arm == each for each in known))
        for result in arms
        for endpoint in ENDPOINTS
        if endpoint in result.estimates or getattr(result.arm, endpoint) is not None
    )


def agreements(cells: Iterable[Cell]) -> tuple[Agreement, ...]:
    """Agreement by endpoint, and overall, apart for arms of the calibration and for others."""
    compared = [cell for cell in cells if cell.difference is not None]
    out = []
    for calibrated in (True, False):
        own = [cell for cell in compared if cell.calibrated is calibrated]
        for endpoint in ENDPOINTS:
            if some := [cell for cell in own if cell.endpoint == endpoint]:
                out.append(_agreement(endpoint, some))
        if judged := [cell for cell in own if cell.within is not None]:
            out.append(_agreement(OVERALL, judged))
    return tuple(out)


def unit_of(endpoint: str) -> str:
    """Unit of an endpoint's figures."""
    return "months" if endpoint.endswith("_months") else "%"


def _cell(result: ArmResult, endpoint: str, *, calibrated: bool) -> Cell:
    simulated = result.estimates.get(endpoint)
    published = getattr(result.arm, endpoint)
    tolerance = TOLERANCES.get(endpoint)
    difference = None
    if simulated is not None and published is not None and result.arm.is_comparable(endpoint):
        difference = simulated.value - published
    return Cell(
        arm=result.arm,
        endpoint=endpoint,
        patients=result.patients,
        simulated=simulated,
        published=published,
        difference=difference,
        tolerance=tolerance,
        within=None if tolerance is None or difference is None else abs(difference) <= tolerance,
        confidence=result.arm.confidence_of(endpoint),
        calibrated=calibrated,
    )


def _agreement(endpoint: str, cells: list[Cell]) -> Agreement:
    verdicts = [cell.within for cell in cells if cell.within is not None]
    finite = [d for cell in cells if (d := cell.difference) is not None and math.isfinite(d)]
    has_unit = endpoint != OVERALL and len(finite) > 0
    return Agreement(
        endpoint=endpoint,
        calibrated=cells[0].calibrated,
        cells=len(cells),
        within=sum(verdicts) if verdicts else None,
        bias=math.fsum(finite) / len(finite) if has_unit else None,
        rmse=math.sqrt(math.fsum(d * d for d in finite) / len(finite)) if has_unit else None,
    )
