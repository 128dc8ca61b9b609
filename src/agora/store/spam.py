"""What the decisions of this site taught the spam filter: sums for each sign, and the lesson that each comment was."""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, delete, func, insert, literal, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.resources import packaged
from agora.rules.spam import ANY, NOTHING, Learned, Prior, Score, number_of, score_of
from agora.rules.spam_signs import signs
from agora.store.columns import Base, Identity
from agora.store.comments import Comment, CommentRevision
from agora.store.prepared import Prepared


class SpamSign(Base):
    """The sums of one sign. Its number is a hash: what people wrote cannot be read from it."""

    __tablename__ = "spam_signs"

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=False)
    spam: Mapped[int]
    ham: Mapped[int]
    slope: Mapped[int] = mapped_column(BigInteger)
    energy: Mapped[int] = mapped_column(BigInteger)


class SpamLesson(Base):
    """What one decision taught: enough to take it away again, whatever became of the text or of this code."""

    __tablename__ = "spam_lessons"
    __table_args__ = (Index(None, "comment_id", "stands"), Index(None, "event_id"))

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    revision_id: Mapped[int | None] = mapped_column(Identity)
    event_id: Mapped[int | None] = mapped_column(Identity)  # the decision; None: it was taught by hand
    stands: Mapped[bool]  # the others were replaced by a later decision about the same comment
    is_spam: Mapped[bool]
    slope: Mapped[int]
    signs: Mapped[bytes] = mapped_column(LargeBinary)  # their numbers, eight bytes each

    @property
    def numbers(self) -> list[int]:
        numbers = array("q")
        numbers.frombytes(self.signs)
        return list(numbers)

    @property
    def sums(self) -> Learned:
        return Learned(int(self.is_spam), int(not self.is_spam), self.slope, self.slope**2)


@lru_cache(maxsize=1)
def prior() -> Prior:
    """What is known before anything was decided here (bench/spam_prior.py makes it)."""
    return Prior.from_data(json.loads(packaged("spam", "prior.json").read_text(encoding="utf-8")))


_SIGNS: Any = SpamSign.__table__
# A list travels as one parameter, so that its length changes nothing in the statement: that is what takes time.
_LISTED = {
    "sqlite": "SELECT value FROM json_each(:numbers)",
    "postgresql": "SELECT value FROM unnest(CAST(:numbers AS bigint[])) AS listed (value)",
}
_KNOWN = "SELECT id, spam, ham, slope, energy FROM spam_signs WHERE id "
_KNOWN_OF = {
    "sqlite": text(f"{_KNOWN} IN ({_LISTED['sqlite']})"),
    "postgresql": text(f"{_KNOWN} = ANY(CAST(:numbers AS bigint[]))"),
}
_ONE = Prepared(text("SELECT 1 FROM spam_signs LIMIT 1"))
# In the order of their numbers: two transactions that teach the same signs wait for each other, but never in a circle.
_ADD = {
    dialect: text(
        "INSERT INTO spam_signs (id, spam, ham, slope, energy)"  # noqa: S608 - of nothing but what stands here
        f" SELECT value, :spam, :ham, :slope, :energy FROM ({listed}) AS listed WHERE true ORDER BY value"
        " ON CONFLICT (id) DO UPDATE SET spam = spam_signs.spam + excluded.spam, ham = spam_signs.ham + excluded.ham,"
        " slope = spam_signs.slope + excluded.slope, energy = spam_signs.energy + excluded.energy"
    )
    for dialect, listed in _LISTED.items()
}


def _as_list(session: Session, numbers: Iterable[int]) -> tuple[str, str]:
    """The kind of database, and a list of numbers as it reads one."""
    dialect, row = session.get_bind().dialect.name, ",".join(map(str, numbers))
    return dialect, f"[{row}]" if dialect == "sqlite" else f"{{{row}}}"


def learned(session: Session, found: Iterable[str]) -> dict[str, Learned]:
    """What this site taught about these signs, and about ANY."""
    if _ONE.first(session, {}) is None:  # a site that taught nothing need not number the signs
        return {}
    named = {number_of(sign): sign for sign in (ANY, *found)}
    dialect, numbers = _as_list(session, named)
    rows = session.execute(_KNOWN_OF[dialect], {"numbers": numbers})
    return {named[number]: Learned(spam, ham, slope, energy) for number, spam, ham, slope, energy in rows}


def score(session: Session, text: str, *, name: str = "", website: str = "", language: str = "") -> Score:
    """How likely this is spam. No language is read from the outside: the words say it."""
    found = signs(text, name=name, website=website)
    return score_of(found, prior(), learned(session, found))


def scores(session: Session, comments: Iterable[Comment]) -> dict[int, Score]:
    """How likely each of these is spam by what is known today, in one question. Their revisions must be loaded."""
    found = {
        comment.id: signs(comment.revision.body, name=comment.name, website=comment.website) for comment in comments
    }
    known = learned(session, set().union(*found.values()))
    return {id_: score_of(theirs, prior(), known) for id_, theirs in found.items()}


def add(session: Session, numbers: Sequence[int], sums: Learned) -> None:
    """Add these sums to each of these signs, and to ANY."""
    dialect, every = _as_list(session, sorted({number_of(ANY), *numbers}))
    session.execute(_ADD[dialect], {"numbers": every, **sums._asdict()})


def standing_lesson(session: Session, comment_id: int) -> SpamLesson | None:
    """What was last learned from a comment."""
    return session.scalar(select(SpamLesson).where(SpamLesson.comment_id == comment_id, SpamLesson.stands))


def lesson_before(session: Session, lesson: SpamLesson) -> SpamLesson | None:
    """What this lesson took the place of."""
    query = select(SpamLesson).where(SpamLesson.comment_id == lesson.comment_id, SpamLesson.id < lesson.id)
    return session.scalar(query.order_by(SpamLesson.id.desc()).limit(1))


def keep_lesson(session: Session, numbers: Sequence[int], **columns: Any) -> None:
    packed = array("q", numbers).tobytes()
    session.execute(insert(SpamLesson).values(stands=True, signs=packed, **columns))


def body_of(session: Session, revision_id: int | None) -> str:
    """The text of a revision."""
    return session.scalar(select(CommentRevision.body).where(CommentRevision.id == revision_id)) or ""


def set_standing(session: Session, lesson: SpamLesson, stands: bool) -> None:
    lesson.stands = stands
    session.flush()


def drop_lesson(session: Session, lesson: SpamLesson) -> None:
    session.delete(lesson)
    session.flush()


def drop_lessons_of(session: Session, comment_id: int) -> None:
    """Forget which comment taught what; the sums stay."""
    session.execute(delete(SpamLesson).where(SpamLesson.comment_id == comment_id))


class Taught(NamedTuple):
    """How much the filter has learned here."""

    spam: int
    ham: int
    signs: int


def taught(session: Session) -> Taught:
    totals = learned(session, ()).get(ANY, NOTHING)
    return Taught(totals.spam, totals.ham, session.scalar(select(func.count()).select_from(_SIGNS)) or 0)


def all_sums(session: Session) -> Iterator[tuple[int, Learned]]:
    """Every sign that was taught, by its number."""
    for number, *sums in session.execute(select(_SIGNS).order_by(_SIGNS.c.id)):
        yield number, Learned(*sums)


def forget_all(session: Session) -> None:
    """Back to what is known before anything was decided."""
    session.execute(delete(SpamLesson))
    session.execute(delete(_SIGNS))


def add_each(session: Session, rows: Sequence[tuple[int, Learned]]) -> None:
    """Add to each sign what is said of it."""
    for number, sums in sorted(rows):
        found = session.execute(select(_SIGNS.c.id).where(_SIGNS.c.id == number)).first()
        if found:
            changed = {name: _SIGNS.c[name] + literal(by) for name, by in sums._asdict().items()}
            session.execute(update(_SIGNS).where(_SIGNS.c.id == number).values(changed))
        else:
            session.execute(insert(_SIGNS).values(id=number, **sums._asdict()))
