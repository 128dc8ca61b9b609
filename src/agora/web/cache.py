"""Conditional requests: an ETag of the bytes, and 304 when the reader has them already (RFC 9110, 13)."""

import hashlib
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

# Kept by readers' browsers and proxies, and asked for again each time.
PUBLIC = "public, max-age=0, must-revalidate"
PRIVATE = "private, no-store"
FOR_EVER = "public, max-age=31536000, immutable"


def make_conditional(request: Request, response: Response, *, changed: datetime | None = None) -> Response:
    """Add validators to a public answer; answer 304 if the reader's are still good."""
    etag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:24]}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = PUBLIC
    if changed:
        response.headers["Last-Modified"] = format_datetime(changed.replace(microsecond=0), usegmt=True)
    if not _is_fresh(request, etag, changed):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in {"content-length", "content-type"}}
    return Response(status_code=304, headers=kept)


def _is_fresh(request: Request, etag: str, changed: datetime | None) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:  # it wins over the date (RFC 9110, 13.2.2)
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return etag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
