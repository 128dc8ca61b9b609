"""The desk's ready-made reasons: what moderators pick when they restrict something, and complete."""

from dataclasses import dataclass, field

from starlette.responses import Response

from agora.actions import ready_reasons as actions
from agora.actions.ready_reasons import ReasonDraft
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.statements import CATEGORY_NAMES
from agora.store import case_files
from agora.store.statements import ReadyReason
from agora.web.context import Context, whole_number
from agora.web.presenters.comments import clause_titles

FLASHES = {"saved": N_("Saved."), "removed": N_("Removed. Decisions that were made with it keep its words.")}


@dataclass(frozen=True)
class ReasonForm:
    """The form of one ready-made reason; `id` is None for a new one."""

    id: int | None
    draft: ReasonDraft
    errors: dict[str, Message] = field(default_factory=dict)


def list_reasons(context: Context) -> Response:
    return context.page(
        "desk/reasons.html",
        reasons=case_files.ready_reasons(context.session),
        titles=clause_titles(context),
        categories=CATEGORY_NAMES,
        flash=FLASHES.get(context.query("done")),
    )


def new(context: Context) -> Response:
    return _form(context, ReasonForm(None, ReasonDraft("")))


def edit(context: Context) -> Response:
    reason = _reason(context)
    draft = ReasonDraft(reason.title, reason.clause, reason.law, reason.category or "", reason.explanation)
    return _form(context, ReasonForm(reason.id, draft))


def save(context: Context) -> Response:
    reason = _reason(context) if context.path("id") else None
    if reason and context.fields.text("action") == "remove":
        actions.remove(context.session, reason, by=context.person, now=context.now)
        return context.redirect(f"{context.url('desk_reasons')}?done=removed")
    actions.save(context.session, reason, _draft(context), by=context.person, now=context.now)
    return context.redirect(f"{context.url('desk_reasons')}?done=saved")


def form_again(context: Context, problem: FieldErrors | Refused) -> Response:
    id_ = _reason(context).id if context.path("id") else None
    errors = problem.errors if isinstance(problem, FieldErrors) else {"title": problem.message}
    return _form(context, ReasonForm(id_, _draft(context), errors), status=422)


def _draft(context: Context) -> ReasonDraft:
    fields = context.fields
    return ReasonDraft(
        title=fields.line("title"),
        clause=fields.number("reason"),
        law=fields.line("law"),
        category=fields.text("category"),
        explanation=fields.raw("explanation"),
    )


def _reason(context: Context) -> ReadyReason:
    reason = context.session.get(ReadyReason, whole_number(context.path("id")) or 0)
    if reason is None:
        raise NotFound()
    return reason


def _form(context: Context, form: ReasonForm, *, status: int = 200) -> Response:
    return context.page(
        "desk/reason.html",
        status=status,
        form=form,
        clauses=sorted(clause_titles(context).items()),
        categories=list(CATEGORY_NAMES.items()),
    )
