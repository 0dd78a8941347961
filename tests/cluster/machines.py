"""Machines on one host: each has a network, processes and a home of its own.

All of it lives inside one `unshare`, so that the kernel takes everything away, addresses, folders
and processes alike, when the first process in there ends, however it ends.
"""

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
HOMES = Path("/tmp/m")  # short: Ray's sockets live below it
HOME = Path("/tmp/home")
NETWORK = "10.77.0"


def why_not() -> str | None:
    """Why this host cannot have machines; None if it can."""
    try:
        tried = subprocess.run(
            [*UNSHARE, "sh", "-c", "mount -t tmpfs t /tmp && ip link add switch type bridge"],
            capture_output=True,
            text=True,
            timeout=30,
        )
    except OSError as error:
        return f"no `unshare` (util-linux): {error}"
    return f"no namespaces: {tried.stderr.strip()}" if tried.returncode else None


def furnish() -> None:
    """Called once inside `UNSHARE`: private folders, and a switch that machines are plugged into.

    Ends this process when its standard input does, as it does when the caller dies.
    """
    for folder in ("/tmp", "/run"):
        _do(f"mount -t tmpfs tmpfs {folder}")
    for command in ("link set lo up", "link add switch type bridge", "link set switch up"):
        _do(f"ip {command}")
    threading.Thread(target=_end_with_the_caller, daemon=True).start()


def _end_with_the_caller() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


@dataclass
class Machine:
    """One machine, plugged in.

    Its programs see their own processes only, and `HOME` is a folder that no other machine sees.
    """

    name: str
    number: int
    programs: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True)
        HOME.mkdir(exist_ok=True)
        _do(f"ip netns add {self.name}")
        _do(f"ip link add {self.name} type veth peer name eth0 netns {self.name}")
        _do(f"ip link set {self.name} master switch up")
        _do(f"ip -n {self.name} addr add {self.address}/24 dev eth0")
        for device in ("lo", "eth0"):
            _do(f"ip -n {self.name} link set {device} up")

    @property
    def address(self) -> str:
        """Its address, for the other machines."""
        return f"{NETWORK}.{self.number}"

    @property
    def home(self) -> Path:
        """Where its home folder lies for us."""
        return HOMES / self.name

    @property
    def has_ended(self) -> bool:
        """Whether a program that should stay has ended."""
        return any(program.poll() is not None for program in self.programs)

    def command(self, words: Sequence[str]) -> list[str]:
        """A command as it is run on this machine."""
        inside = f'mount --bind {self.home} {HOME} && cd {HOME} && exec "$@"'
        unshare = [word for word in UNSHARE if word != "--net"]
        return ["ip", "netns", "exec", self.name, *unshare, "sh", "-c", inside, "sh", *words]

    def start(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a program that stays; what it says goes to `log` in the machine's home."""
        with (self.home / "log").open("a") as log:
            self.programs.append(
                subprocess.Popen(
                    self.command(words),
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )

    def run(
        self, words: Sequence[str], environment: Mapping[str, str], *, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        return subprocess.run(
            self.command(words),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def unplug(self) -> None:
        """Cut it off: from now on nothing reaches it, and it learns nothing of that."""
        _do(f"ip link set {self.name} down")


def _do(command: str) -> None:
    subprocess.run(command.split(), check=True)
