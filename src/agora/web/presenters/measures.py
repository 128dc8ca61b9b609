"""What pages say of measures against people, and of what moderators note about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agora.actions.measures import UnderMeasure
from agora.rules.measures import AGAINST_NAMES, EFFECTS, MEASURE_NAMES, Against, MeasureKind
from agora.store import measures, people, site
from agora.store.comments import Comment
from agora.store.measures import InForce, Measure
from agora.web.context import Context


@dataclass(frozen=True)
class MeasureView:
    """A measure in words."""

    id: int
    kind: MeasureKind
    reference: str
    name: str
    effect: str
    against: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    acknowledged_at: datetime | None
    holds: bool
    clause: tuple[int, str] | None
    explanation: str
    url: str  # at the desk


@dataclass(frozen=True)
class NoteView:
    """What a moderator noted about a commenter."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True)
class Obstacle:
    """Why what somebody sent was not taken, and where they can read more."""

    name: str
    effect: str
    until: datetime | None
    url: str | None  # None: only the letter to the owner of the address has it
    token: str  # for a warning that can be acknowledged on the spot, else empty


@dataclass(frozen=True)
class About:
    """What moderators know of one address, beside its comments."""

    commenter_id: int
    measures: list[MeasureView]
    notes: list[NoteView]
    new_measure_url: str


def measure_views(context: Context, found: Iterable[Measure]) -> list[MeasureView]:
    listed = list(found)
    titles = site.clause_titles(context.session, {measure.charter_id for measure in listed if measure.charter_id})
    return [
        MeasureView(
            id=measure.id,
            kind=measure.kind,
            reference=measure.reference,
            name=MEASURE_NAMES[measure.kind],
            effect=EFFECTS[measure.kind],
            against=AGAINST_NAMES[measure.against],
            since=measure.created_at,
            until=measure.until,
            ended_at=measure.ended_at,
            acknowledged_at=measure.acknowledged_at,
            holds=measure.holds(context.now),
            clause=(measure.clause, titles.get((measure.charter_id, measure.clause), "")) if measure.clause else None,
            explanation=measure.explanation,
            url=context.url("desk_measure", id=measure.id),
        )
        for measure in listed
    ]


def about_addresses(context: Context, commenter_ids: Iterable[int]) -> dict[int, About]:
    """What moderators know of each of these addresses: three queries, however many there are."""
    ids = sorted(set(commenter_ids))
    found = measures.of_addresses(context.session, ids)
    views = {view.id: view for view in measure_views(context, found)}
    notes = measures.notes_about(context.session, ids)
    names = people.names_of(context.session, {note.person_id for note in notes if note.person_id})
    return {
        id_: About(
            commenter_id=id_,
            measures=[views[measure.id] for measure in found if measure.commenter_id == id_],
            notes=[
                NoteView(note.at, names.get(note.person_id or 0, ""), note.text)
                for note in notes
                if note.commenter_id == id_
            ],
            new_measure_url=f"{context.url('desk_new_measure')}?commenter={id_}",
        )
        for id_ in ids
    }


def obstacle(context: Context, problem: UnderMeasure) -> Obstacle:
    """What the form says above the text that was not taken."""
    token = context.house.tokens.sign("my-measure", problem.measure.id) if problem.is_theirs else ""
    return _obstacle(context, problem.measure, token)


def _obstacle(context: Context, found: InForce, token: str) -> Obstacle:
    return Obstacle(
        name=MEASURE_NAMES[found.kind],
        effect=EFFECTS[found.kind],
        until=found.until,
        url=context.url("my_measure", token=token) if token else None,
        token=token if found.kind is MeasureKind.WARNING else "",
    )


def own_measures(context: Context, comment: Comment) -> list[Obstacle]:
    """What holds against who wrote a comment, on its own page; `comment` comes with its commenter.

    Not where the address was confirmed from elsewhere: then somebody else may have typed it.
    """
    address = comment.commenter
    if address is None or (address.verified_at is not None and address.proven_from != context.whence):
        return []
    found = measures.in_force(context.session, address.id, None, "", context.now)
    return [_obstacle(context, measure, context.house.tokens.sign("my-measure", measure.id)) for measure in found]


def whom(context: Context, measure: Measure) -> str:
    """Whom a measure is against, for moderators; a network has no name."""
    match measure.against:
        case Against.ADDRESS:
            return measures.email_of(context.session, measure.commenter_id or 0)
        case Against.ACCOUNT:
            return people.names_of(context.session, {measure.person_id or 0}).get(measure.person_id or 0, "")
        case _:
            return ""
