"""Deciding from a letter: a signed link for one action, revision and moderator. GET shows a form, POST acts."""

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from agora.actions import moderation as actions
from agora.rules.errors import N_, Conflict, FieldErrors, Message, NotFound, Refused
from agora.rules.moderation import DECISION_NAMES, RESTRICTIONS, Decision, Party
from agora.rules.permissions import Deed, may
from agora.store import comments
from agora.store.comments import Comment
from agora.store.people import Person
from agora.tokens import BadToken
from agora.web.context import Context
from agora.web.presenters.comments import clause_titles


@dataclass(frozen=True)
class SignedDecision:
    """What the link carries."""

    comment: Comment
    decision: Decision
    moderator: Person


def show(context: Context) -> Response:
    if context.query("done"):
        payload = _payload(context)
        return context.page("moderation/letter.html", button=DECISION_NAMES[payload["decision"]], done=True)
    return _page(context, _signed(context))


def _page(
    context: Context,
    signed: SignedDecision,
    *,
    status: int = 200,
    errors: dict[str, Message] | None = None,
) -> Response:
    return context.page(
        "moderation/letter.html",
        status=status,
        language=signed.moderator.language,
        comment=signed.comment,
        button=DECISION_NAMES[signed.decision],
        restricts=signed.decision in RESTRICTIONS,
        clauses=sorted(clause_titles(context).items()),
        why=[reason.message for reason in signed.comment.revision.why],
        reason=context.fields.text("reason"),
        explanation=context.fields.text("explanation"),
        errors=errors or {},
        done=False,
    )


def act(context: Context) -> Response:
    signed = _signed(context)
    actions.decide(
        context.session,
        signed.comment,
        signed.decision,
        party=Party.MODERATOR,
        version=signed.comment.version,
        person=signed.moderator,
        clause=context.fields.number("reason"),
        explanation=context.fields.text("explanation"),
        now=context.now,
    )
    return context.redirect(f"{context.request.url.path}?done=yes")


def again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, Refused):
        raise problem
    return _page(context, _signed(context), status=422, errors=problem.errors)


def _signed(context: Context) -> SignedDecision:
    """Raises Refused when the link is not ours or too old, and Conflict when the text has changed since."""
    payload = _payload(context)
    comment = comments.comment_in_full(context.session, payload["comment"])
    moderator = context.session.get(Person, payload["moderator"])
    if comment is None or moderator is None or moderator.closed_at or not may(moderator.role, Deed.MODERATE):
        raise NotFound()
    if comment.version != payload["version"]:
        raise Conflict(N_("This comment changed meanwhile: somebody else decided, or its text was edited."))
    return SignedDecision(comment, Decision(payload["decision"]), moderator)


def _payload(context: Context) -> dict[str, Any]:
    try:
        payload: dict[str, Any] = context.house.tokens.open("decide", context.path("token"))
    except BadToken as error:
        raise Refused(
            N_("This link is not complete, or is too old. The queue shows what still waits."), status=403
        ) from error
    return payload
