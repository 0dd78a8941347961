"""How far a run is, as people read it."""

from rich.console import Group
from rich.table import Table

from dosefront.records import RunStatus


def status_text(status: RunStatus) -> Group:
    """A sentence on the whole, and a line for each running trial."""
    trials = {
        "finished": status.finished,
        "failed": status.failed,
        "running": len(status.running),
        "waiting": status.waiting,
    }
    counts = ", ".join(f"{count} {name}" for name, count in trials.items() if count)
    facts = [f"{status.run}: {status.state}", counts or "no trials"]
    if status.hypervolume is not None:
        facts.append(f"hypervolume {status.hypervolume:.3f} of the reference box")
    if status.seconds_left is not None and status.running:
        facts.append(f"about {duration(status.seconds_left)} left")
    if status.note:
        facts.append(status.note)
    table = Table(box=None, pad_edge=False, show_header=False)
    for trial in status.running:
        retries = f"begun again {trial.retries} times" if trial.retries else ""
        share = f"{trial.steps:,} of {trial.of:,} steps"
        table.add_row(trial.trial, trial.label, share, duration(trial.seconds), retries)
    return Group("; ".join(facts), table)


def duration(seconds: float) -> str:
    """A length of time in its two largest units.

    >>> duration(3725)
    '1 h 2 min'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
