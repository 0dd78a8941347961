"""Checkpoints of trials under way: where they lie, which is newest, and their end."""

from dataclasses import dataclass
from pathlib import Path

from pyarrow import fs

from dosefront.errors import StorageError, UsageError

SESSION = "session-"
"""Each driver of a run writes below a folder of its own, since Tune numbers from 0 every time."""


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one run, in a folder or an object store.

    Below ``root`` lie `session-N/TRIAL/checkpoint_NNNNNN`, as Tune writes them; N grows with each
    driver that ran the run.
    """

    root: str
    """A path, or a URI that pyarrow understands."""

    @classmethod
    def at(cls, place: str | Path) -> "Checkpoints":
        """Those at a place, which is made when it is missing.

        Raises:
            UsageError: no such place can be reached from here.
        """
        root = place if isinstance(place, str) and "://" in place else str(Path(place).resolve())
        made = cls(root)
        try:
            files, path = made._open()
            files.create_dir(path, recursive=True)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"checkpoints are to be kept at {root}, which cannot be reached: "
                f"{str(error).rstrip('.')}. {_advice(root, str(error))}"
            ) from error
        return made

    def put_mark(self, name: str) -> None:
        """Write an empty file, for other machines to see."""
        files, path = self._open()
        files.open_output_stream(f"{path}/{name}").close()

    def take_mark(self, name: str) -> bool:
        """Delete a file that `put_mark` wrote, and say whether it was there."""
        files, path = self._open()
        if files.get_file_info(f"{path}/{name}").type == fs.FileType.NotFound:
            return False
        files.delete_file(f"{path}/{name}")
        return True

    def new_session(self) -> str:
        """The name of a session that no driver has used."""
        taken = [int(name.removeprefix(SESSION)) for name in self._sessions()]
        return f"{SESSION}{max(taken, default=0) + 1:04d}"

    def of(self, trial_id: str) -> tuple[str, ...]:
        """Places of a trial's checkpoints, newest first."""
        places = []
        for session in sorted(self._sessions(), reverse=True):
            names = self._names(f"{session}/{trial_id}", "checkpoint_")
            places += [
                self._place(f"{session}/{trial_id}/{name}") for name in sorted(names, reverse=True)
            ]
        return tuple(places)

    def forget(self, trial_id: str, *, but: str | None = None) -> None:
        """Delete a trial's checkpoints, apart from those of one session."""
        files, path = self._open()
        for session in self._sessions():
            if session != but and self._names(f"{session}/{trial_id}", "checkpoint_"):
                files.delete_dir(f"{path}/{session}/{trial_id}")

    def clear(self) -> None:
        """Delete everything: the run is complete."""
        files, path = self._open()
        try:
            files.delete_dir(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageError(f"cannot delete the checkpoints at {self.root}: {error}") from error

    def _open(self) -> tuple[fs.FileSystem, str]:
        if "://" not in self.root:
            return fs.LocalFileSystem(), self.root
        files, path = fs.FileSystem.from_uri(self.root)
        return files, path

    def _place(self, below: str) -> str:
        address, mark, options = self.root.partition("?")
        return f"{address.rstrip('/')}/{below}{mark}{options}"

    def _sessions(self) -> list[str]:
        return self._names("", SESSION)

    def _names(self, below: str, beginning: str) -> list[str]:
        files, path = self._open()
        selector = fs.FileSelector(f"{path}/{below}".rstrip("/"), allow_not_found=True)
        found = [each.base_name for each in files.get_file_info(selector)]
        return [name for name in found if name.startswith(beginning)]


def _advice(root: str, found: str) -> str:
    """What to do about a place that cannot be reached."""
    if "://" not in root:
        return "Give resources.storage a folder that can be written here."
    if "not found" in found:
        return "Make the bucket, or name another in resources.storage."
    if any(each in found for each in ("ACCESS_DENIED", "Forbidden", "credentials", "SIGNATURE")):
        return (
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role, on every machine where "
            "it starts Ray; no key belongs into the experiment."
        )
    return (
        "Correct resources.storage: a store that is not Amazon's is named by endpoint_override in "
        "the URI, one without TLS also by scheme=http."
    )
