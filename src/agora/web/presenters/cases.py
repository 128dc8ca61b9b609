"""Cases as their cards show them: what was looked up for all of a page becomes what each card holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from agora.rules.measures import AGAINST_NAMES, MEASURE_NAMES
from agora.rules.moderation import (
    DECISION_NAMES,
    RESTRICTIONS,
    STATE_NAMES,
    Decision,
    Party,
    State,
    decisions_for,
    next_state,
)
from agora.rules.reports import UNFOUNDED_IN_A_ROW
from agora.rules.statements import CATEGORY_NAMES
from agora.rules.urgency import Factor
from agora.store import case_files, comment_lists, events, site, spam
from agora.store.appeals import Appeal
from agora.store.case_files import Contested
from agora.store.cases import Case, CaseKind
from agora.store.comments import Comment
from agora.store.measures import Measure
from agora.store.queue import Line
from agora.store.reports import Report
from agora.web.context import Context
from agora.web.presenters.cards import (
    NOTHING_SENT,
    WHAT_WAITS,
    WHAT_WAS_DECIDED,
    WHO_APPEALS,
    AppealView,
    CaseButton,
    CaseView,
    Ground,
    Hand,
    MeasureCaseView,
    ReportView,
    Sent,
)
from agora.web.presenters.measures import about_addresses
from agora.web.presenters.queue import Shown, address
from agora.web.presenters.spam import WhySpam, why_spam

QUOTE = 280

# The key that leads to a state; spam has its own.
KEYS = {State.PUBLISHED: "a", State.REJECTED: "r", State.HIDDEN: "h"}
SPAM_KEY = "s"


def buttons_for(state: State, *, answers: bool) -> list[CaseButton]:
    """The decisions open to a moderator. `answers`: a report or an appeal waits for one."""
    return [
        _button(state, decision)
        for decision in decisions_for(state, Party.MODERATOR)
        if decision is not Decision.KEEP or answers
    ]


def _button(state: State, decision: Decision) -> CaseButton:
    after = next_state(state, decision, Party.MODERATOR) or state
    key = SPAM_KEY if decision is Decision.SPAM else KEYS[after]
    return CaseButton(decision, DECISION_NAMES[decision], key, decision in RESTRICTIONS)


def case_views(
    context: Context, part: Shown, lines: Sequence[Line], sent: Mapping[int, Sent] | None = None
) -> list[CaseView | MeasureCaseView]:
    """The cards of a page, in a constant number of queries."""
    present = [line.comment for line in lines if line.comment is not None]
    files = _Files(context, part, present, [line.case for line in lines])
    following = {one.id: after.id for one, after in pairwise(present)}
    measures = _measure_cases(context, [line.case for line in lines if line.case and line.case.measure_id])
    views: list[CaseView | MeasureCaseView] = []
    for line in lines:
        if line.comment is not None:
            sent_back = (sent or {}).get(line.comment.id, NOTHING_SENT)
            views.append(files.view(line, following.get(line.comment.id), sent_back))
        elif line.case and line.case.id in measures:
            views.append(measures[line.case.id])
    return views


def spam_view(context: Context, comment: Comment) -> WhySpam:
    """What the spam filter would say now. It is asked for one comment: for a page of them it takes too long."""
    return why_spam(spam.scores(context.session, [comment])[comment.id])


def case_view(context: Context, part: Shown, line: Line, sent: Sent) -> CaseView:
    """The card of one comment."""
    assert line.comment is not None  # noqa: S101 - that is what is asked for
    return _Files(context, part, [line.comment], [line.case]).view(line, None, sent)


def _measure_cases(context: Context, cases: Sequence[Case]) -> dict[int, MeasureCaseView]:
    if not cases:
        return {}
    found = case_files.appealed_measures(context.session, [case.measure_id or 0 for case in cases])
    return {
        case.id: _measure_case(context, case, *found[case.measure_id]) for case in cases if case.measure_id in found
    }


def _measure_case(context: Context, case: Case, measure: Measure, appeals: Sequence[Appeal]) -> MeasureCaseView:
    age = context.now - case.opened_at
    return MeasureCaseView(
        id=case.id,
        name=MEASURE_NAMES[measure.kind],
        against=AGAINST_NAMES[measure.against],
        age=age,
        since=case.opened_at,
        texts=[appeal.text for appeal in appeals],
        due_at=appeals[0].answer_due_at,
        is_late=appeals[0].answer_due_at < context.now,
        score=_score(age, case),
        url=context.url("desk_measure", id=measure.id),
    )


def _score(age: timedelta, case: Case) -> int:
    """Hours: those of waiting, and those that count as such."""
    return round(age / timedelta(hours=1)) + sum(int(stored["hours"]) for stored in case.factors)


def lines_of(context: Context, found: Sequence[Comment]) -> list[Line]:
    """Comments of a list by state, with their cases where there are any."""
    cases = case_files.cases_of(context.session, [comment.id for comment in found])
    return [Line(cases.get(comment.id), comment, None) for comment in found]


class _Files:
    """What was looked up for all cards of a page."""

    def __init__(self, context: Context, part: Shown, found: list[Comment], cases: Iterable[Case | None]) -> None:
        self.context, self.part = context, part
        session, ids = context.session, [comment.id for comment in found]
        addresses = {comment.commenter_id for comment in found if comment.commenter_id is not None}
        kinds = {case.kind for case in cases if case}
        # A case that is only held has neither: most pages need not ask.
        self.reports = case_files.open_reports(session, ids) if kinds - {CaseKind.HELD} else {}
        self.appeals = case_files.open_appeals(session, ids) if CaseKind.APPEAL in kinds else {}
        self.records = comment_lists.records_of(session, addresses)
        self.decisions = events.last_decisions(session, ids)
        self.about = about_addresses(context, addresses) if addresses else {}
        self.clauses = self._clauses()

    def _clauses(self) -> dict[tuple[int | None, int | None], str]:
        """The clauses that are spoken of, as they read in the charters of their days."""
        named = {(last.charter_id, last.clause) for last in self.decisions.values()}
        named |= {(report.charter_id, report.clause) for found in self.reports.values() for report in found}
        for one in (one for found in self.appeals.values() for one in found):
            named |= {(each.charter_id, each.clause) for each in (one.statement, one.event) if each}
        return site.clause_titles(self.context.session, {id_ for id_, clause in named if id_ and clause})

    def ground(self, charter_id: int | None, clause: int | None, law: str = "") -> Ground:
        return Ground(clause, self.clauses.get((charter_id, clause), ""), law)

    def view(self, line: Line, following: int | None, sent: Sent) -> CaseView:
        comment, case = line.comment, line.case
        assert comment is not None  # noqa: S101 - the caller has seen to it
        context, last = self.context, self.decisions.get(comment.id)
        since = case.opened_at if case else comment.created_at
        age = context.now - since
        factors = [Factor.from_data(stored) for stored in case.factors] if case else []
        is_public = comment.state is State.PUBLISHED and comment.post.is_public
        reports, appeals = self.reports.get(comment.id, []), self.appeals.get(comment.id, [])
        return CaseView(
            comment=comment,
            html=comment.revision.html,
            kind=WHAT_WAITS.get(case.kind) if case else None,
            state=STATE_NAMES[comment.state] if comment.state is not State.PENDING else None,
            is_urgent=any(factor.hours > 0 for factor in factors),
            since=since,
            age=age,
            score=_score(age, case) if case else None,
            factors=[factor.message for factor in factors],
            post_url=context.url("post", slug=comment.post.slug),
            only_post_url=address(context, self.part.but(post=str(comment.post_id))),
            permalink=context.url("comment", id=comment.id) if is_public else None,
            url=context.url("desk_decision", id=comment.id),
            parent=_quote(comment.parent) if comment.parent else None,
            why=[reason.message for reason in comment.revision.why] if comment.state is State.PENDING else [],
            reports=[self._report(report) for report in reports],
            appeals=[self._appeal(appeal) for appeal in appeals],
            email=comment.commenter.email if comment.commenter else "",
            is_verified=comment.commenter is not None and comment.commenter.verified_at is not None,
            record=self._record(comment),
            earlier_url=context.url("desk_commenter", id=comment.commenter_id) if comment.commenter_id else None,
            source_url=context.url("desk_source", id=comment.id),
            about=self.about.get(comment.commenter_id or 0),
            last=last,
            last_ground=self.ground(last.charter_id, last.clause) if last else None,
            hand=hand_of(context, case, line.claimant),
            is_open=case is not None,
            buttons=buttons_for(comment.state, answers=bool(reports or appeals)),
            next=following,
            sent=sent,
        )

    def _record(self, comment: Comment) -> list[tuple[str, int]]:
        """How many other comments of the same address there are in each state."""
        others = dict(self.records.get(comment.commenter_id or 0, {}))
        others[comment.state] = others.get(comment.state, 1) - 1
        return [(STATE_NAMES[state], count) for state, count in others.items() if count > 0]

    def _report(self, report: Report) -> ReportView:
        return ReportView(
            reference=report.reference,
            at=report.received_at,
            category=CATEGORY_NAMES[report.category],
            ground=self.ground(report.charter_id, report.clause),
            weight=report.weight,
            explanation=report.explanation,
            name=report.name,
            is_trusted=report.trusted_flagger,
            unfounded=report.unfounded,
            measure_url=self._measure_url(report) if report.unfounded >= UNFOUNDED_IN_A_ROW else None,
        )

    def _measure_url(self, report: Report) -> str:
        """Where a frequent unfounded notifier is warned, or suspended from reporting (art. 23(2))."""
        whom = f"commenter={report.commenter_id}" if report.commenter_id else f"person={report.person_id}"
        return f"{self.context.url('desk_new_measure')}?{whom}"

    def _appeal(self, found: Contested) -> AppealView:
        appeal, basis = found.appeal, found.statement or found.event
        decision = basis.decision if basis else None
        return AppealView(
            reference=appeal.reference,
            who=WHO_APPEALS[appeal.appellant],
            at=appeal.lodged_at,
            due_at=appeal.answer_due_at,
            is_late=appeal.answer_due_at < self.context.now,
            text=appeal.text,
            what=WHAT_WAS_DECIDED[decision] if decision else "",
            ground=self.ground(
                basis.charter_id if basis else None,
                basis.clause if basis else None,
                found.statement.law if found.statement else "",
            ),
            explanation=basis.explanation if basis else "",
            decided_by=found.decided_by or "",
            decided_at=basis.at if basis else None,
            is_own=appeal.decided_by == self.context.person.id,
        )


def hand_of(context: Context, case: Case | None, claimant: str | None) -> Hand | None:
    """Who has the case in hand at this moment."""
    if case is None or case.claimed_until is None or case.claimed_until <= context.now:
        return None
    is_mine = case.claimed_by == context.person.id
    return Hand(context.person.name if is_mine else claimant or "", case.claimed_until, is_mine)


def _quote(parent: Comment) -> tuple[str, str]:
    words = " ".join(parent.revision.html.striptags().split())
    return parent.name, words if len(words) <= QUOTE else words[:QUOTE].rsplit(" ", 1)[0] + " …"
