"""The moderators' desk: the list of what waits, the lists by state, and one case with its whole story."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from agora.rules.errors import Message, NotFound
from agora.rules.moderation import Decision
from agora.rules.permissions import Deed
from agora.rules.statements import CATEGORY_NAMES
from agora.store import case_files, comment_lists, comments, queue
from agora.store.comments import Comment
from agora.store.queue import Line, Numbers
from agora.web.context import Context, whole_number
from agora.web.presenters.cards import NOTHING_SENT, CaseButton, CaseView, Sent
from agora.web.presenters.cases import case_view, case_views, lines_of, spam_view
from agora.web.presenters.comments import clause_titles
from agora.web.presenters.queue import Shown, address, filters, only_posts_of, shown, tabs, wanted
from agora.web.presenters.told import Meanwhile, done_by_address, story_views

PAGE = 25


def show(context: Context) -> Response:
    return queue_page(context)


def queue_page(
    context: Context,
    *,
    status: int = 200,
    problem: Message | None = None,
    since: Meanwhile | None = None,
    sent: Mapping[int, Sent] | None = None,
) -> Response:
    """The part of the list that the address or the form names. Cases whose forms were `sent` back are always on it."""
    part = shown(context)
    numbers = queue.numbers(context.session)
    lines = _lines(context, part, numbers, list(sent or {}))
    cards = case_views(context, part, lines, sent)
    cases = [card for card in cards if isinstance(card, CaseView)]
    waiting = waiting_count(context, numbers)
    return context.page(
        "moderation/queue.html",
        status=status,
        part=part,
        cards=cards,
        cases=cases,
        waiting=waiting,
        oldest=oldest_age(context) if waiting else None,
        tabs=tabs(context, part, comment_lists.counts_by_state(context.session), waiting),
        filters=filters(context, part, numbers) if part.is_list else [],
        narrowed=_narrowed(part),
        everything=address(context, Shown(state=part.state)),
        select_all=address(context, part, ("select", "all")),
        reasons_url=context.url("desk_reasons") if context.may(Deed.MODERATE) else None,
        alone=False,
        bulk=_bulk_buttons(cases),
        more=_more(context, part, lines),
        trouble=problem,
        since=since,
        done=done_by_address(context),
        selected=_selected(context, cases),
        **reasons(context),
    )


def reasons(context: Context) -> dict[str, Any]:
    """What a moderator chooses from to say why, and what the form for many brought back."""
    fields = context.fields
    return {
        "clauses": sorted(clause_titles(context).items()),
        "ready_reasons": case_files.ready_reasons(context.session),
        "categories": list(CATEGORY_NAMES.items()),
        "sent": Sent({}, fields.text("reason"), fields.text("explanation"), fields.text("ready")),
    }


def _lines(context: Context, part: Shown, numbers: Numbers, in_sight: list[int]) -> list[Line]:
    if not part.is_list:
        return _lines_by_state(context, part, in_sight)
    asked = wanted(context, part)
    found = queue.page(context.session, asked, numbers, after=part.key, size=PAGE, now=context.now)
    if not found and part.key:  # all of this page was decided meanwhile
        found = queue.page(context.session, asked, numbers, after=None, size=PAGE, now=context.now)
    here = {line.comment.id for line in found if line.comment}
    return [line_of(context, id_) for id_ in in_sight if id_ not in here] + found


def _lines_by_state(context: Context, part: Shown, in_sight: list[int]) -> list[Line]:
    before = whole_number(part.before)
    author = only_posts_of(context)
    found = comment_lists.of_state(context.session, part.of_state, before=before, size=PAGE, under_posts_of=author)
    here = {comment.id for comment in found}
    return [line_of(context, id_) for id_ in in_sight if id_ not in here] + lines_of(context, found)


def line_of(context: Context, comment_id: int) -> Line:
    """One comment with its case, if it has one. Raises NotFound."""
    if line := queue.line_of(context.session, comment_id):
        return line
    return Line(None, comment_of(context, comment_id), None)


def comment_of(context: Context, comment_id: int) -> Comment:
    """A comment that this person moderates. Raises NotFound."""
    comment = comments.comment_in_full(context.session, comment_id)
    author = only_posts_of(context)
    if comment is None or (author is not None and comment.post.created_by != author):
        raise NotFound()
    return comment


def waiting_count(context: Context, numbers: Numbers) -> int | None:
    """How many cases this person could decide; None: more than are counted one by one."""
    everything = queue.Wanted(under_posts_of=only_posts_of(context))
    return queue.count(context.session, everything, numbers, now=context.now)


def oldest_age(context: Context) -> timedelta | None:
    """How long the case that was opened first has been waiting."""
    oldest = queue.oldest(context.session)
    return context.now - oldest if oldest else None


def _narrowed(part: Shown) -> bool:
    return part != Shown(state=part.state, after=part.after, before=part.before)


def _bulk_buttons(cases: list[CaseView]) -> list[CaseButton]:
    """Whatever can be decided about one of them; what does not fit a case leaves it alone."""
    found = {button.decision: button for case in cases for button in case.buttons}
    return [found[decision] for decision in Decision if decision in found]


def _more(context: Context, part: Shown, lines: list[Line]) -> str | None:
    if len(lines) < PAGE:
        return None
    last = lines[-1]
    if part.is_list and last.case:
        return address(context, part.but(after=f"{last.case.rank}.{last.case.id}"))
    return address(context, part.but(before=str(last.comment.id if last.comment else 0)))


def _selected(context: Context, cases: list[CaseView]) -> set[int]:
    if context.query("select") == "all":
        return {case.comment.id for case in cases}
    return set(context.fields.numbers("selected"))


def show_case(context: Context) -> Response:
    return case_page(context)


def case_page(
    context: Context,
    *,
    status: int = 200,
    problem: Message | None = None,
    since: Meanwhile | None = None,
    sent: Sent = NOTHING_SENT,
) -> Response:
    """One case with all that happened to it, and with all the grounds on which it can be decided."""
    comment_id = whole_number(context.path("id")) or 0
    comment = comment_of(context, comment_id)
    part = shown(context)
    return context.page(
        "moderation/case.html",
        status=status,
        part=part,
        case=case_view(context, part, line_of(context, comment_id), sent),
        alone=True,
        spam=spam_view(context, comment),
        selected=set(),
        story=story_views(context, comment_id),
        trouble=problem,
        since=since,
        done=done_by_address(context),
        **reasons(context),
    )
