"""What patients take beside the regimen changes clearances and kidneys as the library says."""

import numpy as np
import pytest

from posology.library import clearance_factor, nephrotoxicity_factor
from posology.patients import Cohort

PATIENTS = Cohort.virtual(5, seed=3, regimen="docetaxel-cisplatin")


def test_a_nephrotoxic_drug_raises_what_cisplatin_takes_from_the_kidneys() -> None:
    alone = PATIENTS.individuals("NSCLC", ["cisplatin"])
    beside = PATIENTS.individuals("NSCLC", ["cisplatin"], comedication=["nephrotoxic-drug"])
    factor = nephrotoxicity_factor("cisplatin", "nephrotoxic-drug")
    assert factor > 1.0
    assert beside.renal_loss == pytest.approx(factor * alone.renal_loss, rel=1e-12)


def test_an_inhibitor_raises_docetaxels_exposure_by_its_factor_on_clearance() -> None:
    def area(*comedication: str) -> np.ndarray:
        (kinetics,) = PATIENTS.individuals(
            "NSCLC", ["docetaxel"], comedication=comedication
        ).kinetics
        return (kinetics.units / kinetics.rates).sum(axis=0)

    factor = clearance_factor("docetaxel", "strong-CYP3A-inhibitor")
    assert factor < 1.0
    assert area("strong-CYP3A-inhibitor") == pytest.approx(area() / factor, rel=1e-12)
    assert area("valproate") == pytest.approx(area(), rel=1e-12)
