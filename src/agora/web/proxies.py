"""What our own proxies say of a request, and nobody else may: whom it comes from, and by which id it is known."""

import re
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_SANE_ID = re.compile(rb"[\w.-]{4,64}")


class Proxies(ProxyHeadersMiddleware):
    """Uvicorn's middleware for X-Forwarded-For and X-Forwarded-Proto; also heeds X-Request-Id."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        client = scope.get("client")
        if scope["type"] == "http" and client and client[0] in self.trusted_hosts:
            for name, value in scope["headers"]:
                if name == b"x-request-id" and _SANE_ID.fullmatch(value):
                    scope.setdefault("state", {})["request_id"] = value.decode("ascii", "ignore")
        await super().__call__(scope, receive, send)
