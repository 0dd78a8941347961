"""A stand-in for a W&B server: it takes runs, files and artifacts, and remembers all of it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
ENTITY = "clinic"


class Refusal(Exception):  # noqa: N818  it is the server's answer
    """What the server refuses, and why."""


class WandbServer:
    """What arrived: GraphQL requests by the name of their operation, uploaded bytes by path."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Json]] = []
        self.uploads: dict[str, bytes] = {}
        self.streamed: dict[str, list[Json]] = {}
        """By run: what was sent to its file stream."""
        self.everything: list[bytes] = []
        self._lock = threading.Lock()
        self.url = ""

    def asked(self, operation: str) -> list[Json]:
        """Variables of every request of that name, in the order of their arrival."""
        return [variables for name, variables in self.requests if name == operation]

    def history(self, run: str) -> list[Json]:
        """Rows of a run's history."""
        rows = []
        for sent in self.streamed.get(run, []):
            part = (sent.get("files") or {}).get("wandb-history.jsonl")
            rows += [json.loads(line) for line in part["content"]] if part else []
        return rows

    def receive(self, method: str, path: str, body: bytes) -> Json:
        """The answer to a request."""
        with self._lock:
            self.everything.append(path.encode() + b"\n" + body)
            if path == "/graphql":
                request = json.loads(body)
                name = request.get("operationName") or request["query"].split("(")[0].split()[1]
                variables = request.get("variables") or {}
                self.requests.append((name, variables))
                answer = ANSWERS.get(name)
                try:
                    return {"data": answer(variables, self) if answer else {}}
                except Refusal as refusal:
                    return {"data": None, "errors": [{"message": str(refusal)}]}
            if path.endswith("/file_stream"):
                self.streamed.setdefault(path.split("/")[-2], []).append(json.loads(body))
            elif method == "PUT":
                self.uploads[path.removeprefix("/storage/")] = body
            return {}

    def place(self, path: str) -> str:
        """Where to upload a file."""
        return f"{self.url}/storage/{path}"


def _upsert_bucket(variables: Json, server: WandbServer) -> Json:
    name = variables["name"]
    project = {"id": "project", "name": variables["project"], "entity": _entity()}
    bucket = {"id": name, "name": name, "displayName": name, "config": "{}", "project": project}
    return {"upsertBucket": {"bucket": {**bucket, "historyLineCount": 0}, "inserted": True}}


def _create_artifact(variables: Json, server: WandbServer) -> Json:
    name = variables["input"]["artifactCollectionName"]
    names = [each["input"]["artifactCollectionName"] for each in server.asked("CreateArtifact")]
    artifact = {
        "id": f"{name}:{names.count(name)}",
        "state": "PENDING",
        "artifactSequence": {"latestArtifact": None},
    }
    return {"createArtifact": {"artifact": artifact}}


def _create_artifact_manifest(variables: Json, server: WandbServer) -> Json:
    path = f"{variables['artifactID']}/{variables['name']}"
    file = {"uploadUrl": server.place(path), "uploadHeaders": [], "id": path, "name": path}
    manifest = {"id": path, "file": file}
    return {"createArtifactManifest": {"artifactManifest": manifest}}


def _create_artifact_files(variables: Json, server: WandbServer) -> Json:
    edges = []
    for spec in variables["input"]["artifactFiles"]:
        path = f"{spec['artifactID']}/{spec['name']}"
        node = {
            "id": path,
            "name": spec["name"],
            "displayName": spec["name"],
            "uploadUrl": server.place(path),
            "uploadHeaders": [],
            "artifact": {"id": spec["artifactID"]},
            "storagePath": path,
            "uploadMultipartUrls": None,
        }
        edges.append({"node": node})
    return {"createArtifactFiles": {"files": {"edges": edges}}}


def _create_run_files(variables: Json, server: WandbServer) -> Json:
    files = [
        {"name": name, "uploadUrl": server.place(f"{variables['run']}/{name}")}
        for name in variables["files"]
    ]
    made = {"runID": variables["run"], "uploadHeaders": [], "files": files}
    return {"createRunFiles": made}


def _create_custom_chart(variables: Json, server: WandbServer) -> Json:
    name = f"{variables['entity']}/{variables['chartName']}"
    names = [each["chartName"] for each in server.asked("CreateCustomChart")]
    if names.count(variables["chartName"]) > 1:
        raise Refusal(f"a chart named {name} exists already")
    return {"createCustomChart": {"chart": {"id": name}}}


def _project(variables: Json, server: WandbServer) -> Json:
    return {"project": {"id": "project", "internalId": "1"}}


def _projects(variables: Json, server: WandbServer) -> Json:
    named = {"id": "project", "name": "dosefront", "entityName": ENTITY, "user": None}
    project = {"__typename": "Project", "createdAt": "", "isBenchmark": False, **named}
    page = {"__typename": "PageInfo", "endCursor": None, "hasNextPage": False}
    return {"models": {"pageInfo": page, "edges": [{"node": project}]}}


def _upsert_view(variables: Json, server: WandbServer) -> Json:
    """A workspace or a report: a new one unless its id is given."""
    views = [*server.asked("UpsertView2"), *server.asked("upsertView")]
    given = variables.get("id")
    view = {
        "id": given or f"view-{len(views)}",
        "type": variables["type"],
        "name": variables["name"],
        "displayName": variables["displayName"],
        "description": variables["description"],
        "project": {"id": "p", "name": variables["projectName"], "entityName": ENTITY},
        "spec": variables["spec"],
        "updatedAt": None,
    }
    return {"upsertView": {"view": view, "inserted": not given}}


def _viewer(variables: Json, server: WandbServer) -> Json:
    named = dict.fromkeys(("name", "username", "email", "entity"), ENTITY)
    rest = {"admin": False, "flags": "{}", "deletedAt": None, "apiKeys": None, "teams": None}
    return {"viewer": {"id": "me", **named, **rest}}


def _entity() -> Json:
    return {"id": ENTITY, "name": ENTITY}


ANSWERS: dict[str, Callable[[Json, WandbServer], Json]] = {
    "Viewer": _viewer,
    "GetViewer": _viewer,
    "GetDefaultEntity": _viewer,
    "CreateCustomChart": _create_custom_chart,
    "ProjectInternalId": _project,
    "GetProjects": _projects,
    "UpsertView2": _upsert_view,
    "upsertView": _upsert_view,
    "UpsertBucket": _upsert_bucket,
    "CreateArtifact": _create_artifact,
    "CreateArtifactManifest": _create_artifact_manifest,
    "CreateArtifactFiles": _create_artifact_files,
    "CreateRunFiles": _create_run_files,
}


@contextmanager
def running() -> Iterator[WandbServer]:
    """The server, while the block runs."""
    server = WandbServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            answer = server.receive(self.command, self.path, self.rfile.read(length))
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST  # noqa: N815  http.server's own names

        def log_message(self, *arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}"
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
