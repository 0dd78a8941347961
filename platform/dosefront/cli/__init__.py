"""The command line. stdout carries data, stderr carries what people read meanwhile.

Ray, torch, wandb, matplotlib and the simulator take seconds to import: the commands that need them
import their rooms themselves, and this package is the only place that does so.
"""

from dosefront.cli.program import main

__all__ = ["main"]
