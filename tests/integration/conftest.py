"""A Ray on this machine that leaves nothing behind."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

sys.path.insert(0, str(Path(__file__).parent))  # for walks, which several files run


@pytest.fixture(scope="module")
def local_ray() -> Iterator[None]:
    session = tempfile.mkdtemp(prefix="rt")  # short: Ray's sockets live below it
    ray.init(
        address="local",
        num_cpus=1,
        include_dashboard=False,
        object_store_memory=100 * 2**20,
        log_to_driver=False,
        _temp_dir=session,
    )
    yield
    ray.shutdown()
    shutil.rmtree(session, ignore_errors=True)
