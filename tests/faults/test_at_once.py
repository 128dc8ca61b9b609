"""Many people in the same moment: each is answered, nothing is lost, nothing happens twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from friends import PASSWORD, Site, comment_id_of, comment_on, form
from sqlalchemy import func, select, update

from agora.actions import people as people_actions
from agora.rules.limits import RATES
from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.store import counts, events
from agora.store.comments import Comment, CommentRevision
from agora.store.events import Event
from agora.store.people import DeskSession, Person
from agora.store.posts import Post, PostRevision

MODERATORS, COMMENTERS, VISITORS = 8, 50, 20


@pytest.fixture
def busy_site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site behind a proxy, so that each visitor of a test can come from an address of their own."""
    with Site(database_url, tmp_path / "data", trusted_proxies="127.0.0.1") as served:
        yield served


def visitor(site: Site, number: int) -> httpx.Client:
    client = site.client(headers={"X-Forwarded-For": f"192.0.2.{number}"})
    client.timeout = httpx.Timeout(120)  # whoever comes last waits for all the others, on a busy machine too
    return client


def all_at_once(deeds: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """Everybody takes a breath, and then sends."""
    start = Barrier(len(deeds))

    def do(deed: Callable[[], httpx.Response]) -> httpx.Response:
        start.wait(timeout=120)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(do, deeds))


def statuses(answers: list[httpx.Response]) -> dict[int, int]:
    found = [answer.status_code for answer in answers]
    return {status: found.count(status) for status in set(found)}


def test_one_of_eight_moderators_approves(site: Site) -> None:
    comment_id = comment_id_of(site, comment_on(site.client(), site.post()))
    team = [site.client_of(site.person(f"Maud{n}", Role.MODERATOR)) for n in range(MODERATORS)]
    forms = [form(client.get("/admin/moderation"), f"case-{comment_id}") for client in team]

    answers = all_at_once(
        [
            lambda client=client, sent=sent: client.post(
                f"/admin/moderation/{comment_id}", data=sent | {"decision": "approve"}
            )
            for client, sent in zip(team, forms, strict=True)
        ]
    )

    assert statuses(answers) == {303: 1, 409: MODERATORS - 1}
    assert site.comment(comment_id).state is State.PUBLISHED
    with site.database.read() as session:
        assert len([event for event in events.history(session, comment_id) if event.decision]) == 1
        assert counts.wrong(session) == {}


def test_fifty_comments_are_stored(busy_site: Site) -> None:
    site = busy_site
    post = site.post(moderation="post")
    sent = form(site.client().get(f"/posts/{post.slug}"), "comment-form") | {"name": "Somebody"}

    answers = all_at_once(
        [
            lambda n=n: visitor(site, n).post(
                f"/posts/{post.slug}/comments",
                data=sent | {"email": f"reader{n}@example.org", "body": f"Thought number {n}."},
            )
            for n in range(COMMENTERS)
        ]
    )

    assert statuses(answers) == {303: COMMENTERS}
    with site.database.read() as session:
        bodies = set(session.scalars(select(CommentRevision.body)))
        assert bodies == {f"Thought number {n}." for n in range(COMMENTERS)}
        assert session.scalar(select(func.count(Event.id)).where(Event.kind == "comment.posted")) == COMMENTERS
        assert session.get_one(Post, post.id).comment_count == COMMENTERS
        assert session.get_one(Post, post.id).thread_count == COMMENTERS
        assert counts.wrong(session) == {}


def test_fifty_answers_are_counted(busy_site: Site) -> None:
    """All under one comment, whose row they share."""
    site = busy_site
    post = site.post(moderation="post")
    root = comment_id_of(site, comment_on(site.client(), post))
    page = site.client().get(f"/posts/{post.slug}")
    sent = form(page, "comment-form") | {"name": "Somebody", "parent": str(root)}

    answers = all_at_once(
        [
            lambda n=n: visitor(site, n).post(
                f"/posts/{post.slug}/comments",
                data=sent | {"email": f"reader{n}@example.org", "body": f"Answer number {n}."},
            )
            for n in range(COMMENTERS)
        ]
    )

    assert statuses(answers) == {303: COMMENTERS}
    assert site.comment(root).shown_in_thread == COMMENTERS + 1
    with site.database.read() as session:
        assert counts.wrong(session) == {}


def test_impatient_clicks_are_one_comment(site: Site) -> None:
    post = site.post()
    sent = form(site.client().get(f"/posts/{post.slug}"), "comment-form")
    sent |= {"name": "Bob", "email": "bob@example.org", "body": "A fine garden.", "letters": "yes"}

    answers = all_at_once([lambda: site.client().post(f"/posts/{post.slug}/comments", data=sent)] * 8)

    assert len({comment_id_of(site, answer) for answer in answers}) == 1
    with site.database.read() as session:
        assert session.scalar(select(func.count(Comment.id))) == 1
        assert session.scalar(select(func.count(Event.id)).where(Event.kind == "comment.posted")) == 1


def test_one_of_two_editors_saves(site: Site) -> None:
    post, ada = site.post(), site.ada()
    client = site.client_of(ada)
    sent = form(client.get(f"/admin/posts/{post.id}"), "post-form")

    answers = all_at_once(
        [
            lambda words=words: client.post(f"/admin/posts/{post.id}", data=sent | {"body": words, "action": "save"})
            for words in ("By the first.", "By the second.")
        ]
    )

    assert statuses(answers) == {303: 1, 409: 1}
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "By the first." in refused.text
    assert "By the second." in refused.text
    with site.database.read() as session:
        assert session.get_one(Post, post.id).edition == 2
        assert session.scalar(select(func.count()).select_from(PostRevision)) == 2


def test_same_address_goes_to_one_post(site: Site) -> None:
    """Eight authors choose the same address for their posts: the first has it, the others are told."""
    client = site.client_of(site.alice())
    sent = form(client.get("/admin/posts/new"), "post-form")

    answers = all_at_once(
        [
            lambda n=n: client.post(
                "/admin/posts/new", data=sent | {"title": f"Post {n}", "slug": "mine", "body": "It grows."}
            )
            for n in range(8)
        ]
    )

    told = statuses(answers)
    assert told.pop(303) == 1
    assert set(told) <= {409, 422}
    with site.database.read() as session:
        assert session.scalar(select(func.count(Post.id))) == 1


def test_sign_in_link_works_once(site: Site) -> None:
    maud = site.maud()
    with site.writing() as session:
        link = people_actions.new_sign_in_link(session, maud, now=site.clock.now)
    path = f"/sign-in/{site.tokens.sign('sign-in', link.id)}"

    answers = all_at_once([lambda: site.client().post(path)] * 8)

    assert statuses(answers) == {303: 1, 403: 7}
    with site.database.read() as session:
        assert session.scalar(select(func.count(DeskSession.id))) == 1


def test_twenty_people_sign_in(busy_site: Site) -> None:
    site = busy_site
    people = [site.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)]
    people += [site.person(f"Maud{n}", Role.MODERATOR) for n in range(VISITORS - 1)]
    with site.writing() as session:  # hashing one password is slow on purpose: once is enough
        session.execute(update(Person).values(password_hash=people[0].password_hash))
    browsers = [visitor(site, n) for n in range(VISITORS)]

    answers = all_at_once(
        [
            lambda client=client, person=person: client.post(
                "/sign-in", data={"email": person.email, "password": PASSWORD}
            )
            for client, person in zip(browsers, people, strict=True)
        ]
    )

    assert statuses(answers) == {303: VISITORS}
    for client, person in zip(browsers, people, strict=True):
        assert person.name in client.get("/account").text


def test_rate_limit_lets_no_crowd_through(site: Site) -> None:
    """However many try at once, the limit is met exactly; nobody slips by while others are counted."""
    from_here = {"email": "ada@example.org", "password": "a guess that is wrong"}

    most = RATES["sign-in"].count
    answers = all_at_once([lambda: site.client().post("/sign-in", data=from_here)] * (most + 6))

    assert statuses(answers) == {422: most, 429: 6}


def test_unread_edit_is_never_public(site: Site) -> None:
    """Whoever edits in the moment of the approval does not smuggle the new text past the moderator."""
    post, maud, bob = site.post(), site.client_of(site.maud()), site.client()
    for number in range(5):
        answer = comment_on(bob, post, f"Harmless text {number}.", email=f"bob{number}@example.org")
        comment_id, own = comment_id_of(site, answer), answer.headers["location"].split("?")[0]
        sent = form(maud.get("/admin/moderation"), f"case-{comment_id}") | {"decision": "approve"}
        unread = f"UNREAD {number} " + "https://spam.example.org/x " * 150  # long: the edit takes its time

        answers = all_at_once(
            [
                lambda own=own, unread=unread: bob.post(own, data={"body": unread}),
                lambda sent=sent, id_=comment_id: maud.post(f"/admin/moderation/{id_}", data=sent),
            ]
        )

        assert set(statuses(answers)) <= {303, 409}
        assert 303 in statuses(answers)
        assert "UNREAD" not in site.client().get("/posts/the-garden").text


def test_two_administrators_cannot_both_leave(site: Site) -> None:
    ada, ines = site.ada(), site.person("Ines", Role.ADMINISTRATOR)
    clients = [site.client_of(ada), site.client_of(ines)]
    deeds = []
    for client, person in zip(clients, (ada, ines), strict=True):
        csrf = form(client.get("/admin/settings"), "settings-form")["csrf"]
        fields = {"csrf": csrf, "person": str(person.id), "role": "author", "action": "role"}
        deeds.append(lambda client=client, fields=fields: client.post("/admin/people", data=fields))

    answers = all_at_once(deeds)

    assert sorted(answer.status_code for answer in answers) == [303, 409]
