"""A real web server on loopback that takes forms, and answers what the test wants it to."""

import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs

from . import HOST


class WebServer:
    """`with WebServer() as service:` listens on `service.url`; `service.forms` holds what came, oldest first.

    `answers` are given one after the other, the last one again and again: a status and a body.
    """

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.forms: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.headers: dict[str, str] = {}
        self.before_answer: Callable[[], object] = bool
        self.flows = threading.Event()
        self.flows.set()
        self._server = ThreadingHTTPServer((HOST, 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> "WebServer":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.flows.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def freeze(self) -> None:
        """Take requests, and answer nothing until the end."""
        self.flows.clear()


def _handler_of(service: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            service.paths.append(self.path)
            service.forms.append({name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()})
            service.flows.wait(10)
            service.before_answer()
            status, answer = service.answers.pop(0) if len(service.answers) > 1 else service.answers[0]
            self.send_response(status)
            for name, value in service.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked hung up: that is what the test is about
                super().handle()

    return Handler
