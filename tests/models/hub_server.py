"""A small local server that speaks the few words of the Hub that downloading a model repository takes."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "tommyp111/culture-gpt"


@dataclass
class HubServer:
    """What is served, what goes wrong on purpose, and what was asked for.

    repo: the only repository. files: contents by path. listed_sizes: sizes that the listing gives instead of
    the true ones. listed_only: paths that are listed but cannot be fetched. drop_once: paths whose first
    download breaks off.
    """

    files: dict[str, bytes]
    listed_sizes: dict[str, int] = field(default_factory=dict)
    listed_only: tuple[str, ...] = ()
    drop_once: set[str] = field(default_factory=set)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""
    repo: str = REPO

    def listing(self) -> dict:
        paths = [*self.files, *self.listed_only]
        sizes = {path: len(self.files.get(path, b"")) for path in paths} | self.listed_sizes
        siblings = [{"rfilename": path, "size": sizes[path], "blobId": "0" * 40} for path in paths]
        return {"_id": "1", "id": self.repo, "modelId": self.repo, "sha": COMMIT, "siblings": siblings}

    def downloads(self) -> list[str]:
        return [path for method, path, _ in self.requests if method == "GET" and "/resolve/" in path]


@contextmanager
def serving(server: HubServer) -> Iterator[HubServer]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _handler(server: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, with_body: bool) -> None:
            path = self.path.split("?")[0]
            server.requests.append((self.command, path, self.headers.get("Range", "")))
            if re.fullmatch(rf"/api/models/{server.repo}(/revision/main)?", path):
                self._send(200, json.dumps(server.listing()).encode(), with_body)
            elif path.startswith(f"/api/models/{server.repo}/revision/"):
                self._send(404, b"", with_body, {"X-Error-Code": "RevisionNotFound"})
            elif path.startswith("/api/models/"):
                self._send(404, b"", with_body, {"X-Error-Code": "RepoNotFound"})
            else:
                self._file(path.removeprefix(f"/{server.repo}/resolve/{COMMIT}/"), with_body)

        def _file(self, path: str, with_body: bool) -> None:
            if path not in server.files:
                self._send(404, b"", with_body, {"X-Error-Code": "EntryNotFound"})
                return
            contents = server.files[path]
            headers = {"ETag": f'"{hashlib.sha256(contents).hexdigest()}"', "X-Repo-Commit": COMMIT}
            if with_body and path in server.drop_once:
                server.drop_once.discard(path)
                self._break_off(contents)
                return
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            if asked is None:
                self._send(200, contents, with_body, headers)
                return
            first = int(asked[1])
            headers["Content-Range"] = f"bytes {first}-{len(contents) - 1}/{len(contents)}"
            self._send(206, contents[first:], with_body, headers)

        def _send(self, status: int, body: bytes, with_body: bool, headers: dict | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def _break_off(self, contents: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(contents)))
            self.end_headers()
            self.wfile.write(contents[: len(contents) // 2])
            self.wfile.flush()
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
