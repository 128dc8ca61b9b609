"""The transaction boundary: one request is one transaction, and nobody else commits.

It reads the form, opens the transaction in a thread when its turn comes, sees that the person may, calls the handler,
and turns every refusal into a page. What a form needs beside that is in web/writing.py.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import anyio
from anyio import CapacityLimiter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from agora.priority import after_the_loop
from agora.rules import limits
from agora.rules.errors import Refused
from agora.store import people, versions
from agora.tokens import fingerprint
from agora.web import cache, errors
from agora.web.batcher import Batcher
from agora.web.context import NO_FIELDS, SESSION_COOKIE, Context, House, open_context, read_fields
from agora.web.guards import DATABASE_AWAY, Guard, Page, no_entry, unavailable
from agora.web.memory import Slot
from agora.web.writing import Form, write

T = TypeVar("T")


def endpoint(page: Page) -> Callable[[Request], Awaitable[Response]]:
    """The async edge of a page."""

    async def answer(request: Request) -> Response:
        house: House = request.app.state.house
        fields = NO_FIELDS
        try:
            if request.method != "POST":
                work = partial(_read, page, request, house)
                return await _in_turn(work, request.app.state.readers, house.settings.database_timeout)
            if page.guard is Guard.DESK:
                await _refuse_large_from_strangers(request, house)
            fields = await read_fields(request)
            return await _taken(Form(page, request, house, fields))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there any more to read it; the log has its line
        except (*DATABASE_AWAY, TimeoutError) as error:
            return unavailable(request, house, error, fields)

    return answer


async def _taken(form: Form) -> Response:
    """The answer to a form, and a word to the worker if a letter follows from it."""
    state, patience = form.request.app.state, form.house.settings.database_timeout
    batcher: Batcher[Form, Response] | None = state.batcher if form.page.together else None
    if batcher:
        response = await batcher.ask(form, patience=patience)
    else:
        response = await _in_turn(partial(write, form), state.writers, patience)
    if getattr(form.request.state, "deliveries", False):
        form.house.wake()
    return response


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


def _read(page: Page, request: Request, house: House) -> Response:
    try:
        with house.database.read() as session:
            context = open_context(request, house, session, NO_FIELDS)
            if refusal := no_entry(page, context):
                return refusal
            assert page.get is not None  # noqa: S101 - routes.py lists the methods
            return _kept(context, page, _sealed(context, page, page.get(context)))
    except Refused as refused:
        return errors.refusal(request, house, refused)
    except DATABASE_AWAY as error:
        return unavailable(request, house, error)


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
