"""Everything by one source: comments of an address or a network, what is known of it, and one gesture against it."""

from datetime import timedelta

from starlette.responses import Response

from agora.actions import measures
from agora.actions import moderation as actions
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.measures import LONGEST_FOR_NETWORK, MeasureKind
from agora.rules.moderation import DECISION_NAMES, STATE_NAMES, Decision, Party
from agora.store import comment_changes, comment_lists, events, sources
from agora.store.comments import Comment
from agora.store.sources import Origin
from agora.web.context import Context, whole_number
from agora.web.pages.desk_queue import comment_of
from agora.web.presenters.comments import clause_titles, decided_clauses
from agora.web.presenters.measures import about_addresses

EARLIER = 40
# Decided in one gesture; of more the rest waits for the next one.
AT_ONCE = 200
ADDRESS, NETWORK = "address", "network"
NAMES = {ADDRESS: N_("This address"), NETWORK: N_("This network")}
DECISIONS = (Decision.REJECT, Decision.SPAM)
DAYS = (0, 1, 7, 30)  # of suspension; 0: none


def commenter(context: Context) -> Response:
    """The earlier comments of one address."""
    commenter_id = whole_number(context.path("id")) or 0
    found = comment_lists.comments_of(context.session, commenter_id, size=EARLIER)
    if not found:
        raise NotFound()
    decisions = events.last_decisions(context.session, [comment.id for comment in found])
    lines = [(comment, STATE_NAMES[comment.state], decisions.get(comment.id)) for comment in found]
    clauses = decided_clauses(context, decisions.values())
    about = about_addresses(context, [commenter_id])[commenter_id]
    return context.page("moderation/commenter.html", lines=lines, clauses=clauses, about=about)


def show(context: Context) -> Response:
    return _page(context)


def _page(context: Context, *, status: int = 200, problem: Message | None = None, errors: object = None) -> Response:
    comment = _comment(context)
    by = _by(context, comment)
    found = sources.latest(context.session, _origin(comment, by), size=EARLIER)
    url, fields = context.url("desk_source", id=comment.id), context.fields
    return context.page(
        "moderation/source.html",
        status=status,
        comment=comment,
        by=by,
        tabs=[
            (
                NAMES[each],
                sources.count_waiting(context.session, _origin(comment, each)),
                f"{url}?by={each}",
                each == by,
            )
            for each in (ADDRESS, NETWORK)
            if _origin(comment, each).is_known
        ],
        lines=[(each, STATE_NAMES[each.state], context.url("desk_decision", id=each.id)) for each in found],
        waiting=sources.count_waiting(context.session, _origin(comment, by)),
        decisions=[(decision, DECISION_NAMES[decision]) for decision in DECISIONS],
        days=[days for days in DAYS if by == ADDRESS or days <= LONGEST_FOR_NETWORK],
        clauses=sorted(clause_titles(context).items()),
        decision=fields.text("decision") or DECISIONS[0],
        chosen_days=fields.number("days") or 0,
        reason=fields.text("reason"),
        explanation=fields.text("explanation"),
        errors=errors or {},
        problem=problem,
        flash=_flash(context),
    )


def _flash(context: Context) -> Message | None:
    count = whole_number(context.query("count"))
    if count is None:
        return None
    if context.query("suspended"):
        return Message(N_("Rejected: %(count)s. Comments from there are not taken for now."), {"count": count})
    return Message(N_("Rejected: %(count)s."), {"count": count})


def act(context: Context) -> Response:
    """Reject all that waits from there and, if days are chosen, take nothing more from there meanwhile."""
    comment = _comment(context)
    by = _by(context, comment)
    origin = _origin(comment, by)
    days = context.fields.number("days") or 0
    waiting = sources.waiting(context.session, origin, size=AT_ONCE)
    if not waiting and not days:
        raise FieldErrors({"days": Message(N_("Nothing waits from there: choose for how long it is suspended."))})
    comment_changes.hold_discussions(context.session, [each.id for each in waiting])
    for each in waiting:
        _reject(context, each)
    if days:
        _suspend(context, comment, origin, days)
    told = f"by={by}&count={len(waiting)}" + ("&suspended=yes" if days else "")
    return context.redirect(f"{context.url('desk_source', id=comment.id)}?{told}")


def act_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, FieldErrors):
        return _page(context, status=422, errors=problem.errors)
    return _page(context, status=problem.status, problem=problem.message)


def _reject(context: Context, comment: Comment) -> None:
    text = context.fields.text("decision")
    if text not in DECISIONS:
        raise Refused(N_("Choose one of the decisions."), status=422)
    actions.decide(
        context.session,
        comment,
        Decision(text),
        party=Party.MODERATOR,
        version=comment.version,
        person=context.person,
        clause=context.fields.number("reason"),
        explanation=context.fields.text("explanation"),
        now=context.now,
    )


def _suspend(context: Context, comment: Comment, origin: Origin, days: int) -> None:
    measures.impose(
        context.session,
        MeasureKind.SUSPENSION,
        commenter=comment.commenter if origin.commenter_id is not None else None,
        source=origin.source,
        until=context.now + timedelta(days=days),
        clause=context.fields.number("reason"),
        explanation=context.fields.text("explanation"),
        language=comment.language,
        by=context.person,
        now=context.now,
    )


def _comment(context: Context) -> Comment:
    return comment_of(context, whole_number(context.path("id")) or 0)


def _by(context: Context, comment: Comment) -> str:
    asked = context.query("by") or context.fields.text("by")
    if asked == NETWORK or comment.commenter_id is None:
        return NETWORK
    return ADDRESS


def _origin(comment: Comment, by: str) -> Origin:
    return Origin(commenter_id=comment.commenter_id) if by == ADDRESS else Origin(source=comment.source)
