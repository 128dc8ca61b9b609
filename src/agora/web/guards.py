"""What stands at one address, who may reach it, and what its forms must carry."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import exc
from starlette.requests import Request
from starlette.responses import Response

from agora.rules.errors import N_, FieldErrors, NotFound, Refused
from agora.rules.permissions import Deed
from agora.web import csrf, errors
from agora.web.context import NO_FIELDS, Context, Fields, House

log = logging.getLogger("agora")

DATABASE_AWAY = (exc.OperationalError, exc.TimeoutError)
Handler = Callable[[Context], Response]
Again = Callable[[Context, FieldErrors | Refused], Response]


class Guard(Enum):
    """Who may reach a page, and what its forms must carry."""

    PUBLIC = "anyone; forms must come from this site"
    DESK = "signed-in people; forms must carry the session's token"
    TOKEN = "whoever has the signed address, mail programs included"  # noqa: S105


@dataclass(frozen=True)
class Page:
    """One address: what answers GET, what answers POST, and what shows the form again when POST finds it wrong."""

    get: Handler | None = None
    post: Handler | None = None
    again: Again | None = None
    guard: Guard = Guard.PUBLIC
    deed: Deed | None = None
    # What takes long about a POST, such as making HTML: done from a transaction that only reads, so that nobody waits
    # for the database meanwhile. `post` finds it in `context.prepared`, and checks again whatever may have changed.
    # A Response is the answer already: nothing is to be written.
    prepare: Callable[[Context], Any] | None = None
    # Whether forms of this kind that come at the same moment may be written in one transaction: see web/writing.py.
    together: bool = False
    # The versions that the public page depends on, for memory; without any it is not kept. See Context.depends.
    seen_in: tuple[str, ...] = ()

    @property
    def methods(self) -> list[str]:
        return [method for method, handler in (("GET", self.get), ("POST", self.post)) if handler]


def no_entry(page: Page, context: Context) -> Response | None:
    """What is said to somebody who may not come in. Raises NotFound where they need not know what is there."""
    if page.guard is not Guard.DESK:
        return None
    if context.visitor is None:
        return errors.signed_out(context)
    if page.deed and not context.may(page.deed):
        raise NotFound()
    return None


def not_ours(page: Page, context: Context) -> Response | None:
    """What is said to a form that another site made, or that was made for a session that has ended."""
    if not csrf.comes_from_here(context.request, context.settings.base_url, by_token=page.guard is Guard.TOKEN):
        # Not shown again as a form: it is not the work of who would send it.
        foreign = Refused(N_("This form was sent from another site, so it was not accepted."), status=403)
        return errors.refusal(context.request, context.house, foreign, context.fields)
    if page.guard is not Guard.DESK or context.desk_session is None:
        return None
    token = context.fields.text("csrf")
    if csrf.desk_token_is_good(context.house.tokens, context.desk_session.token_hash, token):
        return None
    return errors.send_again(context)


def unavailable(request: Request, house: House, error: Exception, fields: Fields = NO_FIELDS) -> Response:
    """The page that says that the database does not answer."""
    # Not the whole error, which may hold what somebody wrote.
    cause = getattr(error, "orig", None) or type(error).__name__
    log.error("the database did not answer (request %s): %s", request.state.request_id, cause)
    busy = Refused(
        N_("The site cannot save or read anything at this moment. Please try again in a minute; keep your text."),
        status=503,
        retry_after=60,
    )
    return errors.refusal(request, house, busy, fields, database_works=False)
