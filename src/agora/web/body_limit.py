"""Limits on the size of what is sent and on the time that it takes, held before anything is parsed."""

import time

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Bytes whose arrival gives a form one more second: the slowest line that we wait for.
SLOWEST = 500


class BodyLimit:
    """Pure ASGI middleware around one address; `most` is in bytes.

    Starlette's own limit answers in plain text; here a person gets a page that says what to do. It sets none for time.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > self.most:
            raise HTTPException(413)
        received, began = 0, time.monotonic()
        patience: int = scope["app"].state.house.settings.request_timeout

        async def receive_up_to_limit() -> Message:
            nonlocal received
            until = began + patience + received / SLOWEST
            try:
                with anyio.fail_after(max(0, until - time.monotonic())):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, headers={"Connection": "close"}) from error
            received += len(message.get("body", b""))
            if received > self.most:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_up_to_limit, send)
