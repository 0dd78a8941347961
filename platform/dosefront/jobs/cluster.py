"""The cluster: its address checked, a client connected, and every failure told as ClusterError."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import ray
from ray.exceptions import AuthenticationError
from ray.job_submission import JobSubmissionClient

from dosefront.errors import ClusterError

# Ray prefers these to the address it is given; ours was given on purpose.
_ADDRESS_VARIABLES = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")
_CONNECT_SECONDS = 10.0
_GREETING_SECONDS = 10.0  # for /api/version, the first question of every client
_ANSWER_SECONDS = 120.0

# Ray's client reports every folder that it packs and every log stream that ends.
for _chatty in (
    "ray.dashboard.modules.dashboard_sdk",
    "ray.dashboard.modules.job.sdk",
    "ray._private.runtime_env.packaging",
):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


class _Client(JobSubmissionClient):  # type: ignore[misc]  # Ray carries no types
    """Ray's client, which would wait for ever for a machine that never answers."""

    def _do_request(self, method: str, endpoint: str, **content: Any) -> Any:
        read_seconds = _GREETING_SECONDS if endpoint == "/api/version" else _ANSWER_SECONDS
        limits = (_CONNECT_SECONDS, read_seconds)
        return super()._do_request(method, endpoint, timeout=limits, **content)


@contextmanager
def cluster_at(address: str) -> Iterator[JobSubmissionClient]:
    """A client of the cluster whose dashboard answers at `address`; failures become ClusterError.

    Ray itself reads RAY_AUTH_MODE=token with RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH and sends the
    token. A certificate authority of one's own is named by REQUESTS_CA_BUNDLE.
    """
    _check_address(address)
    try:
        with _environment_without(_ADDRESS_VARIABLES):
            client = _Client(address, verify=os.environ.get("REQUESTS_CA_BUNDLE") or True)
        _check_version(client, address)
        yield client
    except AuthenticationError as fault:
        raise ClusterError(_refusal(address, fault)) from fault
    except (OSError, RuntimeError, LookupError, ValueError) as fault:
        raise ClusterError(_failure(address, fault)) from fault


def _check_address(address: str) -> None:
    advice = "Give the head's dashboard, such as --address http://HEAD:8265 (or https://)."
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as fault:
        raise ClusterError(
            f"the cluster's address is a URL; got {address!r} ({fault}). {advice}"
        ) from fault
    if parts.username or parts.password:
        raise ClusterError(
            f"the cluster's address carries no user or password; got one for {host}. "
            "Use RAY_AUTH_MODE=token with RAY_AUTH_TOKEN_PATH."
        )
    if parts.scheme not in ("http", "https") or not host:
        raise ClusterError(
            f"jobs are sent to a dashboard over http or https; got {address!r}. {advice}"
        )


@contextmanager
def _environment_without(names: tuple[str, ...]) -> Iterator[None]:
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def _check_version(client: JobSubmissionClient, address: str) -> None:
    theirs, ours = client._server_ray_version, ray.__version__
    if theirs.split(".")[:2] != ours.split(".")[:2]:
        raise ClusterError(
            f"the job needs a cluster with Ray {ours}; {address} runs Ray {theirs}. "
            f"Start the cluster with ray[default]=={ours}, or use the dosefront release that "
            f"needs Ray {theirs}."
        )


def _refusal(address: str, fault: AuthenticationError) -> str:
    reason = re.split(r"\.\s|\n", str(fault))[0]
    return (
        f"asked the Ray cluster at {address}; found no admission ({reason}). Set "
        "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN (or RAY_AUTH_TOKEN_PATH) to the token that the "
        "cluster was started with."
    )


def _failure(address: str, fault: Exception) -> str:
    """What was asked, found and is to be done, from the innermost of a chain of exceptions."""
    cause: BaseException = fault
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    found = f"{type(cause).__name__}: {cause}".rstrip(".")
    if "404: Job" in found:
        unknown = found.partition("404: ")[2]
        return (
            f"asked the Ray cluster at {address} about a job; found: {unknown}. Take the id that "
            "`dosefront submit` printed; a cluster forgets its jobs when its head restarts."
        )
    return f"asked the Ray cluster at {address}; found {found}. {_advice(cause, found)}"


def _advice(cause: BaseException, found: str) -> str:
    if "SSL" in found or "CA certificates" in found:
        return (
            "Check http against https; if an authority of your own signed the certificate, name "
            "that authority's file in REQUESTS_CA_BUNDLE."
        )
    if "ray[default]" in found:
        return "Install it on this machine: pip install 'dosefront[cluster]'."
    if isinstance(cause, OSError):
        return (
            "Check that the head is up and that its dashboard can be reached from here: "
            "`ray start --head --dashboard-host` decides from where it can."
        )
    return "Check that this is the address of a Ray dashboard, then the log of its head."
