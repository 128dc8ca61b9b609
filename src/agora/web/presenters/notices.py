"""Statements of reasons, appeals and reports as whom they concern sees them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agora.actions import appeals as appeal_actions
from agora.actions import statements as statement_actions
from agora.actions.statements import Told
from agora.rules.errors import N_, Message
from agora.store import appeals, site, statements
from agora.store.appeals import Appeal, Ruling
from agora.store.comments import Comment
from agora.store.statements import Statement
from agora.web.context import Context

RULINGS = {
    Ruling.OPEN: N_("It waits for an answer."),
    Ruling.GRANTED: N_("You were right: the decision was changed."),
    Ruling.REFUSED: N_("The decision was read again, and stays."),
    Ruling.MOOT: N_("There was nothing left to decide."),
}


@dataclass(frozen=True)
class AppealView:
    """An appeal as who lodged it follows it."""

    reference: str
    lodged_at: datetime
    due_at: datetime
    text: str
    ruling: str
    is_open: bool
    is_answered: bool
    answered_at: datetime | None
    answer: str
    same_person: bool


@dataclass(frozen=True)
class ContestView:
    """The form by which a decision is contested. `key` tells the forms of one page from each other."""

    action: str
    key: str
    until: datetime | None  # None: the time has not begun
    text: str = ""
    problem: Message | None = None


@dataclass(frozen=True)
class StatementView:
    """Why something is restricted, and what can be done about it."""

    told: Told
    clause_url: str | None
    contact: str
    contest: ContestView | None


def statement_view(context: Context, statement: Statement, *, action: str, problem: Message | None) -> StatementView:
    """A restriction in plain words, with the form to contest it as long as that is possible."""
    told = statement_actions.told(context.session, statement)
    contested = appeals.against_statements(context.session, [statement.id])
    contest = None
    if not contested and appeal_actions.may_contest(statement, context.now):
        text = context.fields.raw("appeal") if problem else ""
        contest = ContestView(action, str(statement.id), told.contest_until, text, problem)
    url = clause_url(context, statement.charter_id, statement.clause)
    return StatementView(told, url, context.site.contact, contest)


def clause_url(context: Context, charter_id: int | None, clause: int | None) -> str | None:
    """Where a clause stands in the version of the charter that was in force."""
    if clause is None or charter_id is None:
        return None
    is_current = site.current_charter(context.session).id == charter_id
    query = "" if is_current else f"?version={charter_id}"
    return f"{context.url('charter')}{query}#clause-{clause}"


def appeal_view(appeal: Appeal) -> AppealView:
    return AppealView(
        reference=appeal.reference,
        lodged_at=appeal.lodged_at,
        due_at=appeal.answer_due_at,
        text=appeal.text,
        ruling=RULINGS[appeal.ruling],
        is_open=appeal.ruling is Ruling.OPEN,
        is_answered=appeal.ruling in {Ruling.GRANTED, Ruling.REFUSED},
        answered_at=appeal.answered_at,
        answer=appeal.answer,
        same_person=appeal.same_person,
    )


def appeals_of_writer(context: Context, stated: Iterable[Statement]) -> list[AppealView]:
    """All appeals against these restrictions, the earliest first."""
    found = appeals.against_statements(context.session, [statement.id for statement in stated])
    return [appeal_view(appeal) for appeal in sorted(found.values(), key=lambda appeal: appeal.id)]


@dataclass(frozen=True)
class OwnNotices:
    """What the commenter's own page says of decisions: the restriction in force, and what was contested."""

    statement: StatementView | None
    appeals: list[AppealView]


def own_notices(context: Context, comment: Comment, *, action: str, problem: Message | None) -> OwnNotices:
    stated = statements.of_comment(context.session, comment.id)
    in_force = [statement for statement in stated if statement.reversed_at is None]
    view = statement_view(context, in_force[-1], action=action, problem=problem) if in_force else None
    return OwnNotices(view, appeals_of_writer(context, stated))
