"""The commenter's own page: what became of the comment, and what can still be done from there."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from friends import Site, comment_id_of, comment_on, decide
from sqlalchemy import select

from agora.rules import limits
from agora.rules.moderation import Decision, Party, State
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from agora.store.comments import CommentRevision
from agora.store.events import Delivery
from agora.store.posts import Post
from agora.store.subscriptions import Subscription, of_comment
from agora.tokens import DAY, LIFETIMES, Tokens
from agora.web.presenters.own import STATES
from web.looking import ON_SQLITE, article, complaint, drawn, how_many, signed_ago

LINKS = "A fine garden: " + " ".join(f"https://example.org/{n}" for n in range(3))
HOME, OFFICE = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "198.51.100.7"}


def own(site: Site, comment_id: int) -> str:
    return f"/my/comment/{site.tokens.sign('my-comment', comment_id)}"


def edit(site: Site, comment_id: int, body: str) -> httpx.Response:
    return site.client().post(own(site, comment_id), data={"body": body})


def decisions(site: Site, comment_id: int) -> list[tuple[Decision, Party]]:
    return [(event.decision, event.party) for event in site.history(comment_id) if event.decision and event.party]


def letters_due(site: Site) -> list[str]:
    with site.database.read() as session:
        return list(session.scalars(select(Delivery.letter).order_by(Delivery.id)))


def subscription(site: Site, comment_id: int) -> Subscription | None:
    with site.database.read() as session:
        found = of_comment(session, comment_id)
        session.expunge_all()
        return found


# What it says


def test_form_leads_to_own_page(site: Site) -> None:
    client = site.client()

    answer = comment_on(client, site.post(), "So *fine*.")
    page = client.get(answer.headers["location"])

    assert page.status_code == 200
    assert f"<h1>{STATES[State.PENDING]}</h1>" in page.text
    assert "So <em>fine</em>." in page.text
    assert page.headers["cache-control"] == "private, no-store"
    assert '<meta name="robots" content="noindex">' in page.text
    assert '<meta name="referrer" content="no-referrer">' in page.text


# How a comment comes into each state, and what its writer can then still do.
FATES = [
    ((), State.PENDING, True),
    (("approve",), State.PUBLISHED, True),
    (("reject",), State.REJECTED, False),
    (("spam",), State.REJECTED, False),
    (("approve", "hide"), State.HIDDEN, False),
    (("approve", "hide", "restore"), State.PUBLISHED, True),
    (("withdraw",), State.WITHDRAWN, False),
    (("approve", "withdraw"), State.WITHDRAWN, False),
]


def live(site: Site, comment_id: int, decided: tuple[str, ...]) -> None:
    """Let the comment go through these decisions, by the forms of those who take them."""
    maud = site.client_of(site.maud())
    for decision in decided:
        if decision == "withdraw":
            answer = site.client().post(f"{own(site, comment_id)}/withdraw")
        else:
            reason = {"reason": "4", "explanation": "Not here."} if decision in {"reject", "hide"} else {}
            answer = decide(maud, comment_id, decision, state=site.comment(comment_id).state, **reason)
        assert answer.status_code == 303, answer.text


@pytest.mark.parametrize(("decided", "state", "open_"), FATES)
def test_own_page_says_the_state(site: Site, decided: tuple[str, ...], state: State, open_: bool) -> None:
    comment_id = site.waiting(site.post(), "A remark.")
    live(site, comment_id, decided)

    page = site.client().get(own(site, comment_id))

    assert f"<h1>{STATES[state]}</h1>" in page.text
    assert "A remark." in page.text
    assert (f'href="/comments/{comment_id}"' in page.text) == (state is State.PUBLISHED)
    assert ('<textarea id="body"' in page.text) == open_
    assert ('id="contest"' in page.text) == (state in {State.REJECTED, State.HIDDEN})
    assert ('/withdraw"' in page.text) == open_
    assert page.text.count("<li><time") == 1 + len(decided)


@pytest.mark.parametrize("decided", [("reject",), ("approve", "hide")])
def test_refusal_is_explained(site: Site, decided: tuple[str, ...]) -> None:
    comment_id = site.waiting(site.post())
    live(site, comment_id, decided)

    page = site.client().get(own(site, comment_id))

    assert 'href="/charter#clause-4"' in page.text
    assert "<dd>Not here.</dd>" in page.text
    assert "Maud" not in page.text


@ON_SQLITE
def test_spam_is_given_no_clause(site: Site) -> None:
    comment_id = site.waiting(site.post())
    live(site, comment_id, ("spam",))

    assert "clause" not in site.client().get(own(site, comment_id)).text


@ON_SQLITE
def test_comment_of_unpublished_post_stays_reachable(site: Site) -> None:
    post = site.post()
    comment_id = site.published(post)
    site.unpublish(post)

    page = site.client().get(own(site, comment_id))

    assert page.status_code == 200
    assert f"/comments/{comment_id}" not in page.text


# Editing


def test_edit_makes_a_revision(site: Site) -> None:
    comment_id = site.waiting(site.post(), "First words.")

    answer = edit(site, comment_id, "Second *words*.")

    assert answer.status_code == 303
    comment = site.comment(comment_id)
    assert (comment.revision.number, comment.revision.body) == (2, "Second *words*.")
    assert "<em>words</em>" in comment.revision.html
    assert how_many(site, CommentRevision) == 2
    assert comment.version == 2
    edited = site.history(comment_id)[-1]
    assert (edited.kind, edited.party, edited.revision_id) == ("comment.edited", Party.COMMENTER, comment.revision.id)


def test_harmless_edit_stays_public(site: Site) -> None:
    post = site.post(moderation=Mode.POST)
    comment_id = site.published(post, "First words.")

    edit(site, comment_id, "Better words.")

    page = site.client().get("/posts/the-garden")
    assert "Better words." in article(page, comment_id)
    assert "edited" in article(page, comment_id)
    assert "First words." not in page.text
    assert site.counts(post) == (1, 1)


def test_heavy_edit_is_held(site: Site) -> None:
    site.maud()
    post = site.post(moderation=Mode.POST)
    comment_id = site.published(post)

    answer = edit(site, comment_id, LINKS)

    assert answer.status_code == 303
    assert site.comment(comment_id).state is State.PENDING
    assert [reason.code for reason in site.comment(comment_id).revision.why] == ["links"]
    assert decisions(site, comment_id) == [(Decision.HOLD, Party.POLICY)]
    assert site.counts(post) == (0, 0)
    assert drawn(site.client().get("/posts/the-garden")) == {}
    assert "comment-waits" in letters_due(site)


def test_held_edit_takes_its_thread_away(site: Site) -> None:
    post = site.post(moderation=Mode.POST)
    first, second = site.published(post, "One."), site.published(post, "Two.")
    site.published(post, "An answer.", parent_id=second)

    for comment_id in (first, second):
        edit(site, comment_id, f"{comment_id} {LINKS}")

    assert site.counts(post) == (1, 1)


def test_better_edit_is_released(site: Site) -> None:
    post = site.post(moderation=Mode.POST)
    comment_id = comment_id_of(site, comment_on(site.client(), post, LINKS))

    edit(site, comment_id, "Without links.")

    assert site.comment(comment_id).state is State.PUBLISHED
    assert decisions(site, comment_id) == [(Decision.APPROVE, Party.POLICY)]
    assert site.counts(post) == (1, 1)


def test_edit_does_not_empty_the_trap(site: Site) -> None:
    """What gave a robot away was not its text, so another text does not answer it."""
    post = site.post(moderation=Mode.POST)
    comment_id = comment_id_of(site, comment_on(site.client(), post, homepage="x"))

    edit(site, comment_id, "Other words.")

    assert site.comment(comment_id).state is State.PENDING
    assert [reason.code for reason in site.comment(comment_id).revision.why] == ["trap"]


def test_approved_text_is_judged_anew(site: Site) -> None:
    """An approval was given to words, and the address behind them has not been confirmed."""
    post = site.post()
    comment_id = site.waiting(post)
    live(site, comment_id, ("approve",))

    edit(site, comment_id, "Something else entirely.")

    assert site.comment(comment_id).state is State.PENDING
    assert site.counts(post) == (0, 0)


@pytest.mark.parametrize("body", ["Two\nlines.", "Two\r\nlines."])
def test_identical_edit_changes_nothing(site: Site, body: str) -> None:
    comment_id = site.published(site.post(), "Two\nlines.")

    answer = edit(site, comment_id, body)

    assert answer.status_code == 303
    assert how_many(site, CommentRevision) == 1
    assert site.comment(comment_id).edited_at is None
    assert [event.kind for event in site.history(comment_id)] == ["comment.posted"]


@pytest.mark.parametrize("body", ["", " \n", "x" * (limits.COMMENT + 1)])
@ON_SQLITE
def test_impossible_edit_is_explained(site: Site, body: str) -> None:
    comment_id = site.published(site.post())

    answer = edit(site, comment_id, body)

    assert answer.status_code == 422
    assert complaint(answer, "body")
    assert f">\n{body}</textarea>" in answer.text
    assert how_many(site, CommentRevision) == 1


@pytest.mark.parametrize(("minutes", "status"), [(29, 303), (30, 409), (3000, 409)])
def test_window_of_editing_ends(site: Site, minutes: int, status: int) -> None:
    comment_id = site.published(site.post(moderation=Mode.POST))
    site.clock.forward(minutes=minutes)

    answer = edit(site, comment_id, "Words that came late.")

    assert answer.status_code == status
    assert (site.comment(comment_id).revision.number == 2) == (status == 303)
    if status == 409:
        assert "Words that came late.</textarea>" in answer.text
        assert complaint(answer, "body")


@ON_SQLITE
def test_window_is_a_setting(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", edit_minutes="0") as site:
        comment_id = site.published(site.post())

        assert "<textarea" not in site.client().get(own(site, comment_id)).text
        assert edit(site, comment_id, "Too late.").status_code == 409


@pytest.mark.parametrize("decided", [decided for decided, _, open_ in FATES if not open_])
@ON_SQLITE
def test_judged_text_stays_as_it_is(site: Site, decided: tuple[str, ...]) -> None:
    comment_id = site.waiting(site.post())
    live(site, comment_id, decided)

    answer = edit(site, comment_id, "Other words.")

    assert answer.status_code == 409
    assert "Other words.</textarea>" in answer.text
    assert how_many(site, CommentRevision) == 1


@ON_SQLITE
def test_edits_are_limited(site: Site) -> None:
    comment_id = site.published(site.post(moderation=Mode.POST))

    statuses = [edit(site, comment_id, f"Text {n}.").status_code for n in range(limits.RATES["comment"].count + 1)]

    assert statuses == [303] * limits.RATES["comment"].count + [429]


# Withdrawing


@pytest.mark.parametrize("decided", [(), ("approve",)])
def test_withdrawing_twice_is_fine(site: Site, decided: tuple[str, ...]) -> None:
    post = site.post()
    comment_id = site.waiting(post)
    live(site, comment_id, decided)

    answers = [site.client().post(f"{own(site, comment_id)}/withdraw") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert site.comment(comment_id).state is State.WITHDRAWN
    assert decisions(site, comment_id)[-1] == (Decision.WITHDRAW, Party.COMMENTER)
    assert decisions(site, comment_id).count((Decision.WITHDRAW, Party.COMMENTER)) == 1
    assert site.counts(post) == (0, 0)


@pytest.mark.parametrize("decided", [("reject",), ("approve", "hide")])
@ON_SQLITE
def test_judged_comment_cannot_be_withdrawn(site: Site, decided: tuple[str, ...]) -> None:
    comment_id = site.waiting(site.post())
    live(site, comment_id, decided)
    state = site.comment(comment_id).state

    assert site.client().post(f"{own(site, comment_id)}/withdraw").status_code == 409
    assert site.comment(comment_id).state is state


@ON_SQLITE
def test_reading_withdraws_nothing(site: Site) -> None:
    comment_id = site.published(site.post())

    assert site.client().get(f"{own(site, comment_id)}/withdraw").status_code == 405
    assert site.comment(comment_id).state is State.PUBLISHED


# Following the answers


def follow(site: Site, comment_id: int, action: str) -> httpx.Response:
    return site.client().post(f"{own(site, comment_id)}/follow", data={"action": action})


def test_following_asks_for_confirmation(site: Site) -> None:
    comment_id = site.published(site.post())

    answer = follow(site, comment_id, "start")

    wish = subscription(site, comment_id)
    assert answer.status_code == 303
    assert wish
    assert not wish.is_active
    assert letters_due(site) == ["comment-received"]


def test_known_address_follows_at_once(site: Site) -> None:
    comment_id = comment_id_of(site, comment_on(site.client(), site.post()))
    site.client().post(f"/my/address/{site.tokens.sign('confirm', comment_id)}")

    follow(site, comment_id, "start")

    wish = subscription(site, comment_id)
    assert wish
    assert wish.is_active
    assert letters_due(site) == []


def test_following_can_be_stopped(site: Site) -> None:
    comment_id = comment_id_of(site, comment_on(site.client(), site.post()))
    site.client().post(f"/my/address/{site.tokens.sign('confirm', comment_id)}")
    follow(site, comment_id, "start")

    answers = [follow(site, comment_id, "stop") for _ in range(2)]

    wish = subscription(site, comment_id)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert wish
    assert not wish.is_active


@ON_SQLITE
def test_stopping_nothing_is_fine(site: Site) -> None:
    comment_id = site.published(site.post())

    assert follow(site, comment_id, "stop").status_code == 303
    assert subscription(site, comment_id) is None


# Confirming the address


def test_looking_confirms_nothing(site: Site) -> None:
    """Mail programs open links to look at them."""
    comment_id = comment_id_of(site, comment_on(site.client(), site.post(), letters="yes"))
    address = f"/my/address/{site.tokens.sign('confirm', comment_id)}"

    seen = [site.client().get(address).status_code, site.client().head(address).status_code]

    wish, commenter = subscription(site, comment_id), site.comment(comment_id).commenter
    assert seen == [200, 200]
    assert wish
    assert not wish.is_active
    assert commenter
    assert commenter.verified_at is None


def test_confirming_begins_the_letters(site: Site) -> None:
    comment_id = comment_id_of(site, comment_on(site.client(), site.post(), letters="yes"))

    answer = site.client().post(f"/my/address/{site.tokens.sign('confirm', comment_id)}")

    wish, commenter = subscription(site, comment_id), site.comment(comment_id).commenter
    assert answer.status_code == 303
    assert site.client().get(answer.headers["location"]).status_code == 200
    assert wish
    assert wish.is_active
    assert commenter
    assert commenter.verified_at == site.clock.now
    assert commenter.proven_from


@ON_SQLITE
def test_confirming_alone_publishes_nothing(site: Site) -> None:
    """A first comment waits for a moderator, whoever wrote it."""
    comment_id = comment_id_of(site, comment_on(site.client(), site.post()))

    site.client().post(f"/my/address/{site.tokens.sign('confirm', comment_id)}")

    assert site.comment(comment_id).state is State.PENDING


# Trust


@pytest.fixture
def behind_proxy(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site whose visitors come from the networks that they name."""
    with Site(database_url, tmp_path / "data", trusted_proxies="127.0.0.1") as site:
        yield site


def known(site: Site, post: Post, headers: dict[str, str], *, confirmed: bool = True) -> int:
    """An approved comment, whose address was confirmed from this network."""
    client = site.client(headers=headers)
    comment_id = comment_id_of(site, comment_on(client, post, "The first one."))
    decide(site.client_of(site.maud()), comment_id, "approve")
    if confirmed:
        client.post(f"/my/address/{site.tokens.sign('confirm', comment_id)}")
    return comment_id


def why(site: Site, answer: httpx.Response) -> list[str]:
    return [reason.code for reason in site.comment(comment_id_of(site, answer)).revision.why]


def test_known_commenter_appears_at_once(behind_proxy: Site) -> None:
    site = behind_proxy
    post = site.post()
    known(site, post, HOME)

    second = comment_id_of(site, comment_on(site.client(headers=HOME), post, "The second one."))

    assert site.comment(second).state is State.PUBLISHED
    assert site.counts(post) == (2, 2)


def test_typed_address_is_not_trusted(behind_proxy: Site) -> None:
    site = behind_proxy
    post = site.post()
    known(site, post, HOME, confirmed=False)

    assert why(site, comment_on(site.client(headers=HOME), post, "The second one.")) == ["unverified"]


@pytest.mark.parametrize("headers", [OFFICE, HOME | {"User-Agent": "Another browser"}])
def test_known_address_of_elsewhere_waits(behind_proxy: Site, headers: dict[str, str]) -> None:
    """Anyone may type an address that they saw somewhere; many people may share one network."""
    site = behind_proxy
    post = site.post()
    known(site, post, HOME)

    assert why(site, comment_on(site.client(headers=headers), post, "Me, I swear.")) == ["elsewhere"]


def test_confirming_from_elsewhere_publishes(behind_proxy: Site) -> None:
    site = behind_proxy
    post, office = site.post(), site.client(headers=OFFICE)
    known(site, post, HOME)
    comment_id = comment_id_of(site, comment_on(office, post, "From work."))

    office.post(f"/my/address/{site.tokens.sign('confirm', comment_id)}")

    assert site.comment(comment_id).state is State.PUBLISHED
    assert decisions(site, comment_id) == [(Decision.APPROVE, Party.POLICY)]
    assert site.counts(post) == (2, 2)


@ON_SQLITE
def test_confirming_answers_no_other_doubt(behind_proxy: Site) -> None:
    site = behind_proxy
    post, office = site.post(), site.client(headers=OFFICE)
    known(site, post, HOME)
    comment_id = comment_id_of(site, comment_on(office, post, LINKS))

    office.post(f"/my/address/{site.tokens.sign('confirm', comment_id)}")

    assert site.comment(comment_id).state is State.PENDING


@pytest.mark.parametrize("decision", ["hide", "spam"])
def test_lost_comment_gives_no_trust(behind_proxy: Site, decision: str) -> None:
    site = behind_proxy
    post = site.post()
    first = known(site, post, HOME)
    eve = site.client_of(site.person("Eve", Role.MODERATOR))
    decide(eve, first, decision, state="published", reason="1")

    assert why(site, comment_on(site.client(headers=HOME), post, "The second one.")) == ["first-comment"]


# The tokens


PURPOSES = [
    ("my-comment", "/my/comment/{}", ["GET", "POST"]),
    ("my-comment", "/my/comment/{}/withdraw", ["POST"]),
    ("my-comment", "/my/comment/{}/follow", ["POST"]),
    ("confirm", "/my/address/{}", ["GET", "POST"]),
    ("unsubscribe", "/my/letters/{}", ["GET", "POST"]),
]


@pytest.mark.parametrize(("purpose", "path", "methods"), PURPOSES)
@ON_SQLITE
def test_foreign_tokens_open_nothing(site: Site, purpose: str, path: str, methods: list[str]) -> None:
    comment_id, client = site.published(site.post()), site.client()
    good = site.tokens.sign(purpose, comment_id)
    forged = [
        "x",
        "a.b.c",
        "%00",
        good[:-1],
        ("X" if good[0] != "X" else "Y") + good[1:],
        good + "x",
        Tokens("another secret of another site, also long").sign(purpose, comment_id),
        *(site.tokens.sign(other, comment_id) for other in LIFETIMES if other != purpose),
        *(site.tokens.sign(purpose, payload) for payload in (0, -1, 99999, "1", None, [1], {"comment": 1})),
        signed_ago(purpose, comment_id, seconds=LIFETIMES[purpose] + DAY),
    ]

    answers = [client.request(method, path.format(token)) for token in forged for method in methods]

    assert {answer.status_code for answer in answers} == {404}
    assert site.comment(comment_id).state is State.PUBLISHED


@ON_SQLITE
def test_own_page_lasts_a_year(site: Site) -> None:
    comment_id = site.published(site.post())

    old = signed_ago("my-comment", comment_id, seconds=366 * DAY)

    assert site.client().get(f"/my/comment/{old}").status_code == 200


# Unsubscribing


@pytest.fixture
def followed(site: Site) -> str:
    """The address in a letter about an answer."""
    comment_id = comment_id_of(site, comment_on(site.client(), site.post(), letters="yes"))
    site.client().post(f"/my/address/{site.tokens.sign('confirm', comment_id)}")
    wish = subscription(site, comment_id)
    assert wish
    assert wish.is_active
    return f"/my/letters/{site.tokens.sign('unsubscribe', wish.id)}"


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://mail.example"}])
def test_mail_program_unsubscribes(site: Site, followed: str, headers: dict[str, str]) -> None:
    """RFC 8058, 3.1: one POST, without cookies, without having seen a form; and once more does no harm."""
    sent = {"List-Unsubscribe": "One-Click"}

    answers = [site.client().post(followed, data=sent, headers=headers).status_code for _ in range(2)]

    wish = subscription(site, 1)
    assert answers == [200, 200]
    assert wish
    assert not wish.is_active


@ON_SQLITE
def test_one_click_may_be_multipart(site: Site, followed: str) -> None:
    answer = site.client().post(followed, files={"List-Unsubscribe": (None, "One-Click")})

    wish = subscription(site, 1)
    assert answer.status_code == 200
    assert wish
    assert not wish.is_active


def test_looking_unsubscribes_nobody(site: Site, followed: str) -> None:
    page = site.client().get(followed)

    wish = subscription(site, 1)
    assert '<form method="post">' in page.text
    assert wish
    assert wish.is_active
