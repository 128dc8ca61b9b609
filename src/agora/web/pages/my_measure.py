"""A measure, as whom it concerns reads it: what, why, until when, and what can be done; by a signed address."""

from starlette.responses import Response

from agora.actions import appeals
from agora.actions import measures as actions
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.measures import MeasureKind
from agora.store import statements
from agora.store.measures import Measure
from agora.store.statements import Statement
from agora.tokens import BadToken
from agora.web.context import Context
from agora.web.presenters.measures import measure_views
from agora.web.presenters.notices import appeals_of_writer, statement_view

FLASHES = {
    "read": N_("Thank you. You can comment again."),
    "appealed": N_("Your appeal has arrived. This page will say what came of it."),
}


def show(context: Context) -> Response:
    return _page(context)


def _page(context: Context, *, status: int = 200, problem: Message | None = None) -> Response:
    measure = _measure(context)
    statement = _statement(context, measure)
    own = context.url("my_measure", token=context.path("token"))
    view = statement_view(context, statement, action=f"{own}#contest", problem=problem)
    return context.page(
        "people/measure.html",
        status=status,
        language=statement.language,
        measure=measure_views(context, [measure])[0],
        statement=view,
        contest=view.contest,
        appeals=appeals_of_writer(context, [statement]),
        token=context.path("token"),
        must_be_read=measure.kind is MeasureKind.WARNING and measure.holds(context.now),
        flash=FLASHES.get(context.query("done")),
    )


def act(context: Context) -> Response:
    """Whom a measure concerns says that a warning was read, or contests the measure."""
    if not context.fields.has("appeal"):
        actions.acknowledge(context.session, _measure(context), now=context.now)
        return _back(context, "read")
    statement = _statement(context, _measure(context))
    context.spend("appeal")
    appeals.lodge(context.session, statement, context.fields.raw("appeal"), context.settings, now=context.now)
    return _back(context, "appealed")


def act_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, FieldErrors):
        return _page(context, status=422, problem=problem.errors["appeal"])
    return _page(context, status=problem.status, problem=problem.message)


def _back(context: Context, done: str) -> Response:
    return context.redirect(f"{context.url('my_measure', token=context.path('token'))}?done={done}")


def acknowledge_with_form(context: Context) -> None:
    """A warning that was shown above a comment, with a box to say that it was read."""
    if token := context.fields.text("warning"):
        actions.acknowledge(context.session, measure_of(context, token), now=context.now)


def measure_of(context: Context, token: str) -> Measure:
    """Raises NotFound for a token that is not ours or leads nowhere any more."""
    try:
        id_ = context.house.tokens.open("my-measure", token)
    except BadToken as error:
        raise Refused(N_("This address is not complete, or is too old."), status=404) from error
    measure = context.session.get(Measure, id_) if isinstance(id_, int) else None
    if measure is None:
        raise NotFound()
    return measure


def _measure(context: Context) -> Measure:
    return measure_of(context, context.path("token"))


def _statement(context: Context, measure: Measure) -> Statement:
    statement = statements.of_measure(context.session, measure.id)
    if statement is None:
        raise NotFound()
    return statement
