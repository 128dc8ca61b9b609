"""The moderators' queue: cases with their context, decided one at a time or many, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup
from starlette.responses import Response

from agora.actions import moderation as actions
from agora.rules.errors import N_, Conflict, FieldErrors, Message, NotFound, Refused
from agora.rules.moderation import DECISION_NAMES, RESTRICTIONS, STATE_NAMES, Decision, Party, State, decisions_for
from agora.store import comments, events
from agora.store.comments import Comment
from agora.store.events import LastDecision
from agora.web.context import Context, whole_number
from agora.web.presenters.comments import clause_titles, decided_clauses
from agora.web.presenters.measures import about_addresses

PAGE = 25
TABS = (State.PENDING, State.PUBLISHED, State.REJECTED, State.HIDDEN, State.WITHDRAWN)
EARLIER = 40
QUOTE = 280

DONE = {
    Decision.APPROVE: N_("Published."),
    Decision.REJECT: N_("Rejected; the commenter can read why."),
    Decision.SPAM: N_("Set aside as spam."),
    Decision.HIDE: N_("Hidden; the commenter can read why."),
    Decision.RESTORE: N_("Restored."),
}


@dataclass(frozen=True)
class CaseButton:
    decision: Decision
    name: str
    restricts: bool


@dataclass(frozen=True)
class CaseView:
    """Who, where, in answer to what, the text as it would appear, why it waits, and the buttons."""

    comment: Comment
    html: Markup
    post_url: str
    permalink: str | None
    age: timedelta
    parent: tuple[str, str] | None
    why: list[Message]
    email: str
    is_verified: bool
    record: list[tuple[str, int]]
    earlier_url: str | None
    last: LastDecision | None
    buttons: list[CaseButton]
    errors: dict[str, Message]
    reason: str
    explanation: str


def queue(context: Context) -> Response:
    return _queue(context)


def _queue(
    context: Context,
    *,
    status: int = 200,
    problem: Message | None = None,
    wrong: dict[int, dict[str, Message]] | None = None,
    state: State | None = None,
    at: int | None = None,
) -> Response:
    """The page of the queue that the address names; or, with `at`, the one that begins with this comment."""
    state = state or _state(context.query("state") or context.fields.text("state"))
    after, before = _key(context, "after"), _key(context, "before")
    if at is not None:
        after, before = at - 1, at + 1
    found = comments.queue(context.session, state, after=after, before=before, size=PAGE)
    counts = comments.counts_by_state(context.session)
    url = context.url("desk_moderation")
    return context.page(
        "moderation/queue.html",
        status=status,
        cases=_cases(context, found, wrong or {}),
        state=state,
        tabs=[(tab, STATE_NAMES[tab], counts.get(tab, 0), f"{url}?state={tab}") for tab in TABS],
        bulk=[CaseButton(d, DECISION_NAMES[d], d in RESTRICTIONS) for d in decisions_for(state, Party.MODERATOR)],
        clauses=sorted(clause_titles(context).items()),
        waiting=counts.get(State.PENDING, 0),
        oldest=_age(context),
        more=_more(url, state, found),
        after=after,
        before=before,
        problem=problem,
        flash=_flash(context),
        selected=set(context.fields.numbers("selected")),
        sent_reason=context.fields.text("reason"),
        sent_explanation=context.fields.text("explanation"),
    )


def _key(context: Context, name: str) -> int | None:
    """Where this page of the queue begins, as its address or its form says."""
    return whole_number(context.query(name) or context.fields.text(name))


def _state(text: str) -> State:
    return State(text) if text in set(TABS) else State.PENDING


def _age(context: Context) -> timedelta | None:
    oldest = comments.oldest_waiting(context.session)
    return context.now - oldest if oldest else None


def _more(url: str, state: State, found: Sequence[Comment]) -> str | None:
    if len(found) < PAGE:
        return None
    key = "after" if state is State.PENDING else "before"
    return f"{url}?state={state}&{key}={found[-1].id}"


def _flash(context: Context) -> Message | None:
    done, count = context.query("done"), whole_number(context.query("count"))
    if done not in set(Decision) or Decision(done) not in DONE:
        return None
    missed = whole_number(context.query("missed")) or 0
    if missed:
        return Message(
            N_("%(count)s comments were decided; %(missed)s had changed meanwhile and were left alone."),
            {"count": count or 0, "missed": missed},
        )
    if count is not None and count > 1:
        return Message(N_("%(count)s comments were decided."), {"count": count})
    return Message(DONE[Decision(done)])


def _cases(context: Context, found: Sequence[Comment], wrong: dict[int, dict[str, Message]]) -> list[CaseView]:
    addresses = {comment.commenter_id for comment in found if comment.commenter_id is not None}
    records = comments.records_of(context.session, addresses)
    decisions = events.last_decisions(context.session, [comment.id for comment in found])
    return [
        _case(
            context,
            comment,
            records.get(comment.commenter_id or 0, {}),
            decisions.get(comment.id),
            wrong.get(comment.id, {}),
        )
        for comment in found
    ]


def _case(
    context: Context, comment: Comment, record: dict[State, int], last: LastDecision | None, errors: dict[str, Message]
) -> CaseView:
    others = dict(record)
    others[comment.state] = others.get(comment.state, 1) - 1
    is_public = comment.state is State.PUBLISHED and comment.post.is_public
    return CaseView(
        comment=comment,
        html=comment.revision.html,
        post_url=context.url("post", slug=comment.post.slug),
        permalink=context.url("comment", id=comment.id) if is_public else None,
        age=context.now - comment.created_at,
        parent=_quote(comment.parent) if comment.parent else None,
        why=[reason.message for reason in comment.revision.why] if comment.state is State.PENDING else [],
        email=comment.commenter.email if comment.commenter else "",
        is_verified=comment.commenter is not None and comment.commenter.verified_at is not None,
        record=[(STATE_NAMES[state], count) for state, count in others.items() if count > 0],
        earlier_url=context.url("desk_commenter", id=comment.commenter_id) if comment.commenter_id else None,
        last=last,
        buttons=[
            CaseButton(d, DECISION_NAMES[d], d in RESTRICTIONS) for d in decisions_for(comment.state, Party.MODERATOR)
        ],
        errors=errors,
        reason=context.fields.text("reason") if errors else "",
        explanation=context.fields.text("explanation") if errors else "",
    )


def _quote(parent: Comment) -> tuple[str, str]:
    words = " ".join(parent.revision.html.striptags().split())
    return parent.name, words if len(words) <= QUOTE else words[:QUOTE].rsplit(" ", 1)[0] + " …"


def decide(context: Context) -> Response:
    """One case."""
    comment = _comment(context)
    state = comment.state
    decision = _decision(context)
    _apply(context, comment, decision, context.fields.number("version") or 0)
    return context.redirect(f"{context.url('desk_moderation')}?state={state}&done={decision}")


def decide_again(context: Context, problem: FieldErrors | Refused) -> Response:
    """The queue again: with what is missing beside the case, or with the news that somebody was quicker."""
    comment = _comment(context)
    if isinstance(problem, FieldErrors):
        return _queue(context, status=422, wrong={comment.id: problem.errors}, state=comment.state, at=comment.id)
    return _queue(context, status=409, problem=problem.message, state=_state(context.fields.text("state")))


def decide_many(context: Context) -> Response:
    """Several cases with the same decision: those that changed meanwhile are left alone and counted."""
    decision = _decision(context)
    state = _state(context.fields.text("state"))
    selected = dict.fromkeys(context.fields.numbers("selected"))
    if not selected:
        raise FieldErrors({"selected": Message(N_("Select at least one comment first."))})
    comments.hold_discussions(context.session, selected)
    done = missed = 0
    for id_ in selected:
        comment = comments.comment_in_full(context.session, id_)
        version = context.fields.number(f"version-{id_}")
        try:
            if comment is None:
                raise NotFound()
            _apply(context, comment, decision, version or 0)
            done += 1
        except (Conflict, NotFound):
            missed += 1
    if missed and not done:
        raise Conflict(N_("These comments changed meanwhile: somebody else decided, or their texts were edited."))
    query = f"state={state}&done={decision}&count={done}&missed={missed}"
    return context.redirect(f"{context.url('desk_moderation')}?{query}")


def decide_many_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, Refused):
        return _queue(context, status=409, problem=problem.message)
    return _queue(context, status=422, problem=next(iter(problem.errors.values())))


def _apply(context: Context, comment: Comment, decision: Decision, version: int) -> None:
    actions.decide(
        context.session,
        comment,
        decision,
        party=Party.MODERATOR,
        version=version,
        person=context.person,
        clause=context.fields.number("reason"),
        explanation=context.fields.text("explanation"),
        now=context.now,
    )


def _comment(context: Context) -> Comment:
    comment = comments.comment_in_full(context.session, whole_number(context.path("id")) or 0)
    if comment is None:
        raise NotFound()
    return comment


def _decision(context: Context) -> Decision:
    text = context.fields.text("decision")
    if text not in set(Decision):
        raise Refused(N_("Choose one of the decisions."), status=422)
    return Decision(text)


def commenter(context: Context) -> Response:
    """The earlier comments of one address."""
    commenter_id = whole_number(context.path("id")) or 0
    found = comments.comments_of(context.session, commenter_id, size=EARLIER)
    if not found:
        raise NotFound()
    decisions = events.last_decisions(context.session, [comment.id for comment in found])
    lines = [(comment, STATE_NAMES[comment.state], decisions.get(comment.id)) for comment in found]
    clauses = decided_clauses(context, decisions.values())
    about = about_addresses(context, [commenter_id])[commenter_id]
    return context.page("moderation/commenter.html", lines=lines, clauses=clauses, about=about)
