"""What a user is told when a cluster cannot be used, from a stand-in for its dashboard."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import ray

from dosefront.errors import ClusterError
from dosefront.jobs import job_logs, job_status, stop_job

SAME_VERSION = json.dumps({"version": "4", "ray_version": ray.__version__})


@contextmanager
def dashboard(answers: dict[str, tuple[int, str]]) -> Iterator[str]:
    """Answers each path as told, anything else with 404; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = answers.get(self.path, (404, f"404 {self.path}"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(address: str) -> str:
    with pytest.raises(ClusterError) as error:
        job_status("job", address)
    assert error.value.exit_code == 5
    return str(error.value)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:8265", "auto", "ray://head:10001", "http://", "ftp://head", "http://head:port"],
)
def test_an_address_that_is_no_dashboard_is_told_with_an_example(address: str) -> None:
    assert "--address http://HEAD:8265" in told(address)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    message = told("https://me:hush@head:8265")
    assert "no user or password" in message
    assert "hush" not in message


def test_a_machine_where_nothing_listens_is_told_as_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    message = told(address)
    assert address in message
    assert "Connection refused" in message
    assert "ray start --head --dashboard-host" in message


def test_a_machine_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dosefront.jobs.cluster._GREETING_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "timed out" in told(f"http://127.0.0.1:{silent.getsockname()[1]}")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_names_the_variables_to_set(status: int) -> None:
    with dashboard({"/api/version": (status, "no")}) as address:
        message = told(address)
    assert "found no admission" in message
    assert "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN" in message


def test_another_ray_version_is_told_with_both_names() -> None:
    with dashboard({"/api/version": (200, '{"version": "4", "ray_version": "2.9.3"}')}) as address:
        message = told(address)
    assert f"needs a cluster with Ray {ray.__version__}" in message
    assert "runs Ray 2.9.3" in message


@pytest.mark.parametrize(
    "answer", [(200, "<html>hello</html>"), (200, '{"name": "other"}'), (502, "bad gateway")]
)
def test_a_server_that_is_no_ray_dashboard_is_a_cluster_error(answer: tuple[int, str]) -> None:
    with dashboard({"/api/version": answer}) as address:
        assert address in told(address)


def test_https_to_a_plain_dashboard_advises_on_the_scheme_and_the_authority() -> None:
    with dashboard({"/api/version": (200, SAME_VERSION)}) as address:
        message = told(address.replace("http:", "https:"))
    assert "Check http against https" in message
    assert "REQUESTS_CA_BUNDLE" in message


def test_an_address_in_ray_s_own_variables_does_not_win_over_the_one_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "http://127.0.0.1:1")
    monkeypatch.setenv("RAY_API_SERVER_ADDRESS", "http://127.0.0.1:1")
    details = {"type": "SUBMISSION", "submission_id": "job", "status": "RUNNING", "entrypoint": "x"}
    answers = {
        "/api/version": (200, SAME_VERSION),
        "/api/jobs/job": (200, json.dumps(details)),
    }
    with dashboard(answers) as address:
        status = job_status("job", address)
    assert (status.job_id, status.state, status.is_over) == ("job", "running", False)


def test_a_job_nobody_knows_is_told_by_its_name() -> None:
    answers = {
        "/api/version": (200, SAME_VERSION),
        "/api/jobs/lost": (404, "Job lost does not exist"),
    }
    with dashboard(answers) as address:
        for ask in (job_status, lambda *names: next(job_logs(*names))):
            with pytest.raises(ClusterError, match=r"Job lost does not exist.*dosefront submit"):
                ask("lost", address)


def test_stop_reports_a_server_that_cannot_post_as_a_cluster_error() -> None:
    with dashboard({"/api/version": (200, SAME_VERSION)}) as address, pytest.raises(ClusterError):
        stop_job("job", address)
