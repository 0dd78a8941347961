"""The command that draws figures for papers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dosefront.cli.arguments import AsJson, Run, data, narration
from dosefront.errors import UsageError
from dosefront.records import RunFolder

if TYPE_CHECKING:
    from dosefront.report.canvas import Format


def figures(
    run: Run,
    point: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="A point to show, its start if that is one; give it again for more. At most three "
            "spread along the front if left out.",
        ),
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Formats out of png, pdf and svg.")
    ] = "png",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder to write; RUN/figures if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the figures that oncologists read: the front, and courses against conventional care.

    Survival, waterfall, swimmer, adverse events, groups of patients, doses and single patients, on
    the held-out patients, paired. Environments without courses of treatment have the front's.
    """
    folder = RunFolder(run)
    written_as = _formats(formats)
    from dosefront.report.gallery import write_gallery

    target = out.expanduser() if out else run / "figures"
    gallery = write_gallery(folder, point or [], formats=written_as, out=target)
    if as_json:
        files = [str(path) for path in gallery.files]
        shown = {"points": gallery.points, "comparator": gallery.comparator, "files": files}
        print(json.dumps(shown, indent=2))
        return
    for path in gallery.files:
        data.print(str(path), highlight=False)
    against = "their courses against conventional care" if gallery.comparator else "the front alone"
    narration.print(
        f"{len(gallery.files)} files of {', '.join(gallery.points)}: {against}. In silico, for "
        f"research use only.\nNext: dosefront front {run}",
        highlight=False,
    )


def _formats(text: str) -> "list[Format]":
    known: "tuple[Format, ...]" = ("png", "pdf", "svg")
    asked = [each.strip().lower() for each in text.split(",")]
    if unknown := [each for each in asked if each not in known]:
        raise UsageError(
            f'--format must name formats out of {", ".join(known)}; got "{unknown[0]}". '
            "Write, for example, --format png,svg."
        )
    return [each for each in known if each in asked]
