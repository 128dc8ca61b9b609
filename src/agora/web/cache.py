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
    known, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since", "")
    if not is_fresh([etag], changed, if_none_match=known, if_modified_since=since):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in {"content-length", "content-type"}}
    return Response(status_code=304, headers=kept)


def is_fresh(etags: list[str], changed: datetime | None, *, if_none_match: str | None, if_modified_since: str) -> bool:
    """Whether the reader holds one of these forms of the page, or one that is no older than the change."""
    if if_none_match is not None:  # it wins over the date (RFC 9110, 13.2.2)
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return not tags.isdisjoint({*etags, "*"})
    held = read_date(if_modified_since)
    return changed is not None and held is not None and changed.replace(microsecond=0) <= held


def read_date(text: str) -> datetime | None:
    """The moment that an HTTP date names; None if it names none, or does not say in which zone."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else None
