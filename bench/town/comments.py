"""The comments of a large site, with their revisions, events, and the cases of those that wait."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from agora.rules import markup, urgency
from agora.rules.moderation import State
from agora.store import tallies
from agora.store.cases import CaseKind, Facet
from bench.town.articles import GIANT, TEXTS, Articles, texts
from bench.town.remarks import Remark, Remarks, shares_of_posts
from bench.town.size import Size
from bench.town.tables import Row

# What the policy found in every so many of those that wait.
REASONS = {1: "first-comment", 3: "unverified", 7: "links", 50: "words", 1000: "phone"}
FIGURES: dict[str, dict[str, Any]] = {
    "links": {"count": 3, "limit": 2},
    "words": {"words": "casino"},
    "phone": {"count": 1},
}
FRENCH = 3  # every third of them
DECISIONS = {State.HIDDEN: "hide", State.WITHDRAWN: "withdraw", State.REJECTED: "reject"}
FIRST_EVENT = 100  # those before were written with the site


class Comments:
    """`of_post` knows the published comments and the threads of each post once the rows were taken."""

    def __init__(self, size: Size, counted: Counter[tuple[str, int]], articles: Articles) -> None:
        self.size, self.tallies, self.articles = size, counted, articles
        self.chance = Random(1)
        self.remarks = Remarks(self.chance)
        self.events = FIRST_EVENT
        self.of_post: dict[int, tuple[int, int]] = {}

    def rows(self) -> Iterator[tuple[str, Row]]:
        for post, share in enumerate(shares_of_posts(self.size), start=1):
            yield from self._discussion(post, share)
        for _ in range(self.size.pending):
            post = self.chance.randint(1, self.size.posts)
            yield from self._comment(post, self.remarks.one(State.PENDING), 0)

    def _discussion(self, post: int, share: int) -> Iterator[tuple[str, Row]]:
        public = number = 0
        for thread in self.remarks.threads(share, giant=self.articles.title(post) == GIANT):
            number += bool(thread[0].shown)
            public += thread[0].shown
            for remark in thread:
                yield from self._comment(post, remark, number)
        self.of_post[post] = public, number

    def _comment(self, post: int, remark: Remark, number: int) -> Iterator[tuple[str, Row]]:
        """`number` is that of its thread."""
        at, commenter = self.size.moment(self.size.posts + remark.id), self.chance.randint(1, self.size.commenters)
        self.tallies[tallies.of_state(remark.state), post % tallies.STRIPES] += 1
        waits = remark.state is State.PENDING
        codes = [code for each, code in REASONS.items() if remark.id % each == 0] if waits else []
        language = "fr" if codes and remark.id % FRENCH == 0 else "en"
        yield "comments", _comment_row(post, remark, number, commenter, language, at)
        yield "comment_revisions", _revision_row(remark.id, codes, at)
        yield from self._case(remark.id, post, language, codes, at)
        yield from self._events(post, remark, at)

    def _case(
        self, comment: int, post: int, language: str, codes: list[str], at: datetime
    ) -> Iterator[tuple[str, Row]]:
        if not codes:
            return
        found = urgency.factors(reasons=codes, reports=[], appeals=0, is_public=False)
        rank = urgency.rank(at.timestamp(), found)
        factors = json.dumps([factor.as_data() for factor in found])
        for name in (Facet.KIND + CaseKind.HELD, Facet.LANGUAGE + language, *(Facet.CODE + code for code in codes)):
            self.tallies[name, post % tallies.STRIPES] += 1
        yield "cases", (comment, CaseKind.HELD, comment, post, language, rank, factors, at, 1)
        for code in codes:
            yield "case_reasons", (comment, code, rank)

    def _events(self, post: int, remark: Remark, at: datetime) -> Iterator[tuple[str, Row]]:
        first = "published" if remark.was_public else "pending"
        yield "events", self._event("comment.posted", at, remark.id, post, after=first)
        if remark.state in DECISIONS:
            party = "commenter" if remark.state is State.WITHDRAWN else "moderator"
            decided = (first, str(remark.state), party, DECISIONS[remark.state])
            yield "events", self._event("comment.decided", at, remark.id, post, *decided)

    def _event(
        self,
        kind: str,
        at: datetime,
        comment: int,
        post: int,
        before: str | None = None,
        after: str | None = None,
        party: str | None = None,
        decision: str | None = None,
    ) -> Row:
        self.events += 1
        clause = (1, 1) if party == "moderator" else (None, None)
        return self.events, kind, at, party, comment, post, comment, decision, before, after, *clause, "", "{}"


def _comment_row(post: int, remark: Remark, number: int, commenter: int, language: str, at: datetime) -> Row:
    id_, parent = remark.id, remark.parent
    above = (parent.id, remark.line[0].id) if parent else (None, None)
    who = (commenter, f"Reader {commenter}", "", language)
    fate = (str(remark.state), "post" if remark.was_public else "pre", 1, id_, False)
    marks = (f"source-{id_ % 50_000}", f"{id_:064x}", at, at if remark.was_public else None)
    where = (remark.shown, None if parent or not remark.shown else number)
    path = remark.path if remark.was_public and parent else None
    return id_, post, *above, *who, *fate, *marks, *where, path


def _revision_row(comment: int, codes: list[str], at: datetime) -> Row:
    body, html = texts()[comment % TEXTS]
    found = json.dumps([{"code": code, **FIGURES.get(code, {})} for code in codes])
    return comment, comment, 1, body, html, markup.RENDERER_VERSION, found, at
