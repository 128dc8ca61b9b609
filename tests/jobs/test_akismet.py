"""A service is asked for a second opinion: what it is told, what follows, and that it decides nothing for good."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from friends import Site, comment_id_of, comment_on
from servers import HOST
from servers.web import WebServer
from sqlalchemy import select

from agora.jobs.akismet import WAITS
from agora.rules.moderation import Decision, Party, State
from agora.store import cases, statements
from agora.store.events import Channel, Delivery, DeliveryState
from agora.store.posts import Post

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

KEY = "a key that nobody reads"
SPAM, HAM = (200, b"true"), (200, b"false")


@pytest.fixture
def service() -> Iterator[WebServer]:
    with WebServer(SPAM) as server:
        yield server


@pytest.fixture
def asking(database_url: str, tmp_path: Path, service: WebServer) -> Iterator[Site]:
    """A site that asks the service about comments."""
    stated = {"akismet_url": f"{service.url}/1.1/", "akismet_key": KEY, "allow_private_hosts": "127.0.0.0/8"}
    with Site(database_url, tmp_path / "data", **stated) as served:
        yield served


def sent_by_bob(site: Site, post: Post, body: str = "A fine garden.", **fields: str) -> int:
    return comment_id_of(site, comment_on(site.client(), post, body, **fields))


def question(site: Site) -> Delivery:
    """The only delivery to a service."""
    with site.database.read() as session:
        found = session.scalars(select(Delivery).where(Delivery.channel == Channel.SERVICE)).one()
        session.expunge_all()
        return found


def codes(site: Site, comment_id: int) -> list[str]:
    return [reason.code for reason in site.comment(comment_id).revision.why]


def test_spam_is_held(asking: Site) -> None:
    comment_id = sent_by_bob(asking, asking.post(moderation="post"), letters="yes")
    assert asking.comment(comment_id).state is State.PUBLISHED

    asking.deliver()

    assert asking.comment(comment_id).state is State.PENDING
    assert codes(asking, comment_id) == ["akismet"]
    with asking.database.read() as session:
        (statement,) = statements.of_comment(session, comment_id)
        assert (statement.party, statement.rules) == (Party.POLICY, [{"code": "akismet", "service": HOST}])
        assert statement.detected_by_program
        assert cases.of_comment(session, comment_id)
    assert question(asking).state is DeliveryState.DONE


@only_sqlite
def test_waiting_spam_says_why(asking: Site) -> None:
    comment_id = sent_by_bob(asking, asking.post(moderation="pre"))

    asking.deliver()

    assert asking.comment(comment_id).state is State.PENDING
    assert codes(asking, comment_id) == ["premoderated", "akismet"]
    maud = asking.client_of(asking.maud())
    assert f"the service {HOST} takes it for spam" in maud.get("/admin/moderation?reason=akismet").text


@only_sqlite
def test_ham_stays(asking: Site, service: WebServer) -> None:
    service.answers = [HAM]
    comment_id = sent_by_bob(asking, asking.post(moderation="post"))

    asking.deliver()

    assert (asking.comment(comment_id).state, codes(asking, comment_id)) == (State.PUBLISHED, [])
    assert len(service.forms) == 1


@only_sqlite
def test_service_is_told_what_we_say(asking: Site, service: WebServer) -> None:
    post = asking.post(moderation="post")
    sent_by_bob(asking, post, website="https://bob.example", body="Été")

    asking.deliver()

    assert service.paths == ["/1.1/comment-check"]
    assert service.forms == [
        {
            "api_key": KEY,
            "blog": asking.base_url,
            "blog_lang": "en",
            "blog_charset": "UTF-8",
            "permalink": f"{asking.base_url}/posts/{post.slug}",
            "comment_type": "comment",
            "comment_author": "Bob",
            "comment_author_url": "https://bob.example",
            "comment_content": "Été",
            "user_ip": "0.0.0.0",
            "user_agent": "",
            "referrer": "",
        }
    ]
    documented = (Path(__file__).parents[2] / "docs/spam.md").read_text(encoding="utf-8")
    assert [name for name in service.forms[0] if f"`{name}`" not in documented] == []


@only_sqlite
@pytest.mark.parametrize("answer", [(500, b"true"), (200, b"invalid"), (302, b"true")])
def test_failed_question_is_asked_again(
    asking: Site, service: WebServer, answer: tuple[int, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    service.answers = [answer, SPAM]
    comment_id = sent_by_bob(asking, asking.post(moderation="post"))

    asking.deliver()
    assert asking.comment(comment_id).state is State.PUBLISHED
    asking.clock.forward(minutes=1)
    asking.deliver()

    assert asking.comment(comment_id).state is State.PENDING
    assert "no second opinion" in caplog.text
    assert KEY not in caplog.text + str([vars(record) for record in caplog.records])


@only_sqlite
def test_lasting_failure_is_given_up(asking: Site, service: WebServer) -> None:
    service.answers = [(503, b"")]
    comment_id = sent_by_bob(asking, asking.post(moderation="post"))

    for wait in (*WAITS, WAITS[-1], WAITS[-1]):
        asking.deliver()
        asking.clock.now += wait

    assert len(service.forms) == 1 + len(WAITS)
    assert question(asking).state is DeliveryState.FAILED
    assert asking.comment(comment_id).state is State.PUBLISHED


@only_sqlite
def test_failing_service_is_left_in_peace(asking: Site, service: WebServer) -> None:
    """And letters go on."""
    service.answers = [(503, b"")]
    post = asking.post(moderation="post")
    for n in range(3):
        sent_by_bob(asking, post, f"Thought {n}.", letters="yes")

    assert asking.deliver() == 3
    assert len(service.forms) == 1


@only_sqlite
def test_nothing_is_sent_by_default(site: Site) -> None:
    sent_by_bob(site, site.post())
    with site.database.read() as session:
        assert session.scalars(select(Delivery).where(Delivery.channel == Channel.SERVICE)).all() == []


@only_sqlite
def test_people_with_accounts_are_not_doubted(asking: Site, service: WebServer) -> None:
    comment_on(asking.client_of(asking.alice()), asking.post())
    asking.deliver()
    assert service.forms == []


def approve(site: Site, comment_id: int) -> None:
    site.judge(comment_id, Decision.APPROVE, site.maud())


def keep(site: Site, comment_id: int) -> None:
    site.judge(comment_id, Decision.HIDE, maud := site.maud(), clause=1)
    site.judge(comment_id, Decision.RESTORE, maud)


@only_sqlite
@pytest.mark.parametrize(("mode", "decide"), [("pre", approve), ("post", keep)])
def test_decided_comment_is_left_alone(
    asking: Site, service: WebServer, mode: str, decide: Callable[[Site, int], None]
) -> None:
    comment_id = sent_by_bob(asking, asking.post(moderation=mode))
    decide(asking, comment_id)

    asking.deliver()

    assert service.forms == []
    assert asking.comment(comment_id).state is State.PUBLISHED
    assert question(asking).state is DeliveryState.DONE


@only_sqlite
def test_decision_meanwhile_stands(asking: Site, service: WebServer) -> None:
    """While the service thinks, a moderator approves."""
    comment_id = sent_by_bob(asking, asking.post(moderation="pre"))
    service.before_answer = lambda: approve(asking, comment_id)

    asking.deliver()

    assert len(service.forms) == 1
    assert asking.comment(comment_id).state is State.PUBLISHED
    assert codes(asking, comment_id) == ["premoderated"]


@only_sqlite
def test_edited_text_is_asked_about_again(asking: Site, service: WebServer) -> None:
    service.answers = [HAM, SPAM]
    client = asking.client()
    answer = comment_on(client, asking.post(moderation="post"))
    comment_id, own = comment_id_of(asking, answer), answer.headers["location"].split("?")[0]
    asking.deliver()

    assert client.post(own, data={"body": "Buy now."}).status_code == 303
    asking.deliver()

    assert [form["comment_content"] for form in service.forms] == ["A fine garden.", "Buy now."]
    assert asking.comment(comment_id).state is State.PENDING
