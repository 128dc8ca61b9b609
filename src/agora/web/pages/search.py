"""The search among public posts."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from agora.rules.errors import N_, Refused
from agora.rules.search import LONGEST_QUERY, terms
from agora.store import public_posts, search
from agora.store.search import BEGINNING, IN_TEXT, IN_TITLE, Place
from agora.web.context import Context, whole_number
from agora.web.presenters.search import result_view
from agora.web.throttle import Throttle

RESULTS = 10


def show(context: Context) -> Response:
    """The field, and what was found: posts that say it in their title, then the others, the latest first."""
    asked = " ".join(context.query("q").split())[:LONGEST_QUERY]
    wanted = terms(asked)
    if not wanted:
        return _page(context, asked, results=None)
    _spend(context)
    places = search.found(context.session, wanted, after=_place(context.query("after")), size=RESULTS + 1)
    shown = public_posts.by_ids(context.session, [post_id for _, post_id in places[:RESULTS]])
    further = None
    if len(places) > RESULTS:
        tier, post_id = places[RESULTS - 1]
        further = f"{context.url('search')}?{urlencode({'q': asked, 'after': f'{tier}-{post_id}'})}"
    results = [result_view(context, post, wanted) for post in shown]
    return _page(context, asked, results=results, further=further, first=not context.query("after"))


def _page(context: Context, asked: str, **presented: Any) -> Response:
    response = context.page("posts/search.html", q=asked, **presented)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _spend(context: Context) -> None:
    throttle: Throttle = context.request.app.state.searches
    if not context.settings.rate_limits:
        return
    wait = throttle.seconds_to_wait(context.source, int(context.now.timestamp()))
    if wait:
        raise Refused(N_("That was a lot in a short time. Please try again in a minute."), status=429, retry_after=wait)


def _place(key: str) -> Place:
    tier, _, post_id = key.partition("-")
    number = whole_number(post_id)
    if number is None or tier not in {str(IN_TITLE), str(IN_TEXT)}:
        return BEGINNING
    return int(tier), number
