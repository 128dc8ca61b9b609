"""Reporting a comment, as anyone can; and the page on which who did follows what becomes of it."""

from dataclasses import dataclass, field
from datetime import datetime

from starlette.responses import Response

from agora.actions import appeals as appeal_actions
from agora.actions import notices as actions
from agora.actions import reports as report_actions
from agora.actions.measures import UnderMeasure
from agora.actions.report_forms import LAW, Notice
from agora.actions.reports import Answer
from agora.actions.statements import clause_of
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.reports import OFFENCES
from agora.store import appeals, comments, reports
from agora.store.appeals import Appeal
from agora.store.comments import Comment
from agora.store.reports import Outcome, Report, ReportItem
from agora.tokens import BadToken
from agora.web import csrf
from agora.web.context import Context, whole_number
from agora.web.presenters.comments import clause_titles, parent_quote
from agora.web.presenters.notices import AppealView, ContestView, appeal_view, clause_url

FLASHES = {
    "received": N_("Your report has arrived. Keep the address of this page: it says what is decided, and why."),
    "confirmed": N_("Your address is confirmed."),
    "contested": N_("You have contested the decision. The answer comes on this page, and by letter if we may write."),
}


@dataclass(frozen=True)
class ReportForm:
    """The report form: what was typed, and what is wrong with it."""

    action: str
    token: str
    signed_in_as: str | None
    notice: Notice
    errors: dict[str, Message] = field(default_factory=dict)
    why_not: str | None = None  # where the reasons stand why nothing is taken


# The form


def form(context: Context) -> Response:
    return _form(context, _reportable(context))


def send(context: Context) -> Response:
    comment = _reportable(context)
    _check_token(context, comment)
    context.spend("report")
    found = actions.report(
        context.session, comment, _notice(context), context.settings, person=context.visitor, now=context.now
    )
    return context.redirect(f"{_page_url(context, found.id)}?done=received")


def form_again(context: Context, problem: FieldErrors | Refused) -> Response:
    comment = _reportable(context)
    if isinstance(problem, FieldErrors):
        return _form(context, comment, errors=problem.errors, status=422)
    why_not = None
    if isinstance(problem, UnderMeasure) and problem.is_theirs:
        token = context.house.tokens.sign("my-measure", problem.measure.id)
        why_not = context.url("my_measure", token=token)
    errors = {"reason": problem.message}
    return _form(context, comment, errors=errors, why_not=why_not, status=problem.status)


def _form(
    context: Context,
    comment: Comment,
    *,
    errors: dict[str, Message] | None = None,
    why_not: str | None = None,
    status: int = 200,
) -> Response:
    return context.page(
        "notices/report.html",
        status=status,
        language=comment.language,
        post_url=context.url("post", slug=comment.post.slug),
        permalink=context.url("comment", id=comment.id),
        quote=parent_quote(comment),
        clauses=sorted(clause_titles(context).items()),
        law=LAW,
        offences=list(OFFENCES.values()),
        form=ReportForm(
            action=context.url("report", id=comment.id),
            token=csrf.form_token(context.house.tokens, comment.post_id, context.now),
            signed_in_as=context.visitor.name if context.visitor else None,
            notice=_notice(context),
            errors=errors or {},
            why_not=why_not,
        ),
    )


def _reportable(context: Context) -> Comment:
    comment = comments.comment_in_full(context.session, whole_number(context.path("id")) or 0)
    if comment is None or not actions.is_reportable(comment):
        raise NotFound(N_("This comment is not public, or no longer."))
    return comment


def _check_token(context: Context, comment: Comment) -> None:
    token = context.fields.text("token")
    if not csrf.form_token_is_good(context.house.tokens, comment.post_id, context.now, token):
        long_ago = Message(N_("This page had been open for a long time. Please send your report again."))
        raise FieldErrors({"reason": long_ago})


def _notice(context: Context) -> Notice:
    fields = context.fields
    return Notice(
        reason=fields.text("reason"),
        offence=fields.text("offence"),
        explanation=fields.raw("explanation"),
        further=fields.raw("further"),
        name=fields.line("name"),
        email=fields.text("email"),
        good_faith=bool(fields.text("good_faith")),
        trap_filled=bool(fields.text("homepage")),
        source=context.source,
        whence=context.whence,
    )


# The page of who reported


@dataclass(frozen=True)
class ItemView:
    """What became of one comment that was reported."""

    id: int
    name: str
    post_title: str
    post_url: str
    permalink: str | None
    answer: Answer
    decided_at: datetime | None
    clause_url: str | None
    is_open: bool
    appeals: list[AppealView]
    contest: ContestView | None


def show(context: Context) -> Response:
    return _page(context, _report(context, "my-report"))


def _page(context: Context, report: Report, *, status: int = 200, wrong: dict[int, Message] | None = None) -> Response:
    contested = appeals.against_outcomes(context.session, [item.id for item in report.items])
    answers = report_actions.answers(context.session, report)
    items = [_item(context, each, contested.get(each.item.id), (wrong or {}).get(each.item.id)) for each in answers]
    offence = next((each.name for each in OFFENCES.values() if each.keyword == report.keyword), "")
    return context.page(
        "notices/own.html",
        status=status,
        language=report.language,
        report=report,
        items=items,
        is_open=any(item.is_open for item in items),
        clause=clause_of(context.session, report.charter_id, report.clause),
        clause_url=clause_url(context, report.charter_id, report.clause),
        offence=offence,
        flash=FLASHES.get(context.query("done")),
    )


def _item(context: Context, answer: Answer, appeal: Appeal | None, problem: Message | None) -> ItemView:
    item, comment = answer.item, answer.item.comment
    contest = None
    if appeal is None and appeal_actions.may_contest_outcome(item, context.now):
        action = f"{context.url('my_report_appeal', token=context.path('token'), item=item.id)}#item-{item.id}"
        text = context.fields.raw("appeal") if problem else ""
        contest = ContestView(action, str(item.id), answer.contest_until, text, problem)
    return ItemView(
        id=item.id,
        name=comment.name,
        post_title=comment.post.title,
        post_url=context.url("post", slug=comment.post.slug),
        permalink=context.url("comment", id=comment.id) if actions.is_reportable(comment) else None,
        answer=answer,
        decided_at=item.decided_at,
        clause_url=clause_url(context, answer.charter_id, answer.clause[0] if answer.clause else None),
        is_open=item.outcome is Outcome.OPEN,
        appeals=[appeal_view(appeal)] if appeal else [],
        contest=contest,
    )


def appeal(context: Context) -> Response:
    """Contest that a comment stays."""
    report = _report(context, "my-report")
    context.spend("appeal")
    text = context.fields.raw("appeal")
    appeal_actions.lodge_as_notifier(
        context.session, _item_of(context, report), text, context.settings, now=context.now
    )
    return context.redirect(f"{_page_url(context, report.id)}?done=contested")


def appeal_again(context: Context, problem: FieldErrors | Refused) -> Response:
    report = _report(context, "my-report")
    item = _item_of(context, report)
    if isinstance(problem, FieldErrors):
        return _page(context, report, status=422, wrong={item.id: problem.errors["appeal"]})
    raise problem


def show_confirm(context: Context) -> Response:
    report = _report(context, "confirm-report")
    return context.page("notices/confirm.html", language=report.language, report=report)


def confirm(context: Context) -> Response:
    """By the link in the receipt: whoever has the letter has the address."""
    report = _report(context, "confirm-report")
    actions.confirm(context.session, report, context.settings, whence=context.whence, now=context.now)
    return context.redirect(f"{_page_url(context, report.id)}?done=confirmed")


def _report(context: Context, purpose: str) -> Report:
    try:
        report_id = context.house.tokens.open(purpose, context.path("token"))
    except BadToken as error:
        raise Refused(N_("This address is not complete, or is too old."), status=404) from error
    report = reports.in_full(context.session, report_id)
    if report is None:
        raise NotFound()
    return report


def _item_of(context: Context, report: Report) -> ReportItem:
    item = next((item for item in report.items if item.id == whole_number(context.path("item"))), None)
    if item is None:
        raise NotFound()
    return item


def _page_url(context: Context, report_id: int) -> str:
    return context.url("my_report", token=context.house.tokens.sign("my-report", report_id))
