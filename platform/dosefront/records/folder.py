"""The folder of a run: where each of its files stands."""

from dataclasses import dataclass
from pathlib import Path

from dosefront.records.storage import storage_error, write_atomically


@dataclass(frozen=True)
class RunFolder:
    """Names the files of one run."""

    path: Path

    @property
    def experiment_yaml(self) -> Path:
        """The experiment with every default written out."""
        return self.path / "experiment.yaml"

    @property
    def ledger(self) -> Path:
        """What has ended so far, one JSON line each."""
        return self.path / "ledger.jsonl"

    @property
    def front_json(self) -> Path:
        """The front of the run."""
        return self.path / "front.json"

    @property
    def front_png(self) -> Path:
        """The front as a figure."""
        return self.path / "front.png"

    @property
    def table_csv(self) -> Path:
        """The front as a table."""
        return self.path / "table.csv"

    @property
    def wandb(self) -> Path:
        """Everything that Weights & Biases writes."""
        return self.path / "wandb"

    @property
    def lock(self) -> Path:
        """Held by the driver that runs the folder."""
        return self.path / "driver.lock"

    @property
    def status_json(self) -> Path:
        """How far the sweep is."""
        return self.path / "status.json"

    @property
    def checkpoints(self) -> Path:
        """Checkpoints of trials that have not ended, unless they are kept elsewhere."""
        return self.path / ".tune"

    @property
    def trials(self) -> Path:
        """The folders of the trials."""
        return self.path / "trials"

    def trial(self, trial_id: str) -> Path:
        """The folder of one trial."""
        return self.trials / trial_id

    def held_out(self, trial_id: str, number: int | None) -> Path:
        """What a trial's policy did to each held-out patient.

        A trial that was judged at many preferences has one for the number of each.
        """
        return self.trial(trial_id) / f"held-out{'' if number is None else f'-{number}'}.npz"

    def comparator_results(self, name: str) -> Path:
        """What a comparator did to each held-out patient."""
        return self.path / "comparators" / name / "held-out.npz"

    @property
    def subgroups_npz(self) -> Path:
        """Which held-out patients belong to which group."""
        return self.path / "subgroups.npz"

    def courses(self, arm: str) -> Path:
        """What happened to each held-out patient under a point of the front or a comparator."""
        return self.path / "courses" / f"{arm}.npz"

    def hang_trace(self, trial_id: str) -> Path:
        """Where a trial's process stood when it was ended for its silence."""
        return self.trial(trial_id) / "hang.txt"

    def create(self) -> None:
        """Create the folder and prove that it can be written, before hours of training."""
        probe = self.path / ".probe"
        try:
            self.trials.mkdir(parents=True, exist_ok=True)
            write_atomically(probe, b"dosefront can write here\n")
            probe.unlink()
        except OSError as error:
            raise storage_error(self.path, error) from error
