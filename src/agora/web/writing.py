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


@dataclass(frozen=True)
class _Made:
    """What was prepared of a form, or what is wrong with it."""

    prepared: Any = None
    problem: FieldErrors | Refused | None = None

    @property
    def is_to_be_written(self) -> bool:
        return self.problem is None and not isinstance(self.prepared, Response)


def write(form: Form) -> Response:
    """The answer to one form, which has a transaction of its own."""
    try:
        return _answer(form, None)
    except DATABASE_AWAY as error:
        return _away(form, error)


def write_together(forms: Sequence[Form]) -> list[Response | Exception]:
    """The answer to each of several forms of one house, or the mistake of ours that there is instead of one."""
    made, answers, away = dict[Form, _Made](), dict[Form, Response | Exception](), None
    if len(forms) > 1:
        try:
            made = _all_made(forms)
            answers.update(_written_together(made))
        except DATABASE_AWAY as error:  # each would only wait for it once more
            away = error
        except Exception as problem:  # whosever it is
            _say_one_by_one(forms, problem)
    for form in forms:
        if form in answers:
            continue
        try:
            answers[form] = _away(form, away) if away else _answer(form, made.get(form))
        except DATABASE_AWAY as error:
            away, answers[form] = error, _away(form, error)
        except Exception as mistake:  # about one form: the others have their answers
            answers[form] = mistake
    return [answers[form] for form in forms]


def _all_made(forms: Sequence[Form]) -> dict[Form, _Made]:
    with forms[0].house.database.read() as session:
        return {form: _made(form, session) for form in forms}


def _written_together(made: Mapping[Form, _Made]) -> dict[Form, Response]:
    """Answers to those that one transaction can take; the others go alone, and say what is wrong with them."""
    ready = [form for form, each in made.items() if each.is_to_be_written]
    if len(ready) < 2:
        return {}
    with ready[0].house.database.write() as session:
        return {form: _written(form, session, made[form].prepared) for form in ready}


def _say_one_by_one(forms: Sequence[Form], problem: Exception) -> None:
    logs.request_id.set("")
    is_ours = not isinstance(problem, (FieldErrors, Refused, exc.IntegrityError))
    level, name = logging.WARNING if is_ours else logging.INFO, type(problem).__name__
    log.log(level, "%d forms are written one by one: %s", len(forms), name, exc_info=is_ours)


def _answer(form: Form, made: _Made | None) -> Response:
    """`made` is what is known of the form already. Raises what the database says when it is away."""
    logs.request_id.set(form.request.state.request_id)
    try:
        made = made or _made_alone(form)
        if made.problem:
            raise made.problem
        if isinstance(made.prepared, Response):
            return _private(made.prepared)
        with form.house.database.write() as session:
            return _written(form, session, made.prepared)
    except (FieldErrors, Refused) as problem:
        return _again(form, problem)
    except exc.IntegrityError:
        # Two people took the same address or name in the same moment: the database let one of them.
        log.warning("two writes met; request %s was told to try again", form.request.state.request_id)
        twice = Conflict(N_("Somebody else changed the same thing at this moment. Please try again."))
        return errors.refusal(form.request, form.house, twice, form.fields)


def _away(form: Form, error: Exception) -> Response:
    logs.request_id.set(form.request.state.request_id)
    return unavailable(form.request, form.house, error, form.fields)


def _made_alone(form: Form) -> _Made:
    if form.page.prepare is None:
        return _Made()
    with form.house.database.read() as session:
        return _made(form, session)


def _made(form: Form, session: Session) -> _Made:
    """Nothing for a form that the transaction will refuse anyway."""
    try:
        context = form.opened(session)
        if form.page.prepare is None or no_entry(form.page, context) or not_ours(form.page, context):
            return _Made()
        return _Made(form.page.prepare(context))
    except (FieldErrors, Refused) as problem:
        return _Made(problem=problem)


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
    if isinstance(problem, Refused):
        response.status_code = problem.status
        errors.say_when_to_retry(response, problem)
    return _private(response)


def _private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", cache.PRIVATE)
    return response
