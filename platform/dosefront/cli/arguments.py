"""What commands share: two consoles, and arguments of one meaning."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

narration = Console(stderr=True, soft_wrap=True)
data = Console(soft_wrap=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Experiment, a YAML file.")]
Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder of a run, such as runs/quickstart.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Replace a value, e.g. seeds=[1,2,3]."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RayAddress = Annotated[
    str,
    typer.Option(
        help="Ray to use: local starts one here, auto joins the one of this machine, "
        "HOST:6379 the one of that head, from one of its machines."
    ),
]
MaxWait = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="Stop when no machine could take a trial for so long; wait for ever if left out.",
    ),
]
Dashboard = Annotated[
    str, typer.Option("--address", metavar="URL", help="The cluster, e.g. http://HOST:8265.")
]
Job = Annotated[str, typer.Argument(metavar="JOB", help="Job that `dosefront submit` named.")]


def progress_bar() -> Progress:
    """A bar of what is under way that leaves nothing behind, and shows nothing off a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=narration,
        transient=True,
        disable=not narration.is_terminal,
    )
