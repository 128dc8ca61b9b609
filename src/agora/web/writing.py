"""A form's transaction, in a thread: prepared while nobody waits for it, written, and shown again where it is wrong.

Forms whose page says so (`Page.together`) share a transaction where several wait at the same moment: each costs half as
much. Where anything turns out to be wrong with one of them, all of it is undone and each is written by itself, so that
nobody pays for what somebody else sent.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exc
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from agora import logs
from agora.rules.errors import N_, Conflict, FieldErrors, Refused
from agora.web import cache, errors
from agora.web.context import Context, Fields, House, open_context
from agora.web.guards import DATABASE_AWAY, Page, no_entry, not_ours, unavailable

log = logging.getLogger("agora")


@dataclass(frozen=True, eq=False)
class Form:
    """What somebody sent to a page."""

    page: Page
    request: Request
    house: House
    fields: Fields

    def opened(self, session: Session) -> Context:
        """Its context in a transaction; what is logged from here on is about it."""
        logs.request_id.set(self.request.state.request_id)
        return open_context(self.request, self.house, session, self.fields)


def write(form: Form) -> Response:
    """The answer to one form, which has a transaction of its own."""
    house = form.house
    try:
        prepared = _prepared(form)
        if isinstance(prepared, Response):
            return _private(prepared)
        with house.database.write() as session:
            return _written(form, session, prepared)
    except (FieldErrors, Refused) as problem:
        return _again(form, problem)
    except exc.IntegrityError:
        # Two people took the same address or name in the same moment: the database let one of them.
        log.warning("two writes met; request %s was told to try again", form.request.state.request_id)
        twice = Conflict(N_("Somebody else changed the same thing at this moment. Please try again."))
        return errors.refusal(form.request, house, twice, form.fields)
    except DATABASE_AWAY as error:
        return unavailable(form.request, house, error, form.fields)


def write_together(forms: Sequence[Form]) -> list[Response | Exception]:
    """The answer to each of several forms of one house, or the mistake of ours that there is instead of one."""
    answers = _written_together(forms) if len(forms) > 1 else {}
    return [answers.get(form) or _alone(form) for form in forms]


def _written_together(forms: Sequence[Form]) -> Mapping[Form, Response]:
    """Answers to those that one transaction could take; the others go alone, and say what is wrong with them."""
    database = forms[0].house.database
    try:
        with database.read() as session:
            ready = _ready(forms, session)
        with database.write() as session:
            return {form: _written(form, session, prepared) for form, prepared in ready.items()}
    except DATABASE_AWAY as error:  # each would only wait for it once more
        return {form: unavailable(form.request, form.house, error, form.fields) for form in forms}
    except Exception as problem:  # whosever it is
        log.info("%d forms are written one by one: %s", len(forms), type(problem).__name__)
        return {}


def _ready(forms: Sequence[Form], session: Session) -> dict[Form, Any]:
    """What was prepared of those that are in order."""
    ready = {}
    for form in forms:
        try:
            ready[form] = _prepared_in(form, session)
        except (FieldErrors, Refused):
            continue
    return {form: prepared for form, prepared in ready.items() if not isinstance(prepared, Response)}


def _alone(form: Form) -> Response | Exception:
    try:
        return write(form)
    except Exception as mistake:  # about one form: the others have their answers
        return mistake


def _prepared(form: Form) -> Any:
    if form.page.prepare is None:
        return None
    with form.house.database.read() as session:
        return _prepared_in(form, session)


def _prepared_in(form: Form, session: Session) -> Any:
    """Nothing for a form that the transaction will refuse anyway."""
    context = form.opened(session)
    if form.page.prepare is None or no_entry(form.page, context) or not_ours(form.page, context):
        return None
    return form.page.prepare(context)


def _written(form: Form, session: Session, prepared: Any) -> Response:
    context = form.opened(session)
    if refusal := no_entry(form.page, context) or not_ours(form.page, context):
        return refusal
    context.prepared = prepared
    assert form.page.post is not None  # noqa: S101 - routes.py lists the methods
    response = form.page.post(context)
    form.request.state.deliveries = session.info.get("deliveries", False)
    return _private(response)


def _again(form: Form, problem: FieldErrors | Refused) -> Response:
    """The transaction is undone; the form comes back, filled in, from a transaction that only reads."""
    page, house = form.page, form.house
    if page.again is None or (isinstance(problem, Refused) and problem.status == 404):
        if isinstance(problem, FieldErrors):
            raise problem
        return errors.refusal(form.request, house, problem, form.fields)
    try:
        with house.database.read() as session:
            response = page.again(form.opened(session), problem)
    except Refused as refused:
        return errors.refusal(form.request, house, refused, form.fields)
    except DATABASE_AWAY as error:
        return unavailable(form.request, house, error, form.fields)
    if isinstance(problem, Refused):
        response.status_code = problem.status
        errors.say_when_to_retry(response, problem)
    return _private(response)


def _private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", cache.PRIVATE)
    return response
