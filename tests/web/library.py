"""A furnished site: posts in two languages, a byline with a portrait, comments in every state, people of every role."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from friends import Site, prepare
from PIL import Image
from sqlalchemy import select

from agora.actions import ledger as log
from agora.actions import measures, moderation, notices
from agora.actions.people import new_sign_in_link
from agora.actions.report_forms import Notice
from agora.rules.measures import MeasureKind
from agora.rules.moderation import Decision, Party
from agora.signing import LogKey
from agora.store import site as site_store
from agora.store import subscriptions
from agora.store.bylines import Byline
from agora.store.comments import comment_in_full
from agora.store.measures import Measure
from agora.store.people import Person
from agora.store.posts import Post

BOBS_ADDRESS = "bob.private@example.org"


@dataclass(frozen=True)
class Library:
    site: Site
    post: Post  # "The garden", in English, with a discussion
    french: Post
    draft: Post
    byline: Byline
    published: int
    reply: int
    hidden: int
    waiting: int
    alice: Person
    maud: Person
    ada: Person
    paths: dict[str, str]  # a signed address for each name of a route that needs one

    def public_paths(self) -> list[str]:
        """Every page and feed that anyone may read."""
        return [
            "/",
            "/posts/the-garden",
            "/posts/le-jardin",
            "/authors",
            "/authors/ines-caradec",
            "/tags/gardens",
            "/archive",
            "/search?q=garden",
            "/charter",
            "/moderation/log",
            "/moderation/report",
            "/sign-in",
            f"/comments/{self.published}/reply",
            *self.feeds(),
            "/robots.txt",
            "/sitemap.xml",
            "/.well-known/security.txt",
        ]

    def feeds(self) -> list[str]:
        return [
            "/feed.atom",
            "/authors/ines-caradec/feed.atom",
            "/tags/gardens/feed.atom",
            "/comments.atom",
            "/posts/the-garden/comments.atom",
            "/posts/le-jardin/comments.atom",
            "/moderation/log.atom",
        ]


@contextmanager
def open_library(folder: Path, **stated: str) -> Iterator[Library]:
    url = stated.pop("database_url", f"sqlite:///{folder / 'agora.db'}")
    site = Site(url, folder / "data", **stated)
    prepare(site)
    with site:
        with site.writing() as session:
            the_site = site_store.the_site(session)
            the_site.title, the_site.contact = "The library", "security@example.org"
        yield furnish(site)


def portrait(width: int = 400, height: int = 300, kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    output = io.BytesIO()
    Image.new("RGB", (width, height), "seagreen").save(output, kind)
    return output.getvalue()


def furnish(site: Site) -> Library:
    alice, maud, ada = site.alice(), site.maud(), site.ada()
    byline = site.byline(portrait=portrait(), bio="Grows *things*.", links=[("Her blog", "https://ines.example.org/")])
    post = site.post(
        "The garden",
        summary="What grows where.",
        tags=["Gardens"],
        byline_ids=[byline.id],
        source_title="The book of gardens",
        source_url="https://books.example.org/gardens",
        by=alice,
    )
    french = site.post("Le jardin", body="Il **pousse**.", language="fr", tags=["Gardens"], byline_ids=[byline.id])
    draft = site.post("The secret shed", publish=False, by=alice)
    bob = {"email": BOBS_ADDRESS}
    published = site.published(post, "Tomatoes, above all.", letters=True, **bob)
    reply = site.published(post, "And beans.", parent_id=published, name="Charlie", email="charlie@example.org")
    hidden = site.published(post, "A rude remark.", **bob)
    site.published(post, "An answer to it.", parent_id=hidden, name="Charlie", email="charlie@example.org")
    waiting = site.waiting(post, "Is it raining?", **bob)
    with site.writing() as session:
        _decide(session, hidden, maud, Decision.HIDE, site, clause=1)
        notice = Notice(
            reason="1", offence="", explanation="Beans!", name="Dan", email="dan@example.org", good_faith=True
        )
        reported = comment_in_full(session, published)
        report = notices.report(session, reported, notice, site.settings, person=None, now=site.clock.now)
        subscription = subscriptions.of_comment(session, published)
        link = new_sign_in_link(session, alice, now=site.clock.now)
        portrait_name = session.scalars(select(Byline.portrait_name)).one()
    measure = _measure(site, reply, maud)
    with site.writing() as session:
        log.sign(session, LogKey(site.settings.secret_key), now=site.clock.now)
    sign = site.tokens.sign
    decision = {"comment": waiting, "version": 1, "decision": Decision.REJECT, "moderator": maud.id}
    paths = {
        "my_comment": f"/my/comment/{sign('my-comment', waiting)}",
        "confirm": f"/my/address/{sign('confirm', waiting)}",
        "my_report": f"/my/report/{sign('my-report', report.id)}",
        "confirm_report": f"/my/reporter/{sign('confirm-report', report.id)}",
        "my_measure": f"/my/measure/{sign('my-measure', measure.id)}",
        "my_data": f"/my/data/{sign('my-data', measure.commenter_id)}",
        "unsubscribe": f"/my/letters/{sign('unsubscribe', subscription.id)}",
        "sign_in_link": f"/sign-in/{sign('sign-in', link.id)}",
        "letter_decision": f"/letters/decide/{sign('decide', decision)}",
        "portrait": f"/portraits/{portrait_name}.webp",
    }
    return Library(site, post, french, draft, byline, published, reply, hidden, waiting, alice, maud, ada, paths)


def _decide(session, comment_id: int, person: Person, decision: Decision, site: Site, **reason) -> None:
    comment = comment_in_full(session, comment_id)
    moderation.decide(
        session,
        comment,
        decision,
        party=Party.MODERATOR,
        version=comment.version,
        person=person,
        now=site.clock.now,
        **reason,
    )


def _measure(site: Site, comment_id: int, maud: Person) -> Measure:
    """The first one of the site, against who wrote this comment; it keeps nobody from commenting."""
    with site.writing() as session:
        commenter = comment_in_full(session, comment_id).commenter
        reasons = {"clause": 1, "explanation": "Too many reports.", "by": maud, "now": site.clock.now}
        return measures.impose(session, MeasureKind.NO_REPORTS, commenter=commenter, **reasons)
