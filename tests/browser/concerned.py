"""People of the town against whom a measure was taken, and the addresses that they and moderators know."""

from datetime import timedelta

from friends import Site
from sqlalchemy.orm import Session

from agora.actions import appeals, measures
from agora.actions import comments as comment_actions
from agora.actions.comments import CommentDraft
from agora.rules.measures import MeasureKind
from agora.rules.policy import Mode, SiteRules
from agora.store import statements
from agora.store.comments import Comment, Commenter
from agora.store.measures import Measure
from agora.store.people import Person
from agora.store.posts import Post

SUSPENDED, WARNED = "gaston@example.org", "denise@example.org"
REASONS = "Trois fois en une semaine, vous avez traité d’autres lecteurs de menteurs, malgré nos demandes."


def moments(session: Session, site: Site, post: Post, by: Person) -> dict[str, str]:
    sign, now = site.tokens.sign, site.clock.now
    written = _comment(session, site, post, "Gaston", SUSPENDED)
    suspension = _measure(session, site, written, MeasureKind.SUSPENSION, by, until=now + timedelta(days=30))
    warning = _measure(session, site, _comment(session, site, post, "Denise", WARNED), MeasureKind.WARNING, by)
    statement = statements.of_measure(session, suspension.id)
    appeals.lodge(session, statement, "Ce n’était pas moi : nous partageons cette adresse.", site.settings, now=now)
    measures.note(session, session.get_one(Commenter, written.commenter_id), "Ancien bénévole.", by=by, now=now)
    return {
        "own suspension": f"/my/measure/{sign('my-measure', suspension.id)}",
        "own warning": f"/my/measure/{sign('my-measure', warning.id)}",
        "my data": f"/my/data/{sign('my-data', written.commenter_id)}",
        "measure": f"/admin/measures/{suspension.id}",
        "new measure": f"/admin/measures/new?commenter={written.commenter_id}",
        "new measure for a network": f"/admin/measures/new?network_of={written.id}",
        "address under a measure": f"/admin/moderation/addresses/{written.commenter_id}",
        "data of an address": f"/admin/moderation/addresses/{written.commenter_id}/data",
    }


def _comment(session: Session, site: Site, post: Post, name: str, email: str) -> Comment:
    words = f"{name} n’est toujours pas d’accord."
    draft = CommentDraft(name, email, words, source=f"the network of {name}", address="192.0.2.7", port=50123)
    return comment_actions.post_comment(session, post, draft, SiteRules(Mode.POST), now=site.clock.now)


def _measure(
    session: Session, site: Site, written: Comment, kind: MeasureKind, by: Person, **stated: object
) -> Measure:
    commenter = session.get_one(Commenter, written.commenter_id)
    fields = {"clause": 1, "explanation": REASONS, "by": by, "now": site.clock.now}
    return measures.impose(session, kind, commenter=commenter, **fields, **stated)
