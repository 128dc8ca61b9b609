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


def write(form: Form) -> Response:
    """The answer to one form, which has a transaction of its own."""
    return _answer(form, None)


def write_together(forms: Sequence[Form]) -> list[Response | Exception]:
    """The answer to each of several forms of one house, or the mistake of ours that there is instead of one."""
    made = _all_made(forms) if len(forms) > 1 else {}
    answers: dict[Form, Response | Exception] = {**_written_together(made)}
    is_away = False
    for form in forms:
        if is_away:  # each would only wait for the database once more
            answers[form] = _away(form, TimeoutError())
        elif form not in answers:
            answers[form] = answer = _alone(form, made.get(form))
            is_away = isinstance(answer, Response) and answer.status_code == 503
    return [answers[form] for form in forms]


def _all_made(forms: Sequence[Form]) -> Mapping[Form, _Made]:
    try:
        with forms[0].house.database.read() as session:
            return {form: _made(form, session) for form in forms}
    except Exception as mistake:  # whosever it is
        _say_one_by_one(forms, mistake)
        return {}


def _written_together(made: Mapping[Form, _Made]) -> Mapping[Form, Response]:
    """Answers to those that one transaction could take; the others go alone, and say what is wrong with them."""
    ready = {form: each.prepared for form, each in made.items() if each.problem is None and not _is_answer(each)}
    if len(ready) < 2:
        return {}
    try:
        with next(iter(ready)).house.database.write() as session:
            return {form: _written(form, session, prepared) for form, prepared in ready.items()}
    except DATABASE_AWAY as error:
        return {form: _away(form, error) for form in ready}
    except Exception as problem:  # whosever it is
        _say_one_by_one(list(ready), problem)
        return {}


def _say_one_by_one(forms: Sequence[Form], problem: Exception) -> None:
    logs.request_id.set("")
    is_ours = not isinstance(problem, (FieldErrors, Refused, exc.IntegrityError))
    log.log(
        logging.WARNING if is_ours else logging.INFO,
        "%d forms are written one by one: %s",
        len(forms),
        type(problem).__name__,
        exc_info=is_ours,
    )


def _is_answer(made: _Made) -> bool:
    return isinstance(made.prepared, Response)


def _alone(form: Form, made: _Made | None) -> Response | Exception:
    try:
        return _answer(form, made)
    except Exception as mistake:  # about one form: the others have their answers
        return mistake


def _answer(form: Form, made: _Made | None) -> Response:
    """`made` is what is known of it already."""
    logs.request_id.set(form.request.state.request_id)
    house = form.house
    try:
        made = made or _made_alone(form)
        if made.problem:
            raise made.problem
        if isinstance(made.prepared, Response):
            return _private(made.prepared)
        with house.database.write() as session:
            return _written(form, session, made.prepared)
    except (FieldErrors, Refused) as problem:
        return _again(form, problem)
    except exc.IntegrityError:
        # Two people took the same address or name in the same moment: the database let one of them.
        log.warning("two writes met; request %s was told to try again", form.request.state.request_id)
        twice = Conflict(N_("Somebody else changed the same thing at this moment. Please try again."))
        return errors.refusal(form.request, house, twice, form.fields)
    except DATABASE_AWAY as error:
        return _away(form, error)


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
    if form.page.prepare is None:
        return _Made()
    try:
        context = form.opened(session)
        if no_entry(form.page, context) or not_ours(form.page, context):
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
    except DATABASE_AWAY as error:
        return _away(form, error)
    if isinstance(problem, Refused):
        response.status_code = problem.status
        errors.say_when_to_retry(response, problem)
    return _private(response)


def _private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", cache.PRIVATE)
    return response
