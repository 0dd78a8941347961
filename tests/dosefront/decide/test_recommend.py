"""What is recommended of a run whose policies are known, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta

from dosefront.decide import Request, quantities_of, recommend
from dosefront.decide.quantities import named_quantity
from dosefront.errors import DosefrontError, FrontError, LedgerError, UsageError
from dosefront.front import Objective
from dosefront.records import PatientResults, read_front, write_front

HELD_OUT = 1000
SAE = Request("response", ("sae<=0.15",))
POLICIES = {1: (0.10, 0.02), 2: (0.30, 0.08), 3: (0.36, 0.12), 4: (0.40, 0.149), 5: (0.6, 0.5)}


def number(option):
    """Which of the made policies it is: its seed."""
    return option and int(option.label.rpartition(" s")[2])


def upper(rate, patients=HELD_OUT, confidence=0.95):
    events = round(rate * patients)
    return beta.ppf(confidence, events + 1, patients - events)


def test_the_most_response_whose_upper_limit_lies_below_the_cap_is_recommended(make_run):
    found = recommend(make_run(POLICIES), SAE)
    assert [number(option) for option in found.shortlist] == list(POLICIES)
    verdicts = [option.verdict for option in found.shortlist]
    assert verdicts == ["within", "within", "within", "beyond", "beyond"]
    assert number(found.chosen) == 3
    (judged,) = found.chosen.judged
    assert judged.limit == pytest.approx(upper(0.12))
    assert judged.margin == pytest.approx(0.15 - upper(0.12))
    assert (judged.estimate.value, judged.patients) == (0.12, HELD_OUT)


def test_the_estimate_below_the_cap_is_not_enough(make_run):
    """0.149 lies below 0.15; its upper limit does not."""
    found = recommend(make_run({4: POLICIES[4]}), SAE)
    assert found.chosen is None
    assert number(found.nearest) == 4
    assert found.nearest.judged[0].margin == pytest.approx(0.15 - upper(0.149))
    assert 0.4 < found.probability_feasible < 0.6


def test_the_order_and_the_choice_are_of_select_and_the_figures_of_held_out(make_run):
    on_select = {**POLICIES, 2: (0.38, 0.14)}
    found = recommend(make_run(POLICIES, on_select=on_select), SAE)
    assert number(found.chosen) == 2
    assert found.chosen.benefit.value == pytest.approx(0.30)
    assert [number(option) for option in found.shortlist][:3] == [1, 3, 2]


def test_nothing_is_claimed_of_a_policy_after_the_first_that_fails(make_run):
    on_select = {**POLICIES, 5: (0.05, 0.01)}  # thought the safest, and is not
    found = recommend(make_run(POLICIES, on_select=on_select), SAE)
    assert number(found.shortlist[0]) == 5
    assert [option.verdict for option in found.shortlist[:4]] == ["beyond", *["untested"] * 3]
    assert found.chosen is None


def test_the_price_of_the_next_point_is_a_paired_difference(make_run):
    found = recommend(make_run(POLICIES), SAE)
    trade = found.next_point
    assert number(trade.option) == 4
    assert trade.benefit.value == pytest.approx(0.40 - 0.36)
    (risk,) = trade.risks
    assert risk.value == pytest.approx(0.149 - 0.12)
    # 29 more patients of 1,000, none fewer: the spread of a rate of 0.029
    assert risk.high - risk.low == pytest.approx(2 * 1.96 * (0.029 * 0.971 / 1000) ** 0.5, rel=0.1)


def test_a_safer_policy_whose_response_cannot_be_told_apart_is_named(make_run):
    tied, on_select = {1: (0.299, 0.05), 2: (0.30, 0.08)}, {1: (0.28, 0.05), 2: (0.30, 0.08)}
    (tie,) = recommend(make_run(tied, on_select=on_select), SAE).safer_ties
    assert number(tie.option) == 1
    assert tie.risks[0].value == pytest.approx(-0.03)


def test_a_policy_with_less_response_is_no_tie(make_run):
    assert recommend(make_run(POLICIES), SAE).safer_ties == ()


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        ("serious adverse event <= 15 %", 3),
        ("toxicity<=0.45", 3),  # three events each
        ("sae<=0.15", 3),
        ("sae<=100%", 5),
        ("pfs>=100", 5),
        ("response>=0.35", 5),
        ("response>=0.6", None),
    ],
)
def test_caps_are_named_in_short_or_in_full_and_in_units_of_their_own(make_run, cap, expected):
    found = recommend(make_run(POLICIES), Request("efficacy", (cap,)))
    assert number(found.chosen) == expected


def test_a_yes_no_objective_is_judged_as_the_endpoint_that_it_is():
    sae = Objective("sae", "share of patients", "minimise", reference=1.0, ideal=0.0)
    judged = PatientResults(np.zeros((2, 1)), {"serious adverse event": np.array([True, False])})
    quantity = named_quantity("sae", quantities_of([sae], judged))
    assert (quantity.name, quantity.is_share) == ("serious adverse event", True)


def test_a_floor_is_kept_by_the_lower_limit(make_run):
    found = recommend(make_run({2: (0.30, 0.08)}), Request("pfs", ("response>=0.27",)))
    (judged,) = found.chosen.judged
    assert judged.limit == pytest.approx(beta.ppf(0.05, 300, 701))
    assert judged.margin == pytest.approx(judged.limit - 0.27)


def test_every_cap_must_be_kept(make_run):
    found = recommend(make_run(POLICIES), Request("response", ("sae<=0.15", "toxicity<=0.3")))
    assert number(found.chosen) == 2


def test_a_cap_on_a_subgroup_is_judged_on_its_patients_alone(make_run):
    """The first hundred patients have all the events of policies below 10 %."""
    folder = make_run(POLICIES, subgroups=True)
    request = replace(SAE, subgroup_caps=("renal_impaired:sae<=0.30",))
    found = recommend(folder, request)
    assert number(found.chosen) == 1
    assert found.chosen.judged[1].patients == 100
    assert found.chosen.judged[1].limit == pytest.approx(upper(0.2, patients=100))
    with_colon = recommend(folder, replace(SAE, subgroup_caps=("tumour:NSCLC:sae<=0.30",)))
    assert number(with_colon.chosen) == 3


def test_subgroups_are_told_of_the_recommended_policy(make_run):
    found = recommend(make_run(POLICIES, subgroups=True), SAE)
    renal, lung = found.subgroups
    assert (renal.name, renal.patients) == ("renal_impaired", 100)
    assert renal.judged[0].estimate.value == 1.0
    assert renal.judged[0].margin == pytest.approx(0.15 - 1.0)
    assert lung.judged[0].estimate.value == 0.0


def test_the_regimen_and_conventional_care_stand_beside_it(make_run):
    found = recommend(make_run(POLICIES), SAE)
    (cisplatin,) = found.regimen.drugs
    assert cisplatin.drug == "cisplatin"
    assert cisplatin.given.value == pytest.approx(0.5 + 0.1 * 0.36)
    assert cisplatin.usual.value == pytest.approx(0.5 + 0.1 * 0.30)
    assert (found.care.title, found.care.risks[0].value) == ("Label", 0.6)


def test_geometry_chooses_within_the_caps_alone(make_run):
    """Of 1, 2 and 3: scaled, (0, 1), (0.77, 0.4) and (1, 0)."""
    folder = make_run(POLICIES)
    for method in ("knee", "asf", "regret"):
        assert number(recommend(folder, replace(SAE, method=method)).chosen) == 2


def test_a_mixture_is_offered_when_asked_for_alone(make_run):
    folder = make_run(POLICIES)
    assert recommend(folder, SAE).mixture is None
    found = recommend(folder, replace(SAE, mixtures=True))
    assert number(found.chosen) == 3
    mixture = found.mixture
    assert (mixture.first, mixture.second) == (found.chosen.id, found.next_point.option.id)
    assert mixture.benefit.value > found.chosen.benefit.value
    assert mixture.judged[0].limit <= 0.15
    expected = (1.0 - mixture.share) * 0.12 + mixture.share * 0.149
    assert mixture.judged[0].estimate.value == pytest.approx(expected, abs=0.02)


def test_what_is_found_is_json(make_run):
    stored = json.loads(json.dumps(recommend(make_run(POLICIES), SAE).to_mapping()))
    assert stored["is_feasible"] is True
    assert stored["chosen"]["label"].endswith("s3")
    assert stored["question"]["caps"] == [
        {"quantity": "serious adverse event", "side": "<=", "bound": 0.15, "subgroup": None}
    ]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("respons", ("sae<=0.15",)), 'no objective or endpoint "respons".*"response"'),
        (Request("response", ("seriuos adverse event<=0.1",)), '"serious adverse event"'),
        (Request("response", ()), "needs a cap"),
        (Request("response", ("sae",)), "written NAME<=NUMBER"),
        (Request("response", ("sae<0.15",)), "written NAME<=NUMBER"),
        (Request("response", ("sae<=",)), "written NAME<=NUMBER"),
        (Request("response", ("<=0.1",)), "written NAME<=NUMBER"),
        (Request("response", ("sae<=nan",)), "written NAME<=NUMBER"),
        (Request("response", ("sae<=1e999",)), "between 0 and 1"),
        (Request("response", ("toxicity<=1e999",)), "finite"),
        (Request("response", ("sae<=15",)), "between 0 and 1.*write 15% or 0.15"),
        (Request("response", ("toxicity<=15%",)), "no share of patients but grade >= 3 events"),
        (Request("sae", ("sae<=0.15",)), "less of .* is better"),
        (Request("toxicity", ("sae<=0.15",)), "less of .* is better"),
        (replace(SAE, method="kneee"), '"knee"'),
        (replace(SAE, confidence=95.0), "below 1; got 95"),
        (replace(SAE, subgroup_caps=("renal_impaired:sae<=0.2",)), "tells no subgroups"),
    ],
)
def test_a_request_that_cannot_be_understood_is_refused_with_what_to_do(
    make_run, request_, message
):
    with pytest.raises(UsageError, match=message):
        recommend(make_run(POLICIES), request_)


@pytest.mark.parametrize(
    ("cap", "message"),
    [
        ("renal:sae<=0.2", "renal_impaired"),
        ("sae<=0.2", "written GROUP:NAME<=NUMBER"),
        ("renal_impaired:sea<=0.2", '"sae"'),
    ],
)
def test_a_subgroups_cap_that_cannot_be_understood_is_refused(make_run, cap, message):
    with pytest.raises(UsageError, match=message):
        recommend(make_run(POLICIES, subgroups=True), replace(SAE, subgroup_caps=(cap,)))


def test_a_subgroup_of_nobody_cannot_be_capped(make_run):
    folder = make_run(POLICIES)
    np.savez(folder.subgroups_npz, nobody=np.zeros(HELD_OUT, bool))
    with pytest.raises(UsageError, match='no held-out patient belongs to subgroup "nobody"'):
        recommend(folder, replace(SAE, subgroup_caps=("nobody:sae<=0.2",)))


def test_subgroups_of_other_patients_are_refused(make_run):
    folder = make_run(POLICIES)
    np.savez(folder.subgroups_npz, few=np.ones(10, bool))
    with pytest.raises(UsageError, match='must tell of 1000 held-out patients; its "few" tells of'):
        recommend(folder, SAE)


def test_a_folder_without_a_front_is_told(tmp_path, make_run):
    folder = make_run(POLICIES)
    folder.front_json.unlink()
    with pytest.raises(FrontError, match="No such file"):
        recommend(folder, SAE)


def test_an_empty_front_is_told(make_run):
    folder = make_run(POLICIES)
    write_front(folder, replace(read_front(folder.front_json), points=()))
    with pytest.raises(FrontError, match="has no points"):
        recommend(folder, SAE)


def test_the_run_of_an_older_schema_is_told(make_run):
    folder = make_run(POLICIES)
    stored = json.loads(folder.front_json.read_text())
    folder.front_json.write_text(json.dumps({**stored, "schema_version": 1}))
    with pytest.raises(FrontError, match="schema_version"):
        recommend(folder, SAE)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"PK"),
        lambda path: np.savez(path, other=np.zeros(3)),
        lambda path: np.savez(path, returns=np.zeros((3, 2))),
    ],
)
def test_missing_or_damaged_results_of_patients_are_told(make_run, damage):
    folder = make_run(POLICIES)
    trial = recommend(folder, SAE).chosen.id
    damage(folder.trial(trial) / "held-out.npz")
    with pytest.raises(DosefrontError, match=r"held-out\.npz"):
        recommend(folder, SAE)


def test_a_ledger_without_a_trial_of_the_front_is_told(make_run):
    folder = make_run(POLICIES)
    folder.ledger.unlink()
    with pytest.raises(LedgerError, match="5 are missing"):
        recommend(folder, SAE)
