"""The sites on which every screen is found: one full of sample content, one empty, one broken, one without tables."""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from friends import Site, prepare
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agora import demo
from agora.actions import bylines as byline_actions
from agora.actions import comments as comment_actions
from agora.actions import orders as order_actions
from agora.actions import people as people_actions
from agora.actions.bylines import BylineDraft
from agora.actions.comments import CommentDraft
from agora.actions.orders import OrderDraft
from agora.rules.moderation import Decision, State
from agora.rules.policy import Mode, SiteRules
from agora.store import bylines, people, subscriptions
from agora.store.comments import Comment
from agora.store.people import Person
from agora.store.posts import Post
from browser import cases, concerned, notified

FILLED, EMPTY, BROKEN, WITHOUT_TABLES = "filled", "empty", "broken", "without-tables"
READER, MAUD, ADMINISTRATOR = "a reader", "maud@example.org", "camille@example.org"
DISCUSSED = "faut-il-encore-se-taire"
OWN_STATES = (State.PUBLISHED, State.REJECTED, State.HIDDEN, State.WITHDRAWN)


@dataclass(frozen=True)
class Town:
    """`people` are those of each site by their address; `paths` are the addresses that only some people know."""

    sites: dict[str, Site]
    people: dict[tuple[str, str], Person]
    paths: dict[str, str]


@contextmanager
def open_town(folder: Path) -> Iterator[Town]:
    with ExitStack() as stack:

        def serve(name: str, **stated: str) -> Site:
            url = f"sqlite:///{folder / name}.db"
            site = Site(url, folder / name, language="fr", rate_limits="off", **stated)
            if name != WITHOUT_TABLES:
                prepare(site)
            return stack.enter_context(site)

        filled = serve(FILLED, posts_per_page="6", threads_per_page="5")
        sites = {FILLED: filled, **{name: serve(name) for name in (EMPTY, BROKEN, WITHOUT_TABLES)}}
        with filled.writing() as session:
            administrator = demo.fill(session, filled.settings, now=filled.clock.now, progress=iter)
            maud = people.person_by_email(session, MAUD)
            paths = _moments(session, filled, administrator, maud)
            discussed = session.scalars(select(Post).where(Post.slug == DISCUSSED)).one()
            paths |= notified.furnish(session, filled, discussed, maud)
        with sites[BROKEN].writing() as session:
            session.execute(text("DELETE FROM charters"))
        inhabitants = {(FILLED, MAUD): maud, (FILLED, ADMINISTRATOR): administrator}
        inhabitants |= {(EMPTY, MAUD): sites[EMPTY].maud(), (EMPTY, ADMINISTRATOR): sites[EMPTY].ada()}
        yield Town(sites, inhabitants, paths)


@contextmanager
def french_site(folder: Path, **stated: str) -> Iterator[Site]:
    """A French site with nobody and nothing on it, where much may happen."""
    site = Site(f"sqlite:///{folder / 'agora.db'}", folder / "data", language="fr", **stated)
    prepare(site)
    with site:
        yield site


def _moments(session: Session, site: Site, administrator: Person, maud: Person) -> dict[str, str]:
    """What sample content cannot hold, because it lasts for minutes or is for one person alone."""
    sign, now = site.tokens.sign, site.clock.now
    post = session.scalars(select(Post).where(Post.slug == DISCUSSED)).one()
    words = "Une *première* fois ici.\n\nhttps://example.org/"
    draft = CommentDraft("Béatrice", "beatrice@example.org", words, letters=True, source="a test")
    waiting = comment_actions.post_comment(session, post, draft, SiteRules(Mode.PRE), now=now)
    subscription = subscriptions.of_comment(session, waiting.id)
    ines = bylines.byline_by_slug(session, "ines-caradec")
    links = [(link["label"], link["url"]) for link in ines.links]
    portrayed = BylineDraft(ines.name, ines.slug, ines.bio, links, _picture())
    byline_actions.save_byline(session, ines, portrayed, by=administrator, language="fr", now=now)
    sign_in = people_actions.new_sign_in_link(session, maud, now=now)
    newest = {
        state: session.scalars(
            select(Comment).where(Comment.state == state, Comment.commenter_id.is_not(None)).order_by(Comment.id.desc())
        ).first()
        for state in OWN_STATES
    }
    order = OrderDraft("Tribunal judiciaire de Lyon", "FR", "act", "Un commentaire.", now)
    order_actions.register(session, order, by=administrator, now=now)
    just_now = cases.furnish(session, site, administrator, maud, newest[State.PUBLISHED], newest[State.HIDDEN])
    case = {"comment": waiting.id, "version": waiting.version, "moderator": maud.id}
    return {
        **concerned.moments(session, site, post, maud),
        "own waiting": f"/my/comment/{sign('my-comment', waiting.id)}",
        **{f"own {state}": f"/my/comment/{sign('my-comment', comment.id)}" for state, comment in newest.items()},
        "reply": f"/comments/{newest[State.PUBLISHED].id}/reply",
        "confirm": f"/my/address/{sign('confirm', waiting.id)}",
        "unsubscribe": f"/my/letters/{sign('unsubscribe', subscription.id)}",
        "sign in by link": f"/sign-in/{sign('sign-in', sign_in.id)}",
        "editor": f"/admin/posts/{post.id}",
        "history": f"/admin/posts/{post.id}/history",
        "byline": f"/admin/bylines/{ines.id}",
        "case": f"/admin/moderation/{waiting.id}",
        "source": f"/admin/moderation/{waiting.id}/source",
        "decided just now": f"/admin/moderation?done=approve&of={just_now}",
        "commenter": f"/admin/moderation/addresses/{newest[State.HIDDEN].commenter_id}",
        "letter to approve": f"/letters/decide/{sign('decide', case | {'decision': Decision.APPROVE})}",
        "letter to reject": f"/letters/decide/{sign('decide', case | {'decision': Decision.REJECT})}",
        "old letter": f"/letters/decide/{sign('decide', case | {'decision': Decision.APPROVE, 'version': 0})}",
    }


def _picture() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(output, "PNG")
    return output.getvalue()
