"""Reports and appeals in the town: one report that waits, one decided in two ways, and a decision that is contested."""

from friends import Site
from sqlalchemy.orm import Session

from agora.actions import appeals, comments, moderation, notices
from agora.actions.comments import CommentDraft
from agora.actions.report_forms import Notice
from agora.rules.moderation import Decision, Party
from agora.rules.policy import Mode, SiteRules
from agora.store import statements
from agora.store.comments import comment_in_full
from agora.store.people import Person
from agora.store.posts import Post
from agora.store.reports import Report

WHY = "Ce commentaire nomme quelqu’un et l’accuse.\n\nIl ne parle pas de l’article."
LAW = {"reason": "law", "offence": "defamation"}


def furnish(session: Session, site: Site, post: Post, maud: Person) -> dict[str, str]:
    """The addresses that only those who reported, or contest, know."""
    town = _Town(session, site, post, maud)
    texts = ("Tout de même !", "Bof.", "Honte !", "Non.", "Hum.")
    reported, stays, goes, contested, hidden = (town.comment(text) for text in texts)
    waiting = town.report(reported, reason="1")
    decided = town.report(stays, **LAW, further=f"/comments/{goes}")
    town.decide(stays, Decision.KEEP)
    town.decide(goes, Decision.HIDE)
    town.decide(contested, Decision.HIDE)
    town.decide(hidden, Decision.HIDE)
    statement = statements.in_force(session, contested)
    appeals.lodge(session, statement, WHY, site.settings, now=site.clock.now)
    sign = site.tokens.sign
    return {
        "report form": f"/comments/{reported}/report",
        "report that waits": f"/my/report/{sign('my-report', waiting.id)}",
        "report that was decided": f"/my/report/{sign('my-report', decided.id)}",
        "confirm a reporter": f"/my/reporter/{sign('confirm-report', waiting.id)}",
        "own contestable": f"/my/comment/{sign('my-comment', hidden)}",
        "own contested": f"/my/comment/{sign('my-comment', contested)}",
    }


class _Town:
    def __init__(self, session: Session, site: Site, post: Post, maud: Person) -> None:
        self.session, self.site, self.post, self.maud = session, site, post, maud

    def comment(self, body: str) -> int:
        draft = CommentDraft("Édouard", "edouard@example.org", body, letters=True, source=body)
        rules = SiteRules(Mode.POST, limit_haste=False)
        return comments.post_comment(self.session, self.post, draft, rules, now=self.site.clock.now).id

    def report(self, comment_id: int, **said: str) -> Report:
        notice = Notice(explanation=WHY, name="Claire", email="claire@example.org", good_faith=True, **_full(said))
        comment = comment_in_full(self.session, comment_id)
        now = self.site.clock.now
        return notices.report(self.session, comment, notice, self.site.settings, person=None, now=now)

    def decide(self, comment_id: int, decision: Decision) -> None:
        comment = comment_in_full(self.session, comment_id)
        moderation.decide(
            self.session,
            comment,
            decision,
            party=Party.MODERATOR,
            version=comment.version,
            person=self.maud,
            clause=2 if decision is Decision.HIDE else None,
            explanation="Nous l’avons lu deux fois.",
            now=self.site.clock.now,
        )


def _full(said: dict[str, str]) -> dict[str, str]:
    return {"offence": ""} | said
