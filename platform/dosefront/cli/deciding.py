"""The command that recommends a policy."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from dosefront.cli.arguments import AsJson, Run, data, narration
from dosefront.errors import InfeasibleError
from dosefront.records import RunFolder

if TYPE_CHECKING:
    from dosefront.decide import Recommendation


def recommend(
    run: Run,
    maximise: Annotated[
        str,
        typer.Option(metavar="NAME", help="Objective or endpoint, such as response or efficacy."),
    ],
    cap: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME<=NUMBER", help='Such as "sae<=0.15"; may be repeated.'),
    ] = None,
    subgroup_cap: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP:NAME<=NUMBER", help='Such as "renal_impaired:sae<=0.20"; repeated.'
        ),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of each cap's limit, one-sided.")] = 0.95,
    method: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help="upper-limit takes the most of NAME within the caps; asf, knee and regret take "
            "by geometry.",
        ),
    ] = "upper-limit",
    mixtures: Annotated[
        bool, typer.Option("--mixtures", help="Offer randomising patients between two policies.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Recommend the policy with the most benefit among those known to keep the caps.

    Exits with 4 when no policy is known to keep them.
    """
    from dosefront.decide import Request
    from dosefront.decide import recommend as recommended
    from dosefront.report import infeasible_sentence, protocol_sentence

    folder = RunFolder(run)
    found = recommended(
        folder,
        Request(
            maximise=maximise,
            caps=tuple(cap or ()),
            subgroup_caps=tuple(subgroup_cap or ()),
            confidence=confidence,
            method=method,
            mixtures=mixtures,
        ),
    )
    if as_json:
        print(json.dumps({**found.to_mapping(), "protocol": protocol_sentence(found)}, indent=2))
    else:
        _print(found)
    if found.chosen is None:
        raise InfeasibleError(infeasible_sentence(found))
    narration.print(
        f"Next: dosefront export {folder.path} --point {found.chosen.id}", highlight=False
    )


def _print(found: "Recommendation") -> None:
    from dosefront.report import (
        hidden_options,
        protocol_sentence,
        recommendation_lines,
        shortlist_table,
        subgroups_table,
    )

    for line in recommendation_lines(found):
        print(line)
    print()
    data.print(shortlist_table(found), soft_wrap=False, highlight=False)
    if rest := hidden_options(found):
        print(f"{rest} more lie beyond the caps: --json")
    if found.subgroups:
        print()
        data.print(subgroups_table(found), soft_wrap=False, highlight=False)
        print("! limit beyond the cap on all patients; subgroups are no part of the test")
    print()
    print(protocol_sentence(found))
