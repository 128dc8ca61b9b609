"""What waits for the moderators of the town beside held comments: screens show all that a case can hold."""

from friends import Site
from sqlalchemy.orm import Session

from agora.actions import appeals, claims, measures, moderation, notices
from agora.actions import comments as comment_actions
from agora.actions.comments import CommentDraft
from agora.actions.report_forms import Notice
from agora.rules.moderation import Decision, Party
from agora.rules.policy import Mode, SiteRules
from agora.store import comments, statements
from agora.store.comments import Comment, Commenter
from agora.store.people import Person
from agora.store.posts import Post


def furnish(
    session: Session, site: Site, administrator: Person, maud: Person, standing: Comment, hidden: Comment
) -> int:
    """A report in hand, an appeal with a note about who wrote; gives the comment that was approved just now."""
    now = site.clock.now
    said = Notice("2", "", "Une *attaque*, nommément.", name="Claire", email="claire@example.org", good_faith=True)
    in_full = comments.comment_in_full(session, standing.id)
    notices.report(session, in_full, said, site.settings, person=None, now=now)
    statement = statements.in_force(session, hidden.id)
    appeals.lodge(session, statement, "Je parle d’un texte, pas de son auteur.", site.settings, now=now)
    claims.claim(session, standing, person=administrator, now=now)
    measures.note(session, session.get(Commenter, hidden.commenter_id), "Plutôt poli d’habitude.", by=maud, now=now)
    post = session.get(Post, standing.post_id)
    draft = CommentDraft("Dora", "dora@example.org", "Merci pour tout.", source="another test")
    approved = comment_actions.post_comment(session, post, draft, SiteRules(Mode.PRE), now=now)
    decided = {"party": Party.MODERATOR, "version": approved.version, "person": administrator, "now": now}
    moderation.decide(session, approved, Decision.APPROVE, **decided)
    return approved.id
