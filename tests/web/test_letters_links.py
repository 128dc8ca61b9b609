"""The links in letters: opening one changes nothing, its button acts once, for one text and one person."""

import re

import httpx
import pytest
from friends import Site, comment_id_of, comment_on, decide

from agora.rules.moderation import Decision, Party, State
from agora.rules.permissions import Role
from agora.store.people import Person
from agora.tokens import DAY, Tokens
from web.looking import ON_SQLITE, signed_ago

WHY = "This is aimed at a person and not at what that person has written."


def links(site: Site, to: str) -> list[str]:
    """The paths of this site in the letters to one address, in their order."""
    site.deliver()
    texts = [letter.get_content() for letter in site.letters() if letter["To"] == to]
    return [path for text in texts for path in re.findall(rf"{re.escape(site.base_url)}(/\S+)", text)]


def decision_links(site: Site) -> tuple[str, str]:
    """From the letter to Maud: to approve, to reject."""
    approve, reject = [path for path in links(site, "maud@example.org") if path.startswith("/letters/")][-2:]
    return approve, reject


@pytest.fixture
def maud(site: Site) -> Person:
    return site.maud()


@pytest.fixture
def waiting(site: Site, maud: Person) -> int:
    """A comment that Maud got a letter about."""
    return comment_id_of(site, comment_on(site.client(), site.post(), "Is it *raining*?"))


def test_looking_decides_nothing(site: Site, waiting: int) -> None:
    """Mail programs and their guards open every link."""
    for link in decision_links(site):
        page = site.client().get(link)
        assert page.status_code == 200
        assert "Is it <em>raining</em>?" in page.text
        assert page.headers["cache-control"] == "private, no-store"
        assert site.client().head(link).status_code == 200

    assert site.comment(waiting).state is State.PENDING
    assert [event.kind for event in site.history(waiting)] == ["comment.posted"]


def test_button_of_letter_approves(site: Site, maud: Person, waiting: int) -> None:
    approve, _ = decision_links(site)

    answer = site.client().post(approve)

    event = site.history(waiting)[-1]
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    assert site.comment(waiting).state is State.PUBLISHED
    assert (event.party, event.person_id, event.decision) == (Party.MODERATOR, maud.id, Decision.APPROVE)


def test_rejection_by_letter_owes_a_clause(site: Site, waiting: int) -> None:
    _, reject = decision_links(site)

    refused = site.client().post(reject, data={"reason": "", "explanation": WHY})
    done = site.client().post(reject, data={"reason": "2", "explanation": WHY})

    event = site.history(waiting)[-1]
    assert refused.status_code == 422
    assert 'id="reason-letter-error"' in refused.text
    assert f"{WHY}</textarea>" in refused.text
    assert done.status_code == 303
    assert (event.clause, event.explanation, event.after) == (2, WHY, State.REJECTED)


@pytest.mark.parametrize("second", [0, 1])
def test_link_works_once(site: Site, waiting: int, second: int) -> None:
    both = decision_links(site)
    site.client().post(both[0])

    answers = [site.client().get(both[second]), site.client().post(both[second], data={"reason": "1"})]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert site.comment(waiting).state is State.PUBLISHED
    assert len(site.history(waiting)) == 2


def test_link_is_for_one_text(site: Site, waiting: int) -> None:
    approve, _ = decision_links(site)
    own = f"/my/comment/{site.tokens.sign('my-comment', waiting)}"
    site.client().post(own, data={"body": "Something else entirely."})

    answers = [site.client().get(approve), site.client().post(approve)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert site.comment(waiting).state is State.PENDING


def test_queue_and_letter_agree(site: Site, maud: Person, waiting: int) -> None:
    _, reject = decision_links(site)
    decide(site.client_of(maud), waiting, "approve")

    assert site.client().post(reject, data={"reason": "1"}).status_code == 409
    assert site.comment(waiting).state is State.PUBLISHED


@pytest.mark.parametrize("change", [{"action": "close"}, {"action": "role", "role": Role.AUTHOR}])
def test_link_ends_with_the_office(site: Site, maud: Person, waiting: int, change: dict[str, str]) -> None:
    approve, _ = decision_links(site)
    ada = site.client_of(site.ada())
    page = ada.get("/admin/people")
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    ada.post("/admin/people", data={"csrf": csrf, "person": str(maud.id), **change})

    answers = [site.client().get(approve), site.client().post(approve)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert site.comment(waiting).state is State.PENDING


def payload(maud: Person, comment_id: int) -> dict[str, object]:
    return {"comment": comment_id, "version": 1, "decision": Decision.APPROVE, "moderator": maud.id}


@pytest.mark.parametrize(("days", "shown", "decided"), [(3, 200, 303), (5, 403, 403)])
@ON_SQLITE
def test_link_lasts_some_days(site: Site, maud: Person, waiting: int, days: int, shown: int, decided: int) -> None:
    link = f"/letters/decide/{signed_ago('decide', payload(maud, waiting), seconds=days * DAY)}"

    assert site.client().get(link).status_code == shown
    assert site.client().post(link).status_code == decided
    assert (site.comment(waiting).state is State.PUBLISHED) == (decided == 303)


@ON_SQLITE
def test_forged_links_decide_nothing(site: Site, maud: Person, waiting: int) -> None:
    approve, reject = (link.rsplit("/", 1)[1] for link in decision_links(site))
    head, tail = approve.split(".")[0], reject.split(".", 1)[1]
    forged = [
        "x",
        "%00",
        approve[:-2],
        f"{head}.{tail}",
        site.tokens.sign("confirm", payload(maud, waiting)),
        Tokens("another secret of another site, also long").sign("decide", payload(maud, waiting)),
    ]

    answers = [
        site.client().request(method, f"/letters/decide/{token}") for token in forged for method in ("GET", "POST")
    ]

    assert {answer.status_code for answer in answers} <= {403, 404}
    assert site.comment(waiting).state is State.PENDING


@pytest.mark.parametrize("origin", [None, "null", "https://mail.example"])
@ON_SQLITE
def test_button_works_from_anywhere(site: Site, waiting: int, origin: str | None) -> None:
    """The page asks its browser to name no referrer, and such a browser says `Origin: null`."""
    approve, _ = decision_links(site)

    site.client().post(approve, headers={"Origin": origin} if origin else {})

    assert site.comment(waiting).state is State.PUBLISHED


def test_links_of_commenter_lead_home(site: Site) -> None:
    comment_id = comment_id_of(site, comment_on(site.client(), site.post(), letters="yes"))

    paths = links(site, "bob@example.org")

    pages: list[httpx.Response] = [site.client().get(path) for path in paths]
    assert {path.split("/")[1] for path in paths} == {"posts", "my"}
    assert {page.status_code for page in pages} == {200}
    assert site.comment(comment_id).state is State.PENDING


def test_header_of_letter_unsubscribes(site: Site) -> None:
    """RFC 8058: the address stands in List-Unsubscribe, and one POST to it is enough."""
    post, bob = site.post(), site.client()
    first = comment_id_of(site, comment_on(bob, post, letters="yes"))
    decide(site.client_of(site.maud()), first, "approve")
    bob.post(f"/my/address/{site.tokens.sign('confirm', first)}")
    site.published(post, "One answer.", parent_id=first, email="charlie@example.org")
    site.deliver()
    letter = [letter for letter in site.letters() if letter["List-Unsubscribe"]][-1]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    site.client().post(letter["List-Unsubscribe"].strip("<>"), data={"List-Unsubscribe": "One-Click"})
    site.published(post, "Another answer.", parent_id=first, email="charlie@example.org")

    assert len([letter for letter in site.letters() if letter["List-Unsubscribe"]]) == 1
    site.deliver()
    assert len([letter for letter in site.letters() if letter["List-Unsubscribe"]]) == 1
