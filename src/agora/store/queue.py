"""The list of cases as moderators go through it: pages in the order of urgency, narrowed in several ways, counted."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, and_, exists, func, null, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from agora.store import tallies
from agora.store.cases import Case, CaseKind, CaseReason, Facet
from agora.store.comments import IN_FULL, Comment
from agora.store.people import Person
from agora.store.posts import Post

# What is narrowed in two ways is counted one by one, but not beyond this: then there is no number.
COUNTED = 1000


class Key(NamedTuple):
    """A place in the list: whatever comes after it is less urgent."""

    rank: int
    id: int


@dataclass(frozen=True)
class Wanted:
    """What of the list somebody wants to see; None: whatever it is."""

    kind: CaseKind | None = None
    code: str | None = None
    language: str | None = None
    post_id: int | None = None
    claimed_by: int | None = None
    under_posts_of: int | None = None  # whose posts an author moderates: nothing else is there for them

    @property
    def named(self) -> list[str]:
        """By what the list is narrowed."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]

    def without(self, *names: str) -> "Wanted":
        return replace(self, **dict.fromkeys(names))


class Line(NamedTuple):
    """One case with what it is about, and the name of who has it in hand or had it; or a comment without a case."""

    case: Case | None
    comment: Comment | None
    claimant: str | None


@dataclass(frozen=True)
class Numbers:
    """How many cases are open, by kind, code and language: all that there are, always right."""

    kept: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.of(Facet.KIND, kind) for kind in CaseKind)

    def of(self, facet: Facet, value: str) -> int:
        return self.kept.get(facet + value, 0)

    def values(self, facet: Facet) -> dict[str, int]:
        """Of each value that there is, how many; the most frequent first."""
        longer = tuple(other for other in Facet if other != facet and other.startswith(facet))
        found = {
            name.removeprefix(facet): count
            for name, count in self.kept.items()
            if name.startswith(facet) and not name.startswith(longer)
        }
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def numbers(session: Session) -> Numbers:
    return Numbers(tallies.beginning(session, Facet.KIND))


_claimant = aliased(Person)
_LINES = (
    select(Case, Comment, _claimant.name)
    .outerjoin(Comment, Comment.id == Case.comment_id)
    .outerjoin(_claimant, _claimant.id == Case.claimed_by)
    .options(*IN_FULL)
)


def page(session: Session, wanted: Wanted, all_: Numbers, *, after: Key | None, size: int, now: datetime) -> list[Line]:
    """A page of cases, the most urgent first."""
    found = _found(session, wanted, all_, now, after=after).limit(size).subquery()
    query = _LINES.join(found, found.c.id == Case.id).order_by(Case.rank, Case.id)
    return [Line(*row) for row in session.execute(query)]


def line_of(session: Session, comment_id: int) -> Line | None:
    """The case of one comment."""
    row = session.execute(_LINES.where(Case.comment_id == comment_id)).first()
    return Line(*row) if row else None


def oldest(session: Session) -> datetime | None:
    """Since when somebody has been waiting."""
    return session.scalar(select(Case.opened_at).order_by(Case.opened_at).limit(1))


# Counting


def count(session: Session, wanted: Wanted, all_: Numbers, *, now: datetime) -> int | None:
    """How many cases there are of what is wanted; None: more than are counted one by one."""
    if not wanted.named:
        return all_.total
    if len(wanted.named) == 1 and wanted.named[0] in _FACETS:
        return all_.of(_FACETS[wanted.named[0]], getattr(wanted, wanted.named[0]))
    found = _found(session, wanted, all_, now, ordered=False).limit(COUNTED + 1).subquery()
    counted = session.scalar(select(func.count()).select_from(found)) or 0
    return counted if counted <= COUNTED else None


def counts_by(session: Session, name: str, wanted: Wanted, all_: Numbers, *, now: datetime) -> dict[str, int | None]:
    """For each value of `name` ("kind", "code" or "language") how many cases there would be with it instead.

    Values without any are left out; None: there are some, but too many to count.
    """
    others = wanted.without(name)
    if not others.named:
        return dict(all_.values(_FACETS[name]))
    found = _found(session, others, all_, now, ordered=False).limit(COUNTED + 1).cte()
    within = select(func.count()).select_from(found).scalar_subquery()
    rows = session.execute(_grouped(name, found).add_columns(within)).all()
    if rows and rows[0][2] > COUNTED:
        return dict.fromkeys(all_.values(_FACETS[name]))
    return {str(value): count for value, count, _ in sorted(rows, key=lambda row: (-row[1], row[0]))}


def _grouped(name: str, found: CTE) -> Any:
    if name != "code":
        return select(found.c[name], func.count()).group_by(found.c[name])
    query: Any = select(CaseReason.code, func.count()).join(found, found.c.id == CaseReason.case_id)
    return query.group_by(CaseReason.code)


# Finding

_FACETS = {"kind": Facet.KIND, "code": Facet.CODE, "language": Facet.LANGUAGE}
_FEW = 2 * COUNTED


def _found(
    session: Session, wanted: Wanted, all_: Numbers, now: datetime, *, after: Key | None = None, ordered: bool = True
) -> Any:
    """The ids of the cases wanted. One index is walked, in the order of the list: that of the rarest thing."""
    leading = _rarest(wanted, all_)
    by_code = leading == "code"
    rank, id_ = (CaseReason.rank, CaseReason.case_id) if by_code else (Case.rank, Case.id)
    query: Any = select(id_.label("id"), Case.kind, Case.language)
    if by_code:
        query = query.join(Case, Case.id == CaseReason.case_id).where(CaseReason.code == wanted.code)
    query = query.where(*(_condition(session, name, wanted, now, leads=name == leading) for name in wanted.named))
    if after is not None:
        query = query.where(tuple_(rank, id_) > tuple(after))
    return query.order_by(rank, id_) if ordered else query


def _rarest(wanted: Wanted, all_: Numbers) -> str:
    """By what to look: few have been claimed by one person; of the others, the numbers tell."""
    names = wanted.named
    for name in ("claimed_by", "under_posts_of"):
        if name in names:
            return name
    known = {name: all_.of(facet, getattr(wanted, name)) for name, facet in _FACETS.items() if name in names}
    rarest = min(known, key=known.__getitem__, default="")
    if "post_id" in names and known.get(rarest, _FEW) >= _FEW:
        return "post_id"
    return rarest


def _condition(session: Session, name: str, wanted: Wanted, now: datetime, *, leads: bool) -> ColumnElement[bool]:
    value: Any = getattr(wanted, name)
    if name == "code":
        if leads:
            return CaseReason.code == str(value)
        return exists().where(CaseReason.case_id == Case.id, CaseReason.code == value)
    if name == "claimed_by":
        return and_(Case.claimed_by == value, Case.claimed_until > now)
    if name == "under_posts_of":
        return Case.post_id.in_(select(Post.id).where(Post.created_by == value))
    column: ColumnElement[Any] = getattr(Case, name)
    # No index is to be used for it: SQLite, which keeps no statistics, might take this one rather than the rare one's.
    steers = not leads and session.get_bind().dialect.name == "sqlite"
    compared: ColumnElement[bool] = (func.coalesce(column, null()) if steers else column) == value
    return compared


# Claims


def claim(session: Session, case: Case, person_id: int, *, until: datetime, now: datetime) -> bool:
    """Take a case in hand, unless somebody else has it; False if somebody has."""
    free = (Case.claimed_by.is_(None)) | (Case.claimed_by == person_id) | (Case.claimed_until <= now)
    claimed = session.execute(
        update(Case)
        .where(Case.id == case.id, free)
        .values(claimed_by=person_id, claimed_until=until)
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    session.expire(case, ["claimed_by", "claimed_until"])
    return claimed is not None


def release(session: Session, case: Case, person_id: int) -> None:
    """Give back what one has in hand; what somebody else has is theirs."""
    session.execute(
        update(Case)
        .where(Case.id == case.id, Case.claimed_by == person_id)
        .values(claimed_by=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )
    session.expire(case, ["claimed_by", "claimed_until"])
