"""Covariates: drawn as the library says, and refused where no patient has them."""

import numpy as np
import pytest

from posology.library import quantity, tumour_names
from posology.patients import ANCESTRIES, Covariates, draw_covariates, plausible_range
from posology.patients.covariates import PLAUSIBLE_UNITS

N = 20_000


@pytest.fixture(scope="module", params=tumour_names())
def tumour(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def drawn(tumour: str) -> Covariates:
    return draw_covariates(77, np.arange(N), tumour=tumour)


@pytest.fixture(scope="module")
def lung() -> Covariates:
    return draw_covariates(77, np.arange(N), tumour="NSCLC")


def cohorts(path: str, unit: str) -> float:
    return quantity(f"cohorts/{path}", unit)


def assert_share(found: np.ndarray, share: float) -> None:
    """Share of true entries, within four standard errors."""
    assert abs(found.mean() - share) <= 4.0 * np.sqrt(share * (1.0 - share) / found.size) + 1e-12


def assert_normal(found: np.ndarray, mean: float, sd: float) -> None:
    """Mean and standard deviation, within four standard errors and 2 % of the deviation."""
    assert abs(found.mean() - mean) <= 4.0 * sd / np.sqrt(found.size) + 0.02 * sd
    assert found.std() == pytest.approx(sd, rel=4.0 / np.sqrt(2.0 * found.size) + 0.02)


def test_age_keeps_the_trials_mean_and_range(tumour: str, drawn: Covariates) -> None:
    sd = cohorts(f"{tumour}/age_sd", "y")
    low, high = (cohorts(f"{tumour}/age_{end}", "y") for end in ("low", "high"))
    assert low <= drawn.age_years.min() <= drawn.age_years.max() <= high
    # Ranges cut the tails and creatinine clearance takes the oldest out: a tenth of a deviation.
    assert drawn.age_years.mean() == pytest.approx(cohorts(f"{tumour}/age_mean", "y"), abs=0.2 * sd)
    assert 0.85 * sd < drawn.age_years.std() < 1.02 * sd


def test_shares_of_sex_status_and_smoking_are_the_librarys(tumour: str, drawn: Covariates) -> None:
    # Body surface and clearance screen small women a little more often than men.
    assert drawn.female.mean() == pytest.approx(
        cohorts(f"{tumour}/female_share", "1"), abs=0.03 + 4.0 * 0.5 / np.sqrt(N)
    )
    assert_share(drawn.ecog == 0, cohorts(f"{tumour}/ecog0_share", "1"))
    assert_share(drawn.ecog == 2, cohorts(f"{tumour}/ecog2_share", "1"))
    assert_share(drawn.ever_smoker, cohorts(f"{tumour}/ever_smoker_share", "1"))


def test_ancestry_prior_lines_and_hepatic_impairment_come_in_their_shares(
    drawn: Covariates,
) -> None:
    for index, name in enumerate(ANCESTRIES):
        assert_share(drawn.ancestry == index, cohorts(f"population/ancestry/{name}", "1"))
    assert_share(drawn.prior_lines == 1, cohorts("population/prior_therapy_share", "1"))
    assert_share(drawn.hepatic_impairment, cohorts("laboratory/hepatic_impairment_share", "1"))


def test_heights_and_weights_are_those_of_the_sex(lung: Covariates) -> None:
    for sex, chosen in (("female", lung.female), ("male", ~lung.female)):
        height, weight = lung.height_cm[chosen], lung.weight_kg[chosen]
        # Who is below the least body surface, or has too little clearance, is screened out.
        sd = cohorts(f"body/height_{sex}_sd", "cm")
        assert height.mean() == pytest.approx(cohorts(f"body/height_{sex}", "cm"), abs=0.1 * sd)
        assert height.std() == pytest.approx(sd, rel=0.04)
        shifted = np.log(weight - cohorts("body/weight_cancer_shift", "kg"))
        omega = cohorts(f"body/weight_{sex}_omega", "1")
        assert np.median(shifted) == pytest.approx(
            np.log(cohorts(f"body/weight_{sex}", "kg")), abs=0.15 * omega
        )
        assert shifted.std() == pytest.approx(omega, rel=0.08)


def test_laboratory_values_keep_their_published_means_and_spreads(lung: Covariates) -> None:
    assert_normal(
        lung.haemoglobin_g_dl,
        cohorts("laboratory/haemoglobin", "g/dL"),
        cohorts("laboratory/haemoglobin_sd", "g/dL"),
    )
    assert_normal(
        lung.lvef_pct, cohorts("laboratory/lvef", "%"), cohorts("laboratory/lvef_sd", "%")
    )
    for column, name, unit in (
        (lung.bilirubin_umol_l, "bilirubin", "umol/L"),
        (lung.aag_g_l, "aag", "g/L"),
    ):
        omega = cohorts(f"laboratory/{name}_omega", "1")
        assert_normal(np.log(column), np.log(cohorts(f"laboratory/{name}", unit)), omega)
    fittest = lung.albumin_g_l[lung.ecog == 0]
    assert fittest.mean() == pytest.approx(cohorts("laboratory/albumin", "g/L"), abs=0.3)
    frailest = lung.albumin_g_l[lung.ecog == 2]
    fall = frailest.mean() - fittest.mean()
    assert fall == pytest.approx(cohorts("laboratory/albumin_ecog2", "g/L"), abs=0.7)


def test_covariates_are_correlated_as_declared(lung: Covariates) -> None:
    fit = lung.ecog == 0  # performance status shifts albumin
    for found, name in (
        ((lung.albumin_g_l[fit], np.log(lung.aag_g_l[fit])), "albumin_aag"),
        ((lung.albumin_g_l[fit], lung.haemoglobin_g_dl[fit]), "haemoglobin_albumin"),
        # Clearance screens the light, which takes a little from the correlation.
        ((lung.height_cm[~lung.female], np.log(lung.weight_kg[~lung.female])), "weight_height"),
    ):
        correlation = np.corrcoef(*found)[0, 1]
        assert correlation == pytest.approx(cohorts(f"correlations/{name}", "1"), abs=0.04)


def test_body_surface_and_clearance_follow_their_formulas(lung: Covariates) -> None:
    assert lung.bsa_m2 == pytest.approx(np.sqrt(lung.height_cm * lung.weight_kg / 3600.0))
    factor = np.where(lung.female, 1.04, 1.23)
    gault = (140.0 - lung.age_years) * lung.weight_kg * factor / lung.creatinine_umol_l
    assert lung.crcl_ml_min == pytest.approx(np.minimum(gault, 150.0))


def test_albumin_is_lower_with_pancreatic_cancer() -> None:
    same_people = (draw_covariates(3, np.arange(N), tumour=t) for t in ("PANCREAS", "CRC"))
    pancreas, bowel = (c.albumin_g_l[c.ecog == 0].mean() for c in same_people)
    assert pancreas - bowel == pytest.approx(-2.0, abs=0.3)


IMPOSSIBLE = {
    "age_years": (300.0, r"age_years must be 18 to 110 y; got 300 \(patient 1\)"),
    "ecog": (7, "ecog must be 0 to 4; got 7"),
    "height_cm": (1.75, "height_cm must be 120 to 230 cm; got 1.75"),
    "weight_kg": (-5.0, "weight_kg must be 25 to 300 kg; got -5"),
    "bsa_m2": (18.0, "bsa_m2 must be 0.9 to 3.5 m2; got 18"),
    "creatinine_umol_l": (0.9, "creatinine_umol_l must be 15 to 1500 umol/L; got 0.9"),
    "crcl_ml_min": (900.0, "crcl_ml_min must be 3 to 250 mL/min; got 900"),
    "albumin_g_l": (400.0, "albumin_g_l must be 10 to 65 g/L; got 400"),
    "aag_g_l": (126.0, "aag_g_l must be 0.1 to 8 g/L; got 126"),
    "bilirubin_umol_l": (0.5, "bilirubin_umol_l must be 1 to 800 umol/L; got 0.5"),
    "haemoglobin_g_dl": (126.0, "haemoglobin_g_dl must be 3 to 25 g/dL; got 126"),
    "lvef_pct": (0.62, "lvef_pct must be 5 to 90 %; got 0.62"),
    "ancestry": (4, "ancestry must be 0 to 3; got 4"),
    "prior_lines": (-1, "prior_lines must be 0 to 1; got -1"),
}


def columns(patients: int) -> dict[str, np.ndarray]:
    return dict(vars(Covariates.typical(patients)))


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_impossible_covariate_is_refused(name: str) -> None:
    value, message = IMPOSSIBLE[name]
    given = columns(3)
    given[name] = given[name].copy()
    given[name][1] = value
    with pytest.raises(ValueError, match=message):
        Covariates(**given)


def test_every_covariate_with_a_scale_has_a_plausible_range() -> None:
    scaled = {k for k, v in columns(1).items() if v.dtype != bool}
    assert scaled == set(PLAUSIBLE_UNITS) == set(IMPOSSIBLE)
    assert all(low < high for low, high in map(plausible_range, PLAUSIBLE_UNITS))


def test_a_covariate_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="weight_kg must be 25 to 300 kg; got nan"):
        Covariates(**columns(1) | {"weight_kg": np.array([np.nan])})


def test_creatinine_may_be_unknown_where_its_clearance_is_given() -> None:
    given = Covariates(**columns(1) | {"creatinine_umol_l": np.array([np.nan])})
    assert given.crcl_ml_min[0] == 85.0


def test_what_is_not_stated_is_the_typical_patients() -> None:
    stated = ("age_years", "female", "ecog", "bsa_m2", "creatinine_umol_l", "crcl_ml_min")
    stated += ("albumin_g_l", "aag_g_l")
    given = {name: column for name, column in columns(2).items() if name in stated}
    given["bsa_m2"] = np.array([1.5, 2.0])
    made = Covariates(**given)
    assert made.haemoglobin_g_dl.tolist() == [12.6, 12.6]
    assert made.height_cm.tolist() == [172.0, 172.0]
    assert np.sqrt(made.height_cm * made.weight_kg / 3600.0) == pytest.approx([1.5, 2.0])


def test_the_typical_patient_agrees_with_the_formulas() -> None:
    typical = Covariates.typical()
    assert typical.bsa_m2 == pytest.approx(np.sqrt(typical.height_cm * typical.weight_kg / 3600.0))
    gault = (140.0 - typical.age_years) * typical.weight_kg * 1.23 / typical.creatinine_umol_l
    assert typical.crcl_ml_min == pytest.approx(gault)


def test_no_draw_is_ever_refused_as_implausible() -> None:
    for tumour in tumour_names():  # a draw outside a plausible range would raise
        draw_covariates(5, np.arange(100_000), tumour=tumour)


def test_limits_that_nobody_meets_are_refused() -> None:
    with pytest.raises(ValueError, match="were not eligible after 1 draws"):
        draw_covariates(5, np.arange(2000), tumour="PROSTATE", attempts=1)
