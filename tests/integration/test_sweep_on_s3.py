"""A sweep whose checkpoints lie in an S3 on this machine, killed and resumed."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from walks import HORIZON, LONGEST, Walks, wait_for

pytestmark = pytest.mark.integration

KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "hush"}
STEPS, SLOW = 8_000, 0.001


@pytest.fixture
def store() -> Iterator[Any]:
    """A client of an S3 with the bucket "sweeps"."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket="sweeps")
    yield client
    server.stop()


def files(store: Any) -> list[str]:
    """Objects of some size: pyarrow marks folders with empty ones."""
    found = store.list_objects_v2(Bucket="sweeps").get("Contents", [])
    return [each["Key"] for each in found if each["Size"]]


def test_a_killed_sweep_goes_on_from_its_checkpoints_in_an_object_store(
    store: Any, tmp_path: Path
) -> None:
    endpoint = store.meta.endpoint_url.removeprefix("http://")
    place = f"s3://sweeps/run?region=us-east-1&scheme=http&endpoint_override={endpoint}"
    resources = f'max_concurrent: 1, storage: "{place}"'
    sweep = Walks(tmp_path, trials=2, steps=STEPS, slow=SLOW, resources=resources)
    driver = sweep.start(**KEYS)
    wait_for(lambda: sweep.has_begun(driver) and sweep.status.running[0].steps > STEPS / 2)
    os.killpg(driver.pid, signal.SIGKILL)
    assert driver.wait(timeout=LONGEST) == -signal.SIGKILL
    assert any("checkpoint_" in name for name in files(store))
    assert not sweep.run.checkpoints.exists()
    assert sweep.finish(**KEYS) == 0, sweep.told
    assert sweep.is_complete
    repeated = sum(sweep.courses().values()) * HORIZON - 2 * (STEPS + sweep.steps_to_build)
    assert repeated <= sweep.steps_at_risk < STEPS / 2
    assert files(store) == []
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert KEYS["AWS_SECRET_ACCESS_KEY"].encode() not in kept
