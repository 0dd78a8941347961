"""A sweep over several machines, one of which is cut off: the rehearsal, judged."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cluster

REHEARSAL = Path(__file__).with_name("rehearsal.py")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """What the rehearsal tells; it ends, and leaves nothing, when its standard input does."""
    with subprocess.Popen(
        [sys.executable, REHEARSAL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = process.stdout.read()
    assert process.returncode == 0
    answer: dict[str, Any] = json.loads(told)
    if "impossible" in answer:
        pytest.skip(answer["impossible"])
    return answer


def test_the_sweep_is_complete_without_the_machine_that_was_cut_off(found: dict[str, Any]) -> None:
    assert found["state"] == "complete"
    assert found["front"]["failed_trials"] == []
    points = sorted(point["weights"] for point in found["front"]["points"])
    thirds = [pytest.approx([share / 3, 1 - share / 3]) for share in range(4)]
    assert points == thirds


def test_the_trial_of_the_lost_machine_goes_on_where_it_was_saved(found: dict[str, Any]) -> None:
    cut = found["cut"]
    assert cut["goes_on_at"] > cut["steps_at_cut"] / 2
    assert "goes on from its last checkpoint after: " in found["log"]


def test_machines_share_nothing_but_the_store(found: dict[str, Any]) -> None:
    held = {"head": True, "worker1": False, "worker2": False, "user": False}
    assert found["runs"] == held


def test_checkpoints_leave_the_store_when_the_sweep_is_complete(found: dict[str, Any]) -> None:
    assert "DELETE /sweeps/rehearsal" in found["store"] or "POST /sweeps?delete" in found["store"]


def test_a_place_for_checkpoints_that_the_workers_do_not_see_is_refused(
    found: dict[str, Any],
) -> None:
    assert "every machine is to keep checkpoints at /tmp/home/checkpoints" in found["refusal"]
    assert "2 of 2 others cannot" in found["refusal"]
    for address in ("10.77.0.4", "10.77.0.5"):
        assert f"{address}: it does not see what is written here" in found["refusal"]


def test_nothing_is_left_when_whoever_rehearses_goes_away() -> None:
    before = stores()
    with subprocess.Popen(
        [sys.executable, REHEARSAL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        if "store is up" not in process.stderr.readline():
            pytest.skip(process.stdout.read())
        assert stores() == before + 1
        process.stdin.close()
        assert process.wait(timeout=60) != 0
    assert stores() == before
    assert not Path("/run/netns/store").exists()


def stores() -> int:
    """How many of our S3 run on this host, in whatever namespace."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            found += b'ThreadedMotoServer("0.0.0.0"' in b" ".join(words[:3])
    return found
