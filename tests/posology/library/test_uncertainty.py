"""Draws of the population's parameters: what they move, how far, and what they leave alone."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.library import (
    CONFIDENCES,
    drawn,
    drawn_parameters,
    is_uncertain,
    quantities,
    quantity,
)
from posology.library.uncertainty import CERTAIN, SHARES, UNCERTAIN, drawn_factor, is_share
from posology.patients import Covariates, reference_area

DRAWS = range(60)
KILL = "effects/docetaxel/tumour/log_kill"


def values(draw: int | None) -> dict[str, float]:
    with drawn_parameters(draw):
        return {each.path: quantity(each.path, each.unit) for each in quantities()}


@pytest.fixture(scope="module")
def logs() -> dict[str, list[np.ndarray]]:
    """Log factors of the lognormal parameters, by confidence, a row a parameter."""
    table = np.log([[drawn(draw)[path] for draw in DRAWS] for path in drawn(0)])
    confidences = {each.path: each.confidence for each in quantities()}
    out: dict[str, list[np.ndarray]] = {name: [] for name in CONFIDENCES}
    for path, row in zip(drawn(0), table, strict=True):
        if not is_share(path):
            out[confidences[path]].append(row)
    return out


def test_without_a_draw_every_number_is_the_librarys() -> None:
    assert values(None) == {each.path: each.value for each in quantities()}


def test_each_confidence_spreads_as_the_library_says(logs: dict[str, list[np.ndarray]]) -> None:
    spreads = [np.std(logs[name]) for name in CONFIDENCES]
    stated = [quantity(f"uncertainty/spread/{name}", "1") for name in CONFIDENCES]
    assert spreads == pytest.approx(stated, rel=0.1)
    assert stated == sorted(stated)
    # Medians stay where they are.
    assert [np.median(logs[name]) for name in CONFIDENCES] == pytest.approx([0.0] * 4, abs=0.02)


def test_parameters_are_drawn_apart(logs: dict[str, list[np.ndarray]]) -> None:
    correlations = np.corrcoef(logs["assumed"])
    beside = correlations[~np.eye(len(correlations), dtype=bool)]
    assert np.sqrt((beside**2).mean()) == pytest.approx(1.0 / np.sqrt(len(DRAWS) - 1), rel=0.1)


def test_two_draws_differ_in_every_uncertain_parameter() -> None:
    first, second = values(0), values(1)
    assert {path for path in first if first[path] != second[path]} == {
        each.path for each in quantities() if is_uncertain(each.path) and each.value != 0.0
    }


@pytest.mark.parametrize("draw", [0, 7])
def test_definitions_labels_and_patients_never_move(draw: int) -> None:
    point, moved = values(None), values(draw)
    kept = (
        "toxicities/ctcae/",
        "tumours/response/",
        "regimens/",
        "boxes/",
        "cohorts/",
        "uncertainty/",
    )
    for path, value in moved.items():
        within = path.split("/")
        certain = (
            path.startswith(kept)
            or within[-1] in ("molar_mass", "infusion", "gfr_cap", "assay_sd", "measurement_sd")
            or within[-1].endswith("_reference")
            or within[-2:] == ["reference", "dose"]
            or "frequency" in within
            or "prevalence" in within
            or "function" in within
            or within[-1].startswith(("baseline_", "circulating"))
        )
        if certain:
            assert value == point[path], path


@pytest.mark.parametrize("pattern", [*UNCERTAIN, *CERTAIN, *SHARES])
def test_every_pattern_names_something(pattern: str) -> None:
    assert any(fnmatchcase(each.path, pattern) for each in quantities())


def test_what_is_medicine_and_not_definition_is_uncertain() -> None:
    for path in (
        "drugs/docetaxel/kinetics/clearance_intercept",
        KILL,
        "effects/cisplatin/nephrotoxicity/loss",
        "tumours/NSCLC/growth_rate",
        "tumours/common/effect_half_life",
        "tumours/LGG/damage",
        "toxicities/febrile_neutropenia/hazard",
        "toxicities/acute/mucositis_exponent",
        "genes/tumour/LGG/TP53/effect/kill",
    ):
        assert is_uncertain(path), path


@given(st.floats(1e-6, 1.0 - 1e-6), st.integers(0, 10_000))
def test_a_share_stays_a_share(value: float, draw: int) -> None:
    factor = drawn_factor("toxicities/febrile_neutropenia/fatality", value, spread=3.0, draw=draw)
    assert 0.0 < value * factor < 1.0


def test_a_share_moves_on_the_logit_scale() -> None:
    path = "genes/DPYD/clearance_share"
    rows = [drawn_factor(path, 0.85, spread=0.3, draw=draw) * 0.85 for draw in range(2000)]
    logits = np.log(rows) - np.log1p(-np.array(rows))
    assert logits.mean() == pytest.approx(np.log(0.85 / 0.15), abs=0.02)
    assert logits.std() == pytest.approx(0.3, rel=0.05)


def test_a_draw_is_the_same_in_any_process_and_in_any_order() -> None:
    names = ["docetaxel", "carboplatin", "paclitaxel"]
    code = (
        "import json\n"
        "from posology.library import drawn, drawn_parameters\n"
        "from posology.patients import reference_area\n"
        "with drawn_parameters(4):\n"
        f"    print(json.dumps([dict(drawn(4)), [reference_area(n) for n in {names[::-1]}]]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    factors, areas = json.loads(ran.stdout)
    for draw in (9, None, 4):
        with drawn_parameters(draw):
            here = [reference_area(name) for name in names]
    assert factors == dict(drawn(4))
    assert areas == here[::-1]


def test_what_is_remembered_of_one_draw_is_not_told_in_another() -> None:
    def area(draw: int | None) -> float:
        with drawn_parameters(draw):
            return reference_area("docetaxel")

    first = [area(draw) for draw in (None, 0, 1, None, 1, 0)]
    assert first[:3] == [first[3], first[5], first[4]]
    assert len(set(first)) == 3


def test_the_draw_within_another_counts_alone_and_the_outer_returns() -> None:
    point = quantity(KILL, "1")
    with drawn_parameters(1):
        outer = quantity(KILL, "1")
        with drawn_parameters(None):
            assert quantity(KILL, "1") == point
        assert quantity(KILL, "1") == outer != point
        with pytest.raises(RuntimeError), drawn_parameters(2):
            raise RuntimeError
        assert quantity(KILL, "1") == outer
    assert quantity(KILL, "1") == point


def test_threads_have_draws_of_their_own() -> None:
    expected = [values(draw)[KILL] for draw in range(8)]

    def read(draw: int) -> set[float]:
        with drawn_parameters(draw):
            return {quantity(KILL, "1") for _ in range(2000)}

    with drawn_parameters(99), ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(8))) == [{each} for each in expected]
        # A thread starts at the point estimate, whatever is in force where it was started.
        assert pool.submit(quantity, KILL, "1").result() == values(None)[KILL]


def test_a_negative_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="numbered from 0; got -1"), drawn_parameters(-1):
        pass


def test_the_typical_patient_is_the_same_in_every_draw() -> None:
    with drawn_parameters(3):
        moved = Covariates.typical()
    assert moved.crcl_ml_min == Covariates.typical().crcl_ml_min
