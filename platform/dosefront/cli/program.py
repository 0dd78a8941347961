"""The program: every command in its place."""

import sys
from typing import NoReturn

import typer
from rich.markup import escape

from dosefront.cli.arguments import narration
from dosefront.cli.clinical import evaluate, headline
from dosefront.cli.cluster import cluster
from dosefront.cli.compare import compare
from dosefront.cli.deciding import recommend
from dosefront.cli.environments import audit, envs, validate_model
from dosefront.cli.figures import figures
from dosefront.cli.fronts import export, front
from dosefront.cli.jobs import logs, stop, submit
from dosefront.cli.report import report
from dosefront.cli.sweeping import resume, status, sweep, validate
from dosefront.cli.tracking import publish, sync
from dosefront.errors import DosefrontError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Map the trade-off between efficacy and toxicity of cancer drug combinations by "
    "multi-objective reinforcement learning. In silico, for research use only.",
)
PANELS = {
    "Experiments": (validate, sweep, resume, status),
    "Fronts": (front, compare, recommend, report, figures, export),
    "Clinic": (evaluate, headline),
    "Weights & Biases": (sync, publish),
    "Environments": (envs, audit, validate_model),
    "Clusters": (submit, logs, stop),
}
"""Every command, in the order in which `--help` lists them."""
for panel, commands in PANELS.items():
    for command in commands:
        app.command(command.__name__.replace("_", "-"), rich_help_panel=panel)(command)
app.add_typer(cluster, name="cluster", rich_help_panel="Clusters")


def main() -> None:
    """Run a command; errors are told without a traceback and set the exit code."""
    try:
        app()
    except DosefrontError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted", 130)


def _fail(message: str, code: int) -> NoReturn:
    narration.print(f"[bold red]error:[/] {escape(message)}", highlight=False)
    sys.exit(code)
