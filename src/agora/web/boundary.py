"""The transaction boundary: one request is one transaction, and nobody else commits.

It reads the form, sees that the form is ours and the person may, opens the transaction, calls the handler in a thread,
and turns every refusal into a page.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, TypeVar

import anyio
from anyio import CapacityLimiter
from sqlalchemy import exc
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from agora.priority import after_the_loop
from agora.rules import limits
from agora.rules.errors import N_, Conflict, FieldErrors, NotFound, Refused
from agora.rules.permissions import Deed
from agora.store import people, versions
from agora.tokens import fingerprint
from agora.web import cache, csrf, errors
from agora.web.context import NO_FIELDS, SESSION_COOKIE, Context, Fields, House, open_context, read_fields
from agora.web.memory import Slot

log = logging.getLogger("agora")

DATABASE_AWAY = (exc.OperationalError, exc.TimeoutError)
T = TypeVar("T")
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
    # What takes long about a POST, such as making HTML: done from a transaction that only reads, so that nobody who
    # wants to write waits for it. `post` finds it in `context.prepared`, and checks again whatever may have changed.
    # A Response is the answer already: nothing is to be written.
    prepare: Callable[[Context], Any] | None = None
    # The versions that the public page depends on, for memory; without any it is not kept. See Context.depends.
    seen_in: tuple[str, ...] = ()

    @property
    def methods(self) -> list[str]:
        return [method for method, handler in (("GET", self.get), ("POST", self.post)) if handler]


def endpoint(page: Page) -> Callable[[Request], Awaitable[Response]]:
    """The async edge of a page."""

    async def answer(request: Request) -> Response:
        house: House = request.app.state.house
        writes = request.method == "POST"
        fields = NO_FIELDS
        limiter: CapacityLimiter = request.app.state.writers if writes else request.app.state.readers
        try:
            if writes and page.guard is Guard.DESK:
                await _refuse_large_from_strangers(request, house)
            if writes:
                fields = await read_fields(request)
            work = partial(_write if writes else _read, page, request, house, fields)
            response = await _in_turn(work, limiter, house.settings.database_timeout)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there any more to read it; the log has its line
        except (*DATABASE_AWAY, TimeoutError) as error:
            return _unavailable(request, house, error, fields)
        if writes and getattr(request.state, "deliveries", False):
            house.wake()
        return response

    return answer


async def _in_turn(work: Callable[[], T], limiter: CapacityLimiter, patience: float) -> T:
    """Work in a thread when its turn comes. Raises TimeoutError when it does not: a line must not grow without end."""
    turn = object()
    with anyio.fail_after(patience):
        await limiter.acquire_on_behalf_of(turn)
    try:
        return await anyio.to_thread.run_sync(after_the_loop, work, limiter=CapacityLimiter(1))
    finally:
        limiter.release_on_behalf_of(turn)


async def _refuse_large_from_strangers(request: Request, house: House) -> None:
    """The desk takes large forms, but only from those who are signed in; others get back what a reader may send."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) <= limits.PUBLIC_BODY:
        return
    look = partial(_is_signed_in, request, house)
    if not await _in_turn(look, request.app.state.readers, house.settings.database_timeout):
        raise HTTPException(413)


def _is_signed_in(request: Request, house: House) -> bool:
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        return False
    with house.database.read() as session:
        return people.current_session(session, fingerprint(cookie), house.clock()) is not None


def _read(page: Page, request: Request, house: House, fields: Fields) -> Response:
    try:
        with house.database.read() as session:
            context = open_context(request, house, session, fields)
            if refusal := _no_entry(page, context):
                return refusal
            assert page.get is not None  # noqa: S101 - routes.py lists the methods
            return _kept(context, page, _sealed(context, page, page.get(context)))
    except Refused as refused:
        return errors.refusal(request, house, refused)
    except DATABASE_AWAY as error:
        return _unavailable(request, house, error)


def _write(page: Page, request: Request, house: House, fields: Fields) -> Response:
    try:
        prepared = _prepare(page, request, house, fields)
        if isinstance(prepared, Response):
            prepared.headers.setdefault("Cache-Control", cache.PRIVATE)
            return prepared
        with house.database.write() as session:
            context = open_context(request, house, session, fields)
            if refusal := _no_entry(page, context) or _not_ours(page, context):
                return refusal
            context.prepared = prepared
            assert page.post is not None  # noqa: S101 - routes.py lists the methods
            response = page.post(context)
            request.state.deliveries = session.info.get("deliveries", False)
        response.headers.setdefault("Cache-Control", cache.PRIVATE)
        return response
    except (FieldErrors, Refused) as problem:
        return _again(page, request, house, fields, problem)
    except exc.IntegrityError:
        # Two people took the same address or name in the same moment: the database let one of them.
        log.warning("two writes met; request %s was told to try again", request.state.request_id)
        twice = Conflict(N_("Somebody else changed the same thing at this moment. Please try again."))
        return errors.refusal(request, house, twice, fields)
    except DATABASE_AWAY as error:
        return _unavailable(request, house, error, fields)


def _prepare(page: Page, request: Request, house: House, fields: Fields) -> Any:
    """Nothing for a form that the transaction will refuse anyway."""
    if page.prepare is None:
        return None
    with house.database.read() as session:
        context = open_context(request, house, session, fields)
        if _no_entry(page, context) or _not_ours(page, context):
            return None
        return page.prepare(context)


def _again(page: Page, request: Request, house: House, fields: Fields, problem: FieldErrors | Refused) -> Response:
    """The transaction is undone; the form comes back, filled in, from a transaction that only reads."""
    if page.again is None or (isinstance(problem, Refused) and problem.status == 404):
        if isinstance(problem, FieldErrors):
            raise problem
        return errors.refusal(request, house, problem, fields)
    try:
        with house.database.read() as session:
            response = page.again(open_context(request, house, session, fields), problem)
    except Refused as refused:
        return errors.refusal(request, house, refused, fields)
    except DATABASE_AWAY as error:
        return _unavailable(request, house, error, fields)
    if isinstance(problem, Refused):
        response.status_code = problem.status
        errors.say_when_to_retry(response, problem)
    response.headers.setdefault("Cache-Control", cache.PRIVATE)
    return response


def _no_entry(page: Page, context: Context) -> Response | None:
    if page.guard is not Guard.DESK:
        return None
    if context.visitor is None:
        return errors.signed_out(context)
    if page.deed and not context.may(page.deed):
        raise NotFound()
    return None


def _not_ours(page: Page, context: Context) -> Response | None:
    """A form that another site made, or that was made for a session that has ended."""
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


def _sealed(context: Context, page: Page, response: Response) -> Response:
    """Public pages are the same for everyone and may be kept; all others are for one person."""
    response.headers["Vary"] = "Cookie"
    is_public = page.guard is Guard.PUBLIC and context.visitor is None and response.status_code == 200
    if "cache-control" in response.headers:
        return response
    if is_public and "etag" not in response.headers:
        return cache.make_conditional(context.request, response)
    response.headers["Cache-Control"] = cache.PRIVATE
    return response


def _kept(context: Context, page: Page, response: Response) -> Response:
    """Tell memory from which versions the page was made, in the transaction in which it was made."""
    slot: Slot | None = getattr(context.request.state, "slot", None)
    is_for_all = response.headers["Cache-Control"] == cache.PUBLIC and "set-cookie" not in response.headers
    if slot and page.seen_in and is_for_all and response.status_code == 200:
        numbers = versions.numbers(context.session, sorted({*page.seen_in, *context.depends}))
        slot.scopes, slot.numbers = tuple(numbers), tuple(numbers.values())
    return response


def _unavailable(request: Request, house: House, error: Exception, fields: Fields = NO_FIELDS) -> Response:
    # Not the whole error, which may hold what somebody wrote.
    cause = getattr(error, "orig", None) or type(error).__name__
    log.error("the database did not answer (request %s): %s", request.state.request_id, cause)
    busy = Refused(
        N_("The site cannot save or read anything at this moment. Please try again in a minute; keep your text."),
        status=503,
        retry_after=60,
    )
    return errors.refusal(request, house, busy, fields, database_works=False)
