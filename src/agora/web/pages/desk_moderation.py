"""Deciding at the desk: one case or many, each with its reason; taking a decision back; taking a case in hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from agora.actions import claims
from agora.actions import moderation as actions
from agora.rules.errors import N_, Conflict, FieldErrors, Message, NotFound, Refused
from agora.rules.moderation import Decision, Party
from agora.rules.statements import Category, Legal
from agora.store import comment_changes, comment_lists, queue
from agora.store.comments import Comment
from agora.store.statements import ReadyReason
from agora.web.context import Context, whole_number
from agora.web.pages.desk_queue import case_page, comment_of, line_of, oldest_age, queue_page, reasons, waiting_count
from agora.web.presenters.cards import Sent
from agora.web.presenters.cases import case_views, hand_of
from agora.web.presenters.queue import address, shown, tabs
from agora.web.presenters.told import Meanwhile, done, meanwhile


def decide(context: Context) -> Response:
    """One case; `undo` takes back what was decided just now."""
    comment = _comment(context)
    decision = _decision(context)
    _apply(context, comment, decision, context.fields.number("version") or 0)
    if context.fields.text("quick"):
        return _answer(context, decision, [comment.id])
    following = comment.id if decision is Decision.UNDO else context.fields.number("next")
    return _back(context, decision, [comment.id], following=following)


def decide_again(context: Context, problem: FieldErrors | Refused) -> Response:
    """The case again: with what is missing beside it, or with the news that somebody was quicker."""
    comment = _comment(context)
    if isinstance(problem, FieldErrors):
        sent = _sent(context, problem)
        if context.fields.text("quick"):
            return _refusal(context, comment, 422, sent=sent)
        if context.fields.text("alone"):
            return case_page(context, status=422, sent=sent)
        return queue_page(context, status=422, sent={comment.id: sent})
    since = meanwhile(context, comment.id)
    if context.fields.text("quick"):
        return _refusal(context, comment, problem.status, problem=problem.message, since=since)
    page = case_page if context.fields.text("alone") else queue_page
    return page(context, status=problem.status, problem=problem.message, since=since)


def decide_many(context: Context) -> Response:
    """Several cases with the same decision: those that changed meanwhile are left alone and counted."""
    decision = _decision(context)
    selected = list(dict.fromkeys(context.fields.numbers("selected")))
    if not selected:
        raise FieldErrors({"selected": Message(N_("Select at least one comment first."))})
    comment_changes.hold_discussions(context.session, selected)
    decided = [id_ for id_ in selected if _is_decided(context, id_, decision)]
    if not decided:
        raise Conflict(N_("These comments changed meanwhile: somebody else decided, or their texts were edited."))
    missed = len(selected) - len(decided)
    if context.fields.text("quick"):
        return _answer(context, decision, decided, missed=missed)
    return _back(context, decision, decided, missed=missed)


def _is_decided(context: Context, comment_id: int, decision: Decision) -> bool:
    """False where somebody was quicker, or where nothing waits for an answer that leaves all as it is."""
    try:
        comment = comment_of(context, comment_id)
        _apply(context, comment, decision, context.fields.number(f"version-{comment_id}") or 0)
    except (Conflict, NotFound):
        return False
    return True


def decide_many_again(context: Context, problem: FieldErrors | Refused) -> Response:
    message = problem.message if isinstance(problem, Refused) else next(iter(problem.errors.values()))
    status = problem.status if isinstance(problem, Refused) else 422
    if context.fields.text("quick"):
        return context.page("moderation/answer.html", status=status, **_region(context) | {"trouble": message})
    return queue_page(context, status=status, problem=message)


def _apply(context: Context, comment: Comment, decision: Decision, version: int) -> None:
    if decision is Decision.UNDO:
        actions.undo(context.session, comment, person=context.person, version=version, now=context.now)
        return
    clause, explanation, legal = _grounds(context)
    actions.decide(
        context.session,
        comment,
        decision,
        party=Party.MODERATOR,
        version=version,
        person=context.person,
        clause=clause,
        explanation=explanation,
        legal=legal,
        now=context.now,
    )


def _grounds(context: Context) -> tuple[int | None, str, Legal]:
    """Clause, explanation and law; a ready-made reason stands for whatever was not written."""
    fields = context.fields
    clause, explanation, law = fields.number("reason"), fields.text("explanation"), fields.text("law")
    category = fields.text("category")
    if category and category not in set(Category):
        raise FieldErrors({"category": Message(N_("Choose one of the categories."))})
    ready = context.session.get(ReadyReason, fields.number("ready") or 0)
    if ready is None:
        return clause, explanation, Legal(law, Category(category) if category else None)
    if clause is None and not law:
        clause, law, category = ready.clause, ready.law, category or ready.category or ""
    return clause, explanation or ready.explanation, Legal(law, Category(category) if category else None)


def _sent(context: Context, problem: FieldErrors) -> Sent:
    names = ("reason", "explanation", "ready", "law", "category")
    return Sent(problem.errors, **{name: context.fields.text(name) for name in names})


def _comment(context: Context) -> Comment:
    return comment_of(context, whole_number(context.path("id")) or 0)


def _decision(context: Context) -> Decision:
    text = context.fields.text("decision")
    if text not in set(Decision):
        raise Refused(N_("Choose one of the decisions."), status=422)
    return Decision(text)


def _back(
    context: Context, decision: Decision, ids: Sequence[int], *, missed: int = 0, following: int | None = None
) -> Response:
    """To the part of the list that one came from, at the case that follows."""
    told = [("done", str(decision)), ("of", ",".join(map(str, ids)))]
    told += [("missed", str(missed))] if missed else []
    place = f"#case-{following}-title" if following else ""
    return context.redirect(address(context, shown(context), *told) + place)


# Without leaving the page: what a script asks for, and gets as a piece of it


def _answer(context: Context, decision: Decision, ids: Sequence[int], *, missed: int = 0) -> Response:
    """What was done, the numbers as they are now; and what was taken back, to be shown again."""
    told = done(context, decision, ids, missed=missed)
    again = ids if decision is Decision.UNDO else []
    context.session.expire_all()
    return context.page("moderation/answer.html", **_region(context, again) | {"done": told})


def _refusal(
    context: Context,
    comment: Comment,
    status: int,
    *,
    sent: Sent | None = None,
    problem: Message | None = None,
    since: Meanwhile | None = None,
) -> Response:
    region = _region(context, [comment.id], {comment.id: sent} if sent else None)
    return context.page("moderation/answer.html", status=status, **region | {"trouble": problem, "since": since})


def _region(context: Context, ids: Sequence[int] = (), sent: Mapping[int, Sent] | None = None) -> dict[str, Any]:
    """The parts of the page that a script changes, and the cards of these comments."""
    part = shown(context)
    waiting = waiting_count(context, queue.numbers(context.session))
    return {
        "part": part,
        "waiting": waiting,
        "oldest": oldest_age(context),
        "tabs": tabs(context, part, comment_lists.counts_by_state(context.session), waiting),
        "cards": case_views(context, part, [line_of(context, id_) for id_ in ids], sent),
        "selected": set(),
        "alone": False,
        "done": None,
        "trouble": None,
        "since": None,
        **(reasons(context) if ids else {}),
    }


# Taking in hand


def claim(context: Context) -> Response:
    """Take a case in hand, or give it back."""
    comment = _comment(context)
    if context.fields.text("action") == "release":
        claims.release(context.session, comment, person=context.person)
    else:
        claims.claim(context.session, comment, person=context.person, now=context.now)
    if context.fields.text("quick"):
        return _hand(context, comment)
    return context.redirect(address(context, shown(context)) + f"#case-{comment.id}-title")


def claim_again(context: Context, problem: FieldErrors | Refused) -> Response:
    """Somebody else has it, or it is decided."""
    if isinstance(problem, FieldErrors):
        raise problem
    if context.fields.text("quick"):
        return _hand(context, _comment(context))
    return queue_page(context, status=problem.status, problem=problem.message)


def _hand(context: Context, comment: Comment) -> Response:
    line = line_of(context, comment.id)
    hand = hand_of(context, line.case, line.claimant)
    return context.page("moderation/_hand.html", hand=hand, comment=comment, part=shown(context))
