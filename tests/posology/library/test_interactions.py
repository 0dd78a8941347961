"""Drugs that change each other's clearance, add up in the marrow, or are never given together."""

from itertools import permutations

import pytest

from posology.library import (
    CONFIDENCES,
    clearance_factor,
    comedications,
    contraindicated,
    drug_names,
    keys,
    marrow_groups,
    marrow_kill_factor,
    nephrotoxicity_factor,
    text,
)


def test_ketoconazole_halves_the_clearance_of_docetaxel() -> None:
    # Engels 2004: a decrease of 49 %.
    assert clearance_factor("docetaxel", "strong-CYP3A-inhibitor") == pytest.approx(1.0 - 0.49)


def test_st_johns_wort_takes_42_percent_of_sn_38() -> None:
    # Mathijssen 2002; a clearance is dose over area.
    factor = clearance_factor("irinotecan", "st-johns-wort")
    assert 1.0 / factor == pytest.approx(1.0 - 0.42, rel=0.01)


def test_paclitaxel_slows_doxorubicin_and_not_the_other_way_round() -> None:
    assert clearance_factor("doxorubicin", "paclitaxel") == 0.7
    assert clearance_factor("paclitaxel", "doxorubicin") == 1.0


def test_an_agent_has_the_interactions_of_its_drug() -> None:
    assert clearance_factor("fluorouracil-bolus", "cimetidine") == clearance_factor(
        "fluorouracil", "cimetidine"
    )


def test_what_is_not_known_to_interact_has_a_factor_of_1() -> None:
    assert clearance_factor("carboplatin", "aprepitant") == 1.0
    assert nephrotoxicity_factor("docetaxel", "nephrotoxic-drug") == 1.0


def test_nephrotoxic_drugs_add_to_cisplatins_harm_to_the_kidneys() -> None:
    assert nephrotoxicity_factor("cisplatin", "nephrotoxic-drug") > 1.0


@pytest.mark.parametrize("name", ["docetaxol", "st-john-wort"])
def test_an_unknown_name_is_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(ValueError, match=r"Did you mean (docetaxel|st-johns-wort)"):
        clearance_factor("cisplatin", name)
    with pytest.raises(ValueError, match=f"knows no '{name}'"):
        contraindicated([name, "cisplatin"])


def test_every_interaction_names_drugs_and_partners_of_the_library() -> None:
    for kind in ("clearance", "nephrotoxicity"):
        for drug in keys(f"interactions/{kind}"):
            assert drug in drug_names()
            partners = set(keys(f"interactions/{kind}/{drug}"))
            assert partners <= {*drug_names(), *comedications()} - {drug}


def test_every_pair_names_a_drug_a_class_or_a_comedication() -> None:
    classes = {text(f"drugs/{drug}/class") for drug in drug_names()}
    known = {*drug_names(), *classes, *comedications()}
    for table in ("contraindicated", "marrow/additive"):
        for rule in keys(f"interactions/{table}"):
            path = f"interactions/{table}/{rule}"
            assert {text(f"{path}/first"), text(f"{path}/second")} <= known


@pytest.mark.parametrize("rule", keys("interactions/contraindicated"))
def test_every_contraindication_has_a_reason_a_source_and_a_confidence(rule: str) -> None:
    path = f"interactions/contraindicated/{rule}"
    assert len(text(f"{path}/reason")) > 20
    assert len(text(f"sources/{text(f'{path}/source')}")) > 10
    assert text(f"{path}/confidence") in CONFIDENCES


@pytest.mark.parametrize(
    ("drugs", "reason"),
    [
        (["cisplatin", "carboplatin"], "cisplatin and carboplatin: two platinums"),
        (["capecitabine", "oxaliplatin", "fluorouracil-bolus"], "the drug would be given twice"),
        (["capecitabine", "brivudine-sorivudine"], "dihydropyrimidine dehydrogenase"),
        (["irinotecan", "st-johns-wort"], "exposure to SN-38"),
        (["docetaxel", "paclitaxel"], "two taxanes"),
    ],
)
def test_pairs_that_are_never_given_are_refused_with_the_reason(
    drugs: list[str], reason: str
) -> None:
    for order in permutations(drugs):
        assert len(contraindicated(order)) == 1
    assert reason in contraindicated(drugs)[0]


def test_two_agents_of_one_drug_are_no_pair() -> None:
    assert contraindicated(["fluorouracil-bolus", "fluorouracil", "oxaliplatin"]) == ()


@pytest.mark.parametrize(
    "regimen", [name for name in keys("regimens") if "components" in keys(f"regimens/{name}")]
)
def test_no_regimen_of_the_library_is_contraindicated(regimen: str) -> None:
    assert contraindicated(keys(f"regimens/{regimen}/components")) == ()


@pytest.mark.parametrize(
    ("drugs", "groups", "order"),
    [
        (["docetaxel"], (0,), 1),
        (["docetaxel", "cisplatin"], (0, 1), 3),
        (["irinotecan", "fluorouracil-bolus", "fluorouracil"], (0, 0, 0), 1),
        (["oxaliplatin", "fluorouracil-bolus", "fluorouracil"], (0, 1, 1), 2),
        (["oxaliplatin", "irinotecan", "fluorouracil-bolus", "fluorouracil"], (0, 1, 1, 1), 2),
        (["fluorouracil", "oxaliplatin", "irinotecan"], (0, 1, 0), 2),
        (["gemcitabine", "carboplatin"], (0, 0), 1),
        (["carboplatin", "gemcitabine", "paclitaxel"], (0, 0, 1), 3),
        (["nab-paclitaxel", "gemcitabine"], (0, 1), 3),
        (["docetaxel", "doxorubicin", "cyclophosphamide"], (0, 1, 2), 3),
        (["fluorouracil-bolus", "doxorubicin", "cyclophosphamide"], (0, 1, 2), 3),
        (["etoposide", "cisplatin"], (0, 1), 2),
        (["irinotecan", "cisplatin"], (0, 1), 2),
        (["topotecan", "fluorouracil"], (0, 1), 2),
    ],
)
def test_drugs_that_add_up_share_a_group_and_taxanes_join_by_order_3(
    drugs: list[str], groups: tuple[int, ...], order: int
) -> None:
    assert marrow_groups(drugs) == (groups, order)


def test_gemcitabine_does_more_harm_to_the_marrow_beside_a_platinum_only() -> None:
    assert marrow_kill_factor("gemcitabine", ["gemcitabine", "cisplatin"]) == 1.3
    assert marrow_kill_factor("cisplatin", ["gemcitabine", "cisplatin"]) == 1.0
    assert marrow_kill_factor("gemcitabine", ["nab-paclitaxel", "gemcitabine"]) == 1.0
    assert marrow_kill_factor("irinotecan", ["irinotecan", "fluorouracil"]) == 1.0
