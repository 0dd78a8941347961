"""Checkpoints of trials under way, in a folder and in an S3 on this machine."""

import logging
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import settings
from moto.server import ThreadedMotoServer
from pyarrow import fs

from dosefront.errors import UsageError
from dosefront.sweep.checkpoints import Checkpoints

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """HOST:PORT of an S3 with the bucket "sweeps"."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        store = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
        store.create_bucket(Bucket="sweeps")
        yield f"{host}:{port}"
        server.stop()


def bucket(endpoint: str, path: str) -> str:
    return f"s3://{path}?region=us-east-1&scheme=http&endpoint_override={endpoint}"


def put_object(place: str, text: str) -> None:
    files, path = fs.FileSystem.from_uri(place)
    with files.open_output_stream(path) as stream:
        stream.write(text.encode())


def test_in_an_object_store_they_are_found_forgotten_and_cleared_as_in_a_folder(
    endpoint: str,
) -> None:
    checkpoints = Checkpoints.at(bucket(endpoint, "sweeps/run"))
    assert checkpoints.new_session() == "session-0001"
    assert checkpoints.of("a") == ()
    for below in ("session-0001/a/checkpoint_000000", "session-0002/a/checkpoint_000003"):
        put_object(checkpoints._place(f"{below}/state"), "x")
    assert checkpoints.new_session() == "session-0003"
    newest, _ = checkpoints.of("a")
    assert newest == bucket(endpoint, "sweeps/run/session-0002/a/checkpoint_000003")
    checkpoints.forget("a", but="session-0002")
    assert checkpoints.of("a") == (newest,)
    checkpoints.clear()
    assert checkpoints.of("a") == ()
    checkpoints.clear()


def test_a_bucket_that_is_missing_is_told_by_its_name_and_not_made(endpoint: str) -> None:
    with pytest.raises(UsageError, match=r"Bucket 'sweep' not found.*Make the bucket"):
        Checkpoints.at(bucket(endpoint, "sweep/run"))


def test_a_key_that_the_store_refuses_is_told_with_the_variables_and_not_repeated(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)  # from now on, keys count
    with pytest.raises(UsageError, match=r"ACCESS_DENIED.*Set AWS_ACCESS_KEY_ID") as refusal:
        Checkpoints.at(bucket(endpoint, "sweeps/other"))
    assert "hush" not in str(refusal.value)


def test_an_endpoint_where_nobody_listens_is_told(endpoint: str) -> None:
    with pytest.raises(UsageError, match=r"connect to 127\.0\.0\.1:1 .*endpoint_override"):
        Checkpoints.at(bucket("127.0.0.1:1", "sweeps/run"))


def test_a_mark_is_taken_once_by_whoever_sees_the_same_place(endpoint: str, tmp_path: Path) -> None:
    for place in (str(tmp_path / "c"), bucket(endpoint, "sweeps/marks")):
        checkpoints = Checkpoints.at(place)
        checkpoints.put_mark("mark")
        assert Checkpoints(checkpoints.root).take_mark("mark")
        assert not checkpoints.take_mark("mark")
    assert not Checkpoints(str(tmp_path / "elsewhere")).take_mark("mark")
    assert not (tmp_path / "elsewhere").exists()


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
