"""The tables of the documentation that follow from the library: running this file writes them.

A table stands between `<!-- table: NAME -->` and `<!-- end of table -->`; a test compares it with
what this file makes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dosefront.experiment import written_component
from dosefront.experiment.doses import written_dose
from posology.dosing import environment_id, features
from posology.dosing.observation import COURSE, PATIENT, Feature, drug_features
from posology.library import (
    CONFIDENCES,
    DAYS_PER_WEEK,
    agent_names,
    comedications,
    keys,
    quantities,
    quantity,
    regimen_names,
    text,
    tumour_names,
)
from posology.patients import ANCESTRIES
from posology.treatment import DOSE_LEVELS, OBJECTIVES, Regimen, has_survival_link, objectives

DOCS = Path(__file__).parent
MARK = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown, with a line break at its end."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def regimens() -> str:
    """What the library's regimens give."""
    head = ["tumour", "name", "id", "given", "every", "cycles", "no cycle after", "followed to"]
    rows = [
        [
            each.tumour,
            each.name,
            f"`{environment_id(each.name)}`",
            ", ".join(map(written_component, each.components)),
            f"{each.interval_weeks * DAYS_PER_WEEK} d",
            each.cycles,
            f"week {each.treatment_weeks}",
            f"week {each.horizon_weeks}",
        ]
        for each in map(Regimen.labelled, regimen_names())
    ]
    return markdown(head, rows)


def support() -> str:
    """G-CSF, guardrails within a cycle, caps and genotype-guided doses by regimen."""
    head = [
        "regimen",
        "G-CSF by its protocol",
        "further doses held below",
        "stops below creatinine clearance",
        "cumulative cap",
        "neuropathy ends",
    ]
    rows = []
    for each in map(Regimen.labelled, regimen_names()):
        named = list(zip(each.drugs, each.rules.drugs, strict=True))
        rails = each.guardrails
        within = "-"
        if len(each.dose_weeks) > 1:
            low = (rails.within_neutrophils_low, rails.within_platelets_low)
            within = f"{low[0]:g} neutrophils, {low[1]:g} platelets"
        stops = [f"{d} {r.stop_crcl:g} mL/min" for d, r in named if r.stop_crcl > 0.0]
        caps = [
            f"{d} {r.cumulative_cap:g} mg/m2" for d, r in named if r.cumulative_cap < float("inf")
        ]
        nerves = [d for d, r in named if r.stop_neuropathy_grade < float("inf")]
        cells = (", ".join(listed) or "-" for listed in (stops, caps, nerves))
        rows.append([each.name, each.rules.gcsf, within, *cells])
    return markdown(head, rows)


def boxes() -> str:
    """The reference box of each regimen, reference to ideal."""
    rows, paid = [], ("efficacy", "toxicity", "twist", "drug")
    for name in keys("boxes"):
        described = objectives(name, paid)
        ends = [f"{each['reference']:g} to {each['ideal']:g}" for each in described]
        rows.append([name, *ends])
    return markdown(["regimen", *paid], rows)


def objective_table() -> str:
    """Name, unit, sense and meaning of every objective."""
    described = objectives(regimen_names()[0], OBJECTIVES)
    rows = [[each[key] for key in ("name", "unit", "sense", "description")] for each in described]
    return markdown(["objective", "unit", "sense", "meaning"], rows)


def feature_table() -> str:
    """The features of an observation, in order."""

    def row(feature: Feature) -> list[object]:
        numbers = [f"{feature.centre:g}", f"{feature.spread:g}"]
        return [feature.name, feature.unit, feature.transform, *numbers]

    shown = [*PATIENT, *COURSE, *drug_features("DRUG")]
    return markdown(["name", "unit", "transform", "centre", "spread"], map(row, shown))


def spaces() -> str:
    """Discrete actions and features by the number of a regimen's drugs."""
    by_drugs: dict[int, list[str]] = {}
    for name in regimen_names():
        by_drugs.setdefault(len(Regimen.labelled(name).drugs), []).append(name)
    rows = [
        [drugs, len(DOSE_LEVELS) ** drugs, len(features(Regimen.labelled(names[0]))), len(names)]
        for drugs, names in sorted(by_drugs.items())
    ]
    return markdown(["drugs", "discrete actions", "features", "regimens"], rows)


def interactions() -> str:
    """Factors on clearance and kidney loss by a partner."""
    rows = []
    for kind in ("clearance", "nephrotoxicity"):
        for drug in keys(f"interactions/{kind}"):
            for partner in keys(f"interactions/{kind}/{drug}"):
                found = quantity_at(f"interactions/{kind}/{drug}/{partner}")
                rows.append([kind, drug, partner, f"{found.value:g}", found.confidence])
    return markdown(["factor on", "drug", "partner", "factor", "confidence"], rows)


def comedication_table() -> str:
    """The medicines that each name of a co-medication stands for."""
    rows = [[f"`{name}`", text(f"interactions/comedications/{name}")] for name in comedications()]
    return markdown(["co-medication", "stands for"], rows)


def contraindications() -> str:
    """Pairs that are never given."""
    path = "interactions/contraindicated"
    rows = [
        [text(f"{path}/{rule}/{key}") for key in ("first", "second", "reason")]
        for rule in keys(path)
    ]
    return markdown(["one", "the other", "because"], rows)


def germline() -> str:
    """Inherited variants with their allele frequencies."""
    rows = []
    for gene in ("DPYD", "UGT1A1"):
        for variant in keys(f"genes/{gene}/variants"):
            place = f"genes/{gene}/variants/{variant}"
            has = "function" in keys(place)
            function = f"{quantity(f'{place}/function', '1'):g}" if has else "slow"
            shares = [quantity(f"{place}/frequency/{ancestry}", "1") for ancestry in ANCESTRIES]
            rows.append([gene, variant, function, *(f"{100.0 * x:g} %" for x in shares)])
    return markdown(["gene", "variant", "function", *ANCESTRIES], rows)


def tumour_genes() -> str:
    """Tumour genotypes with prevalence and effect."""
    rows = []
    for tumour in keys("genes/tumour"):
        for gene in keys(f"genes/tumour/{tumour}"):
            place = f"genes/tumour/{tumour}/{gene}"
            effect = "none here"
            if "effect" in keys(place):
                kill = quantity(f"{place}/effect/kill", "1")
                effect = f"{kill:g} times the kill of {text(f'{place}/effect/acts_on')}"
            rows.append([tumour, gene, prevalence(f"{place}/prevalence"), effect])
    return markdown(["tumour", "gene", "prevalence", "in carriers"], rows)


def prevalence(place: str) -> str:
    """A prevalence, by ancestry where it differs."""
    if "value" in keys(place):
        return f"{100.0 * quantity(place, '1'):g} %"
    shares = {each: quantity(f"{place}/{each}", "1") for each in keys(place)}
    return ", ".join(f"{each} {100.0 * share:g} %" for each, share in shares.items())


def agents() -> str:
    """Agents with their class, reference dose and the source of their kinetics."""
    rows = []
    for agent in agent_names():
        dose = quantity_at(f"drugs/{agent}/reference/dose")
        cited = Counter(
            each.source for each in quantities() if each.path.startswith(f"drugs/{agent}/kinetics/")
        )
        reference = written_dose(agent, dose.value)
        rows.append([agent, text(f"drugs/{agent}/class"), reference, brief(cited)])
    return markdown(["agent", "class", "reference dose", "kinetics after"], rows)


def brief(cited: Counter[str]) -> str:
    """Citations as first author and year, most numbers first, without our own assumptions."""
    words = []
    for source, _ in cited.most_common():
        if found := re.match(r"(\S+) [A-Z]{1,5}\b[^;]*?\b((?:19|20)\d\d)\b", source):
            words.append(f"{found[1]} {found[2]}")
    return ", ".join(dict.fromkeys(words)) or "label"


def tumours() -> str:
    """Tumours with their typical size and growth, and where these were taken from."""
    rows = []
    for tumour in tumour_names():
        size = quantity_at(f"tumours/{tumour}/baseline_sld")
        growth = "growth_rate" if "growth_rate" in keys(f"tumours/{tumour}") else "growth"
        rate = quantity_at(f"tumours/{tumour}/{growth}")
        rows.append(
            [
                tumour,
                f"{size.value:g} mm",
                size.confidence,
                f"{rate.value:g} {rate.unit}",
                rate.confidence,
                "yes" if has_survival_link(tumour) else "no",
            ]
        )
    head = ["tumour", "baseline size", "confidence", "growth", "confidence", "survival link"]
    return markdown(head, rows)


HOLDS = {
    "drugs": "kinetics of each agent, its reference dose, how drugs' deviations correlate",
    "effects": "what a reference exposure of each agent does to marrow, tumour, nerves, gut, "
    "kidneys, heart and red cells",
    "interactions": "factors on clearance and kidneys, how effects on the marrow combine",
    "tumours": "size, growth, resistance, new lesions, survival; RECIST",
    "toxicities": "the marrow's chains, hazards, G-CSF, assays; CTCAE",
    "genes": "frequencies, functions and effects of variants and tumour genotypes",
    "cohorts": "covariates of patients by tumour, their correlations and ranges",
    "regimens": "doses, days, cycles, eligibility, rules of dose modification, guardrails",
    "boxes": "reference boxes of the objectives",
    "uncertainty": "how far a parameter of the population may lie from its value",
}
"""What each table of the library holds."""


def counts() -> str:
    """Numbers of the library by table and confidence."""
    found = Counter((each.path.split("/")[0], each.confidence) for each in quantities())
    rows: list[list[object]] = []
    for table in dict.fromkeys(table for table, _ in found):
        by_confidence = [found[table, confidence] for confidence in CONFIDENCES]
        rows.append([f"`{table}`", HOLDS[table], *by_confidence, sum(by_confidence)])
    columns = list(zip(*(row[2:] for row in rows), strict=True))
    rows.append(["all", "", *(sum(map(int, map(str, column))) for column in columns)])
    return markdown(["table", "holds", *CONFIDENCES, "all"], rows)


def quantity_at(path: str):  # type: ignore[no-untyped-def]
    """The quantity at a path, whatever its unit."""
    return next(each for each in quantities() if each.path == path)


TABLES: dict[str, Callable[[], str]] = {
    "agents": agents,
    "boxes": boxes,
    "comedications": comedication_table,
    "contraindications": contraindications,
    "counts": counts,
    "features": feature_table,
    "germline": germline,
    "interactions": interactions,
    "objectives": objective_table,
    "regimens": regimens,
    "spaces": spaces,
    "support": support,
    "tumour-genes": tumour_genes,
    "tumours": tumours,
}
"""What makes each table."""


def filled(page: str) -> str:
    """The page with every table as the library has it now."""
    return MARK.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", page)


def main() -> None:
    """Write the tables into the pages."""
    for path in sorted(DOCS.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        path.write_text(filled(page), encoding="utf-8")


if __name__ == "__main__":
    main()
