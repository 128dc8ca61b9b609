"""Whatever people do with comments, in whatever order: what moderation promises stays true."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from friends import Site, first_break
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from agora.actions import appeals
from agora.actions.editing import edit_comment
from agora.actions.measures import impose
from agora.actions.moderation import decide, undo
from agora.actions.notices import is_reportable, report
from agora.actions.privacy import erase_comment, erase_what_was_put_off
from agora.actions.report_forms import Notice
from agora.rules.errors import FieldErrors, Refused
from agora.rules.ledger import Sealed
from agora.rules.moderation import Decision, Party, State, decisions_for
from agora.rules.permissions import Role
from agora.rules.policy import Mode, SiteRules
from agora.rules.statements import MEASURES, Legal
from agora.store import comments, counts, statements, versions
from agora.store.appeals import Appeal, Ruling
from agora.store.cases import Case
from agora.store.comments import Comment, Commenter
from agora.store.events import Event
from agora.store.ledger import LedgerEntry
from agora.store.measures import Measure, MeasureKind
from agora.store.people import Person
from agora.store.posts import Post
from agora.store.reports import Outcome, ReportItem
from agora.store.schema import Base
from agora.store.statements import Statement

COMMENTERS = ("bob", "carol", "dan")
MODES = (Mode.PRE, Mode.POST, Mode.FIRST_TIME)
JUDGEMENTS = (Decision.APPROVE, Decision.REJECT, Decision.SPAM, Decision.HIDE, Decision.RESTORE, Decision.KEEP)

some_comment = st.integers(0, 7)
one_of_two = st.integers(0, 1)


class Moderation(RuleBasedStateMachine):
    """Two moderators, three commenters and their readers under one post."""

    site: Site
    post: Post
    moderators: list[Person]
    words = count()

    def __init__(self) -> None:
        super().__init__()
        self._forget_everything()
        self.post = self.site.post(f"Post {next(self.words)}")
        self.ids: list[int] = []
        self.marks: dict[int, str] = {}  # the word that only the standing text of each comment has

    # What people do

    @rule(who=st.sampled_from(COMMENTERS), mode=st.sampled_from(MODES), letters=st.booleans(), answers=some_comment)
    def submit(self, who: str, mode: Mode, letters: bool, answers: int) -> None:
        mark = f"mark{next(self.words)}mark"
        parent = self._one(answers)
        stands = parent is not None and self.site.comment(parent).state is State.PUBLISHED
        said = {"name": who.title(), "email": f"{who}@example.org", "letters": letters}
        try:
            comment_id = self.site.published(
                self.post, f"I say {mark}.", mode=mode, parent_id=parent if stands else None, source=who, **said
            )
        except Refused:  # under a measure
            return
        self.ids.append(comment_id)
        self.marks[comment_id] = mark

    @precondition(lambda self: self.ids)
    @rule(which=some_comment, mode=st.sampled_from(MODES))
    def edit(self, which: int, mode: Mode) -> None:
        mark = f"mark{next(self.words)}mark"

        def change(session: Any, comment: Comment) -> None:
            rules = SiteRules(mode, limit_haste=False)
            edit_comment(
                session, comment, f"I mean {mark}.", rules, self.site.settings, whence="", now=self.site.clock.now
            )

        if self._try(which, change):
            self.marks[self._id(which)] = mark

    @precondition(lambda self: self.ids)
    @rule(which=some_comment)
    def withdraw(self, which: int) -> None:
        self._try(which, self._decision(Decision.WITHDRAW, Party.COMMENTER))

    @precondition(lambda self: self.ids)
    @rule(which=some_comment, pick=st.integers(0, 5), by=one_of_two, on_law=st.booleans())
    def judge(self, which: int, pick: int, by: int, on_law: bool) -> None:
        """Mostly what the table allows."""
        allowed = decisions_for(self.site.comment(self._id(which)).state, Party.MODERATOR)
        decision = allowed[pick] if pick < len(allowed) else JUDGEMENTS[pick]
        reason: dict[str, Any] = {"legal": Legal("Art. 29, loi du 29 juillet 1881")} if on_law else {"clause": 2}
        self._try(
            which,
            self._decision(
                decision, Party.MODERATOR, person=self.moderators[by], explanation="It was read twice.", **reason
            ),
        )

    @precondition(lambda self: self.ids)
    @rule(which=some_comment, pick=st.integers(0, 1), by=one_of_two)
    def judge_in_haste(self, which: int, pick: int, by: int) -> None:
        self.judge(which, pick, by, False)
        self.take_back(which, by)

    @precondition(lambda self: self.ids)
    @rule(which=some_comment, by=one_of_two)
    def take_back(self, which: int, by: int) -> None:
        def back(session: Any, comment: Comment) -> None:
            undo(session, comment, person=self.moderators[by], version=comment.version, now=self.site.clock.now)

        self._try(which, back)

    @precondition(lambda self: self.ids)
    @rule(which=some_comment, who=st.sampled_from(COMMENTERS))
    def report(self, which: int, who: str) -> None:
        notice = Notice("1", "", "It insults me.", name=who, email=f"{who}@example.org", good_faith=True, source=who)

        def tell(session: Any, comment: Comment) -> None:
            if is_reportable(comment):
                report(session, comment, notice, self.site.settings, person=None, now=self.site.clock.now)

        self._try(which, tell)

    @precondition(lambda self: self.ids)
    @rule(which=some_comment)
    def contest(self, which: int) -> None:
        """Whoever was restricted; or else, who reported what stays."""

        def lodge(session: Any, comment: Comment) -> None:
            told: dict[str, Any] = {"settings": self.site.settings, "now": self.site.clock.now}
            if statement := statements.in_force(session, comment.id):
                appeals.lodge(session, statement, "I meant no harm.", **told)
                return
            dismissed = ReportItem.comment_id == comment.id, ReportItem.outcome == Outcome.DISMISSED
            if item := session.scalars(select(ReportItem).where(*dismissed)).first():
                appeals.lodge_as_notifier(session, item, "It does insult me.", **told)

        self._try(which, lodge)

    @precondition(lambda self: self.ids)
    @rule(which=some_comment)
    def erase(self, which: int) -> None:
        def forget(session: Any, comment: Comment) -> None:
            erase_comment(session, comment, party=Party.COMMENTER, now=self.site.clock.now)

        self._try(which, forget)

    @rule(who=st.sampled_from(COMMENTERS), kind=st.sampled_from(MeasureKind), by=one_of_two)
    def restrain(self, who: str, kind: MeasureKind, by: int) -> None:
        now = self.site.clock.now
        with self.site.writing() as session:
            commenter = session.scalars(select(Commenter).where(Commenter.email == f"{who}@example.org")).first()
            if commenter is None:
                return
            until = None if kind is MeasureKind.WARNING else now + timedelta(hours=1)
            by_whom = session.get_one(Person, self.moderators[by].id)
            impose(
                session, kind, commenter=commenter, until=until, clause=1, explanation="Enough.", by=by_whom, now=now
            )

    @rule()
    def let_the_worker_tidy(self) -> None:
        with self.site.writing() as session:
            erase_what_was_put_off(session, now=self.site.clock.now, size=50)

    @rule(seconds=st.sampled_from([5, 61, 86_400]))
    def wait(self, seconds: int) -> None:
        self.site.clock.forward(seconds=seconds)

    # What stays true

    @invariant()
    def pages_show_what_stands(self) -> None:
        page = self.client.get(f"/posts/{self.post.slug}").text + self.client.get("/comments.atom").text
        for comment_id, mark in self.marks.items():
            stands = self.site.comment(comment_id).state is State.PUBLISHED
            assert (mark in page) == stands, (comment_id, mark)

    @invariant()
    def restrictions_are_stated(self) -> None:
        with self.site.database.read() as session:
            restricting = select(Event.id).where(Event.decision.in_(list(MEASURES)))
            stated = select(Statement.event_id).where(Statement.event_id.is_not(None), Statement.decision.is_not(None))
            assert sorted(session.scalars(restricting)) == sorted(session.scalars(stated))
            imposed = session.scalars(select(Measure.id).order_by(Measure.id)).all()
            assert (
                session.scalars(select(Statement.measure_id).where(Statement.measure_id.is_not(None))).all() == imposed
            )
            for comment in session.scalars(select(Comment).where(Comment.id.in_(self.ids))):
                in_force = select(func.count()).where(
                    Statement.comment_id == comment.id, Statement.reversed_at.is_(None)
                )
                if comment.state in {State.REJECTED, State.HIDDEN}:
                    assert session.scalar(in_force)
                if comment.state is State.PUBLISHED:
                    assert session.scalar(in_force) == 0

    @invariant()
    def chain_verifies(self) -> None:
        with self.site.database.read() as session:
            rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.number)).all()
            assert first_break(Sealed(row.number, row.facts, row.previous, row.seal) for row in rows) is None
            decided = select(func.count()).where(
                Event.kind == "comment.decided", Event.decision.is_not(None), Event.decision != Decision.WITHDRAW
            )
            assert sum(row.kind == "comment.decided" for row in rows) == session.scalar(decided)

    @invariant()
    def counts_equal_a_recount(self) -> None:
        with self.site.database.write() as session:
            assert counts.wrong(session) == {}
            reported = select(ReportItem.comment_id).where(ReportItem.outcome == Outcome.OPEN)
            contested = select(Appeal.comment_id).where(Appeal.ruling == Ruling.OPEN)
            held = select(Comment.id).where(Comment.state == State.PENDING)
            waiting = {id_ for query in (reported, contested, held) for id_ in session.scalars(query)}
            assert set(session.scalars(select(Case.comment_id).where(Case.comment_id.is_not(None)))) == waiting

    @invariant()
    def nobody_answers_their_own_appeal(self) -> None:
        with self.site.database.read() as session:
            answered = session.scalars(select(Appeal).where(Appeal.reviewer_id.is_not(None)))
            assert [appeal.id for appeal in answered if appeal.reviewer_id == appeal.decided_by] == []

    # How

    def _forget_everything(self) -> None:
        """Each run begins anew, also after one that failed. Versions stay: they tell the pages kept in memory."""
        with self.site.writing() as session:
            for table in reversed(Base.metadata.sorted_tables):
                if table.name not in {"people", "site", "charters", "versions"}:
                    session.execute(table.delete())
            versions.touch(session, versions.SITE, versions.COMMENTS, versions.LOG)

    def _one(self, which: int) -> int | None:
        return self.ids[which % len(self.ids)] if self.ids else None

    def _id(self, which: int) -> int:
        return self.ids[which % len(self.ids)]

    def _decision(self, decision: Decision, party: Party, **stated: Any) -> Callable[[Any, Comment], None]:
        def act(session: Any, comment: Comment) -> None:
            decide(session, comment, decision, party=party, version=comment.version, now=self.site.clock.now, **stated)

        return act

    def _try(self, which: int, act: Callable[[Any, Comment], None]) -> bool:
        """Whether it was allowed; what is refused is undone as a whole."""
        try:
            with self.site.database.write() as session:
                comment = comments.comment_in_full(session, self._id(which))
                assert comment
                act(session, comment)
        except (Refused, FieldErrors):
            return False
        return True

    @initialize()
    def visit(self) -> None:
        self.client: httpx.Client = self.site.client()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_promises_survive_every_order(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data") as site:
        moderators = [site.person(name, Role.MODERATOR) for name in ("Maud", "Max")]
        model = type("Model", (Moderation,), {"site": site, "moderators": moderators})
        run_state_machine_as_test(
            model,
            settings=settings(
                max_examples=20,
                stateful_step_count=20,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
