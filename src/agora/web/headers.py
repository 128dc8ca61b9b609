"""What goes around every answer: security headers, a request id, one line in the log, and a place in the figures."""

import logging
import re
import secrets
import time
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agora import logs
from agora.web.metrics import Requests

log = logging.getLogger("agora.requests")

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
SECURITY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Headers:
    """Pure ASGI middleware; `https` adds Strict-Transport-Security."""

    def __init__(self, app: ASGIApp, https: bool, requests: Requests) -> None:
        self.app = app
        self.requests = requests
        self.always = dict(SECURITY)
        if https:
            self.always["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # One of our proxies may have given it an id already (web/proxies.py).
        request_id = scope.setdefault("state", {}).setdefault("request_id", secrets.token_hex(6))
        logs.request_id.set(request_id)
        started, status, size = time.perf_counter(), 500, 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self.always.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            self.requests.add(scope, status, seconds, size)
            log.info("answered", extra=_facts(scope, status, seconds, size))


def _facts(scope: Scope, status: int, seconds: float, size: int) -> dict[str, Any]:
    # The id too, which every line carries that is written meanwhile: this one may be written after the answer.
    return logs.facts(
        request=scope["state"]["request_id"],
        method=scope["method"],
        path=loggable_path(scope),
        status=status,
        ms=round(seconds * 1000, 1),
        bytes=size,
    )


# A part of an address that ends like a signature, also where the address leads nowhere.
_SIGNED = re.compile(r"[^/]*\.[\w-]{27,}[^/]*")


def loggable_path(scope: Scope) -> str:
    """The path without what must not be written down: signed tokens, and signs that would begin a line of their own."""
    path = str(scope["path"])
    token = scope.get("path_params", {}).get("token")
    if token:
        path = path.replace(token, "…")
    path = _SIGNED.sub("…", path)
    return path if path.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in path)
