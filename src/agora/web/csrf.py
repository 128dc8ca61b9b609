"""Forgery protection: a token per session at the desk; origin and a signed token of the page on public forms."""

from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import Request

from agora.tokens import DAY, Tokens

# Days for which a public page's form can be sent: people leave a page open, and a cached one may be old.
FORM_LIFE = 14


def desk_token(tokens: Tokens, session_hash: str) -> str:
    return tokens.keyed_hash("desk-form", session_hash)


def desk_token_is_good(tokens: Tokens, session_hash: str, token: str) -> bool:
    return tokens.same("desk-form", session_hash, token)


def form_token(tokens: Tokens, post_id: int, now: datetime) -> str:
    """The same for everyone on the same day, so that the page can be served from memory."""
    day = int(now.timestamp()) // DAY
    return f"{day}.{tokens.keyed_hash('comment-form', f'{post_id}:{day}')}"


def form_token_is_good(tokens: Tokens, post_id: int, now: datetime, token: str) -> bool:
    day, _, digest = token.partition(".")
    if not (day.isascii() and day.isdigit() and len(day) < 8):
        return False
    age = int(now.timestamp()) // DAY - int(day)
    # A token from the future is ours as well: the clock was set back since.
    return abs(age) <= FORM_LIFE and tokens.same("comment-form", f"{post_id}:{int(day)}", digest)


def comes_from_here(request: Request, base_url: str, *, by_token: bool = False) -> bool:
    """Whether the browser says that the form was sent from this site.

    Programs that say nothing pass: nobody can make them send a cookie, and a signed token is asked for besides.
    Pages that are reached `by_token` send no origin, lest the token leave with it: there it is not looked at.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    if origin is None or by_token:
        return True
    try:
        return urlsplit(origin).netloc in {request.headers.get("host", ""), urlsplit(base_url).netloc}
    except ValueError:
        return False
