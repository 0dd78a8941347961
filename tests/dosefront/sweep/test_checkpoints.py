"""Checkpoints of trials under way."""

from pathlib import Path

import pytest

from dosefront.errors import UsageError
from dosefront.sweep.checkpoints import Checkpoints

pytestmark = pytest.mark.integration


def put(root: Path, session: int, trial: str, number: int) -> Path:
    place = root / f"session-{session:04d}" / trial / f"checkpoint_{number:06d}"
    place.mkdir(parents=True)
    (place / "state").write_text("x")
    return place


def test_every_driver_has_a_session_of_its_own(tmp_path: Path) -> None:
    checkpoints = Checkpoints.at(tmp_path / "c")
    assert checkpoints.new_session() == "session-0001"
    put(tmp_path / "c", 9, "a", 0)
    assert checkpoints.new_session() == "session-0010"


def test_the_newest_checkpoint_comes_first_over_all_sessions(tmp_path: Path) -> None:
    checkpoints = Checkpoints.at(tmp_path)
    places = [put(tmp_path, *each) for each in ((1, "a", 0), (1, "a", 2), (2, "a", 1))]
    put(tmp_path, 2, "b", 7)
    assert checkpoints.of("a") == tuple(str(each) for each in reversed(places))
    assert checkpoints.of("c") == ()


def test_once_one_is_whole_those_of_earlier_drivers_go(tmp_path: Path) -> None:
    checkpoints = Checkpoints.at(tmp_path)
    old, new, other = (put(tmp_path, *each) for each in ((1, "a", 0), (2, "a", 0), (1, "b", 0)))
    checkpoints.forget("a", but="session-0002")
    assert [each.exists() for each in (old, new, other)] == [False, True, True]
    checkpoints.clear()
    assert not tmp_path.exists()
    checkpoints.clear()


def test_a_uri_keeps_its_options_behind_the_path(tmp_path: Path) -> None:
    checkpoints = Checkpoints("s3://bucket/run?endpoint_override=localhost:1")
    assert checkpoints._place("x/y") == "s3://bucket/run/x/y?endpoint_override=localhost:1"


def test_a_place_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot be reached.*resources\.storage"):
        Checkpoints.at(tmp_path / "file" / "below")
    with pytest.raises(UsageError, match=r"nosuch://bucket, which cannot be reached"):
        Checkpoints.at("nosuch://bucket")
