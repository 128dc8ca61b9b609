"""Measures against people at the desk: those in force, a new one, one with its reasons; and notes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from agora.actions import appeals as appeal_actions
from agora.actions import measures as actions
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.measures import AGAINST_NAMES, EFFECTS, LONGEST_FOR_NETWORK, MEASURE_NAMES, Against, MeasureKind
from agora.store import appeals
from agora.store import measures as store
from agora.store.comments import Comment, Commenter
from agora.store.measures import Measure
from agora.store.people import Person
from agora.web.context import Context, whole_number
from agora.web.presenters.comments import clause_titles
from agora.web.presenters.measures import measure_views, whom

PAGE = 50
# Days to choose from; 0 is until it is lifted.
SPANS = (1, 7, 30, 90, 365, 0)

# The fields that may say whom a measure is against.
TARGETS = ("commenter", "person", "network_of")

FLASHES = {
    "imposed": N_("Done. Whom it concerns is told, with the reasons."),
    "ended": N_("The measure has ended."),
    "kept": N_("The measure stays; the appeal is answered."),
    "noted": N_("Noted; only moderators see it."),
}


@dataclass(frozen=True)
class Target:
    """Whom a measure would be against, and the hidden field that says so."""

    field: str
    id: int
    against: Against
    name: str
    commenter: Commenter | None = None
    person: Person | None = None
    source: str = ""


def list_measures(context: Context) -> Response:
    before = whole_number(context.query("before"))
    found = store.all_in_force(context.session, context.now, before=before, size=PAGE)
    whose = [whom(context, measure) for measure in found]
    return context.page(
        "moderation/measures.html",
        lines=list(zip(measure_views(context, found), whose, strict=True)),
        more=f"{context.url('desk_measures')}?before={found[-1].id}" if len(found) == PAGE else None,
        flash=FLASHES.get(context.query("done")),
    )


def new(context: Context) -> Response:
    """The form; without anybody whom the measure could be against, the list of those there are."""
    named = any(_number(context, name) for name in TARGETS)
    return _form(context, _target(context)) if named else list_measures(context)


def _form(context: Context, target: Target, *, status: int = 200, errors: dict[str, Message] | None = None) -> Response:
    by_network = target.against is Against.NETWORK
    kinds = [kind for kind in MeasureKind if not (by_network and kind is MeasureKind.WARNING)]
    fields = context.fields
    return context.page(
        "moderation/new_measure.html",
        status=status,
        target=target,
        against=AGAINST_NAMES[target.against],
        kinds=[(kind, MEASURE_NAMES[kind], EFFECTS[kind]) for kind in kinds],
        spans=[days for days in SPANS if not by_network or 0 < days <= LONGEST_FOR_NETWORK],
        clauses=sorted(clause_titles(context).items()),
        kind=fields.text("kind") or kinds[0],
        days=fields.number("days") if errors else 7,
        reason=fields.text("reason"),
        explanation=fields.text("explanation"),
        errors=errors or {},
    )


def create(context: Context) -> Response:
    target = _target(context)
    actions.impose(
        context.session,
        _kind(context),
        commenter=target.commenter,
        person=target.person,
        source=target.source,
        until=_until(context),
        clause=context.fields.number("reason"),
        explanation=context.fields.text("explanation"),
        by=context.person,
        now=context.now,
    )
    return context.redirect(f"{context.url('desk_measures')}?done=imposed")


def form_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, Refused):
        raise problem
    return _form(context, _target(context), status=422, errors=problem.errors)


def _kind(context: Context) -> MeasureKind:
    text = context.fields.text("kind")
    if text not in set(MeasureKind):
        raise FieldErrors({"kind": Message(N_("Choose one of the measures."))})
    return MeasureKind(text)


def _until(context: Context) -> datetime | None:
    days = context.fields.number("days")
    return context.now + timedelta(days=days) if days else None


def _target(context: Context) -> Target:
    """Whom the page's address or the form names: an address, an account, or the network of a comment."""
    session = context.session
    if commenter := session.get(Commenter, _number(context, "commenter")):
        return Target("commenter", commenter.id, Against.ADDRESS, commenter.email, commenter=commenter)
    if person := session.get(Person, _number(context, "person")):
        return Target("person", person.id, Against.ACCOUNT, person.name, person=person)
    comment = session.get(Comment, _number(context, "network_of"))
    if comment is None or not comment.source:
        raise Refused(N_("Whom the measure would be against is not known, or no longer."), status=409)
    return Target("network_of", comment.id, Against.NETWORK, comment.name, source=comment.source)


def _number(context: Context, name: str) -> int:
    return context.fields.number(name) or whole_number(context.query(name)) or 0


def show(context: Context) -> Response:
    return _show(context)


def _show(context: Context, *, status: int = 200, problem: Message | None = None) -> Response:
    measure = _measure(context)
    return context.page(
        "moderation/measure.html",
        status=status,
        measure=measure_views(context, [measure])[0],
        whom=whom(context, measure),
        appeals=appeals.open_about_measure(context.session, measure.id),
        explanation=context.fields.text("explanation"),
        problem=problem,
    )


def act(context: Context) -> Response:
    session, measure, explanation = context.session, _measure(context), context.fields.text("explanation")
    if context.fields.text("action") == "keep":
        appeal_actions.uphold_measure(session, measure, person=context.person, explanation=explanation, now=context.now)
        return context.redirect(f"{context.url('desk_measures')}?done=kept")
    actions.end(session, measure, by=context.person, explanation=explanation, now=context.now)
    return context.redirect(f"{context.url('desk_measures')}?done=ended")


def act_again(context: Context, problem: FieldErrors | Refused) -> Response:
    message = problem.message if isinstance(problem, Refused) else next(iter(problem.errors.values()))
    return _show(context, status=problem.status if isinstance(problem, Refused) else 422, problem=message)


def note(context: Context) -> Response:
    """Tell the other moderators something about an address."""
    commenter = context.session.get(Commenter, whole_number(context.path("id")) or 0)
    if commenter is None:
        raise NotFound()
    actions.note(context.session, commenter, context.fields.text("note"), by=context.person, now=context.now)
    return context.redirect(f"{context.url('desk_commenter', id=commenter.id)}?done=noted")


def note_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, Refused):
        raise problem
    message = problem.errors["note"]
    raise Refused(message.text, status=422, retry_after=None, **message.values)


def _measure(context: Context) -> Measure:
    measure = context.session.get(Measure, whole_number(context.path("id")) or 0)
    if measure is None:
        raise NotFound()
    return measure
