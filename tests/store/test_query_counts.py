"""A page costs the same number of queries whether it shows little or much."""

from datetime import datetime

import httpx
import pytest
from friends import Site, statements_of, write_comment, write_post
from sqlalchemy import insert
from sqlalchemy.orm import Session

from agora.actions.bylines import BylineDraft, save_byline
from agora.actions.moderation import decide
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Mode
from agora.store.comments import Comment, CommentRevision
from agora.store.events import Event
from agora.store.posts import Post

# The issue asks for at most 12 on the post page, transaction included; the others keep to the same.
MOST = 12
# The queue brings together what several other pages show: what is known of who wrote, and on what one may decide.
MOST_OF = {"/admin/moderation": 15}
A_FEW, MANY = 10, 200


def queries_for(site: Site, client: httpx.Client, path: str) -> list[str]:
    client.get(path).raise_for_status()  # the first visit opens connections and prepares templates
    with statements_of(site) as heard:
        client.get(path).raise_for_status()
    return heard


def discuss(session: Session, post: Post, count: int, now: datetime) -> None:
    """Threads of four, each answering the one before, with tombstones of each kind among them, as bare rows."""
    first = post.id * 1000
    states = [State.HIDDEN, State.PUBLISHED, State.WITHDRAWN, *[State.PUBLISHED] * 3, State.PENDING]
    state_of = {first + n: states[n % len(states)] for n in range(count)}
    written = [
        {"id": id_, "post_id": post.id, "revision_id": id_, "state": state, "mode": Mode.POST, "language": "en"}
        | {"name": "Bob", "fingerprint": str(id_), "created_at": now, "published_at": now, "shown_in_thread": 1}
        | {"parent_id": id_ - 1 if id_ % 4 else None, "root_id": id_ - id_ % 4 if id_ % 4 else None}
        | {"thread_number": None if id_ % 4 else 1 + (id_ - first) // 4}
        | {"path": "".join(f"{above:012}" for above in range(id_ - id_ % 4 + 1, id_ + 1)) or None}
        for id_, state in state_of.items()
    ]
    session.execute(insert(Comment), written)
    session.execute(
        insert(CommentRevision),
        [
            {"id": id_, "comment_id": id_, "number": 1, "body": "", "html": "<p>So.", "renderer": 1, "created_at": now}
            for id_ in state_of
        ],
    )
    decided = [id_ for id_, state in state_of.items() if state is State.HIDDEN]
    facts = {
        "kind": "comment.decided",
        "at": now,
        "decision": Decision.HIDE,
        "clause": 1,
        "charter_id": 1,
        "explanation": "",
    }
    session.execute(insert(Event), [facts | {"comment_id": id_, "details": {}} for id_ in decided])
    post.thread_count = -(-count // 4)


def post_with_discussion(site: Site, title: str, count: int) -> Post:
    with site.writing() as session:
        byline = save_byline(session, None, BylineDraft(f"Inès {count}"), by=None, language="fr", now=site.clock.now)
        post = write_post(session, title, now=site.clock.now, byline_ids=[byline.id], tags=["moss", title])
        discuss(session, post, count, site.clock.now)
        return post


def test_discussion_costs_constant_queries(site: Site) -> None:
    small, large = post_with_discussion(site, "Small", A_FEW), post_with_discussion(site, "Large", MANY)
    client = site.client()

    few = queries_for(site, client, f"/posts/{small.slug}")
    many = queries_for(site, client, f"/posts/{large.slug}")

    assert client.get(f"/posts/{large.slug}").text.count('id="comment-') > 0.8 * MANY
    assert len(few) == len(many)
    assert len(many) <= MOST, "\n".join(many)


PAGES: dict[str, str] = {
    # what grows, and the page on which it is seen
    "/": "posts",
    "/archive": "posts",
    "/search?q=post": "posts",
    "/authors": "posts",
    "/tags/moss": "posts",
    "/feed.atom": "posts",
    "/sitemap.xml": "posts",
    "/admin/posts": "posts",
    "/comments.atom": "comments",
    "/posts/the-garden/comments.atom": "comments",
    "/admin/moderation": "cases",
    "/moderation/log": "decisions",
}


def grow(session: Session, what: str, numbers: range, now: datetime) -> None:
    post = session.query(Post).filter_by(slug="the-garden").one()
    for n in numbers:
        email = f"{n}@example.org"
        if what == "posts":
            byline = save_byline(session, None, BylineDraft(f"Byline {n}"), by=None, language="fr", now=now)
            write_post(session, f"Post {n}", now=now, byline_ids=[byline.id], tags=["moss", f"tag {n}"])
        elif what == "comments":
            write_comment(session, post, f"Thought {n}.", now=now, email=email)
        else:
            parent = write_comment(session, post, f"Said {n}.", now=now, email=email)
            held = write_comment(session, post, f"Thought {n}.", now=now, email=email, mode=Mode.PRE, parent=parent)
            if what == "decisions":
                decide(session, held, Decision.REJECT, party=Party.MODERATOR, version=1, clause=1, now=now)


@pytest.mark.parametrize("what", sorted(set(PAGES.values())))
def test_lists_cost_constant_queries(site: Site, what: str) -> None:
    ada = site.ada()
    client = site.client_of(ada)
    site.post("The garden", tags=["moss"])
    counted: list[dict[str, list[str]]] = []
    for numbers in (range(2), range(2, 25)):
        with site.writing() as session:
            grow(session, what, numbers, site.clock.now)
        counted.append({path: queries_for(site, client, path) for path, grows in PAGES.items() if grows == what})

    few, many = counted
    for path, queries in many.items():
        assert len(queries) == len(few[path]), "\n".join(queries)
        assert len(queries) <= MOST_OF.get(path, MOST), "\n".join(queries)
