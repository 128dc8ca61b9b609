"""What Agora is measured against on its own server: an application that only sends bytes, raw and with Starlette.

`python -m bench.references raw|starlette FOLDER PORT` serves each file of the folder under its name, with uvicorn as
`agora serve` sets it up.
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

KIND, ETAG = "text/html; charset=utf-8", '"reference"'


def raw(bodies: dict[str, bytes]) -> ASGIApp:
    """The least that can be done: a look-up, a comparison, two messages."""
    start = {
        path: [
            (b"content-type", KIND.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"etag", ETAG.encode()),
        ]
        for path, body in bodies.items()
    }
    known = (b"if-none-match", ETAG.encode())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        if known in scope["headers"]:
            await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", ETAG.encode())]})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": start[path]})
        await send({"type": "http.response.body", "body": bodies[path]})

    return app


def with_starlette(bodies: dict[str, bytes]) -> ASGIApp:
    """The framework's own way: a route and a `Response`."""

    def route(path: str, body: bytes) -> Route:
        async def endpoint(request: Request) -> Response:
            return Response(body, media_type=KIND, headers={"ETag": ETAG})

        return Route(path, endpoint)

    return Starlette(routes=[route(path, body) for path, body in bodies.items()])


APPLICATIONS = {"raw": raw, "starlette": with_starlette}


def main() -> None:
    kind, folder, port = sys.argv[1:]
    bodies = {f"/{path.name}": path.read_bytes() for path in sorted(Path(folder).iterdir())}
    config = uvicorn.Config(
        APPLICATIONS[kind](bodies),
        port=int(port),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
