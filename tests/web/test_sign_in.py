"""Signing in and out, sessions and roles, and the forms of people whose session is not what it was."""

import re
from pathlib import Path

import httpx
import pytest
from friends import PASSWORD, Site, form
from sqlalchemy import select

from agora.actions.limits import spend
from agora.rules import limits
from agora.rules.permissions import Role
from agora.store.people import DeskSession, Person, SignInLink
from agora.store.posts import Post
from agora.tokens import fingerprint
from agora.web.context import SESSION_COOKIE
from web.looking import ON_SQLITE, complaint, csrf_of, how_many, signed_ago


@pytest.fixture
def ines(site: Site) -> Person:
    """An editor with a password."""
    return site.person("Ines", Role.EDITOR, password=PASSWORD)


def sign_in(
    client: httpx.Client, email: str = "ines@example.org", password: str = PASSWORD, **query: str
) -> httpx.Response:
    page = client.get("/sign-in", params=query)
    return client.post("/sign-in", data=form(page, "sign-in-form") | {"email": email, "password": password})


def is_in(client: httpx.Client) -> bool:
    return client.get("/account").status_code == 200


def sign_in_link(site: Site, email: str = "ines@example.org") -> str:
    """The path in the latest letter with a link."""
    site.deliver()
    letters = [letter for letter in site.letters() if letter["To"] == email]
    found = re.search(r"(/sign-in/\S+)", letters[-1].get_content())
    assert found
    return found[1]


def person_now(site: Site, person: Person) -> Person:
    with site.database.read() as session:
        found = session.get_one(Person, person.id)
        session.expunge_all()
        return found


# By password


def test_password_opens_the_desk(site: Site, ines: Person) -> None:
    client = site.client()

    answer = sign_in(client)

    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert is_in(client)


def test_address_is_read_generously(site: Site, ines: Person) -> None:
    client = site.client()

    sign_in(client, email="  Ines@Example.ORG ")

    assert is_in(client)


@pytest.mark.parametrize("kind", ["wrong password", "unknown address", "no password set", "closed account"])
@ON_SQLITE
def test_failures_look_the_same(site: Site, ines: Person, kind: str) -> None:
    alice, closed = site.alice(), site.person("Closed", Role.AUTHOR, password=PASSWORD)
    with site.writing() as session:
        session.get_one(Person, closed.id).closed_at = site.clock.now
    email = {"unknown address": "nobody@example.org", "no password set": alice.email, "closed account": closed.email}
    client = site.client()

    answer = sign_in(client, email.get(kind, ines.email), "not the password at all")

    reference = sign_in(site.client(), "somebody@example.org", "whatever it may be")
    assert answer.status_code == 422
    assert complaint(answer, "password") == complaint(reference, "password") != ""
    assert answer.text.replace(email.get(kind, ines.email), "?") == reference.text.replace("somebody@example.org", "?")
    assert "not the password" not in answer.text
    assert not client.cookies


@ON_SQLITE
def test_cookie_is_for_the_server_alone(site: Site, ines: Person) -> None:
    cookie = sign_in(site.client()).headers["set-cookie"].lower()

    assert cookie.startswith(SESSION_COOKIE)
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "max-age=2592000" in cookie
    assert "secure" not in cookie
    assert "domain" not in cookie


@ON_SQLITE
def test_cookie_of_https_is_secure(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", base_url="https://example.org") as site:
        site.person("Ines", Role.EDITOR, password=PASSWORD)

        answer = sign_in(site.client())

        assert "; secure" in answer.headers["set-cookie"].lower()
        assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_cookie_is_kept_as_hash(site: Site, ines: Person) -> None:
    client = site.client()
    sign_in(client)

    with site.database.read() as session:
        kept = session.scalars(select(DeskSession.token_hash)).all()

    assert kept == [fingerprint(client.cookies[SESSION_COOKIE])]


def test_cookie_cannot_be_planted(site: Site, ines: Person) -> None:
    """Session fixation: a cookie that somebody else knows never becomes a session."""
    client = site.client()
    client.cookies.set(SESSION_COOKIE, "known to the attacker", domain="127.0.0.1")

    sign_in(client)

    assert "known to the attacker" not in client.cookies.values()
    attacker = site.client(cookies={SESSION_COOKIE: "known to the attacker"})
    assert not is_in(attacker)


@pytest.mark.parametrize("value", ["", "x", "x" * 4000, "%00", "é"])
@ON_SQLITE
def test_strange_cookies_are_nobody(site: Site, value: str) -> None:
    cookie = f"{SESSION_COOKIE}={value}".encode()
    answer = site.client().get("/account", headers=[(b"Cookie", cookie)])

    assert answer.status_code == 303


@ON_SQLITE
def test_session_ends_in_time(site: Site, ines: Person) -> None:
    client = site.client()
    sign_in(client)
    site.clock.forward(days=29)
    still = is_in(client)
    site.clock.forward(days=2)

    assert (still, is_in(client)) == (True, False)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        " //evil.example",
        "/ /evil.example",
    ],
)
@ON_SQLITE
def test_next_stays_on_the_site(site: Site, ines: Person, address: str) -> None:
    answer = sign_in(site.client(), next=address)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/admin"


@ON_SQLITE
def test_next_leads_where_one_wanted(site: Site, ines: Person) -> None:
    client = site.client()

    first = client.get("/admin/moderation")
    page = client.get(first.headers["location"])
    answer = client.post("/sign-in", data=form(page, "sign-in-form") | {"email": ines.email, "password": PASSWORD})

    assert answer.headers["location"] == "/admin/moderation"


@pytest.mark.parametrize(("role", "place"), [(Role.MODERATOR, "/admin/moderation"), (Role.AUTHOR, "/admin")])
@ON_SQLITE
def test_everyone_lands_at_their_work(site: Site, role: Role, place: str) -> None:
    site.person("Robin", role, password=PASSWORD)
    client = site.client()

    assert sign_in(client, "robin@example.org").headers["location"] == place
    assert client.get("/sign-in").headers["location"] == place


@ON_SQLITE
def test_other_sites_cannot_sign_in(site: Site, ines: Person) -> None:
    sent = {"email": ines.email, "password": PASSWORD}

    answer = site.client().post("/sign-in", data=sent, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert PASSWORD not in answer.text
    assert "set-cookie" not in answer.headers


# By a letter


def test_letter_signs_in_once(site: Site, ines: Person) -> None:
    sign_in(site.client(), password="")
    link, client = sign_in_link(site), site.client()

    looked = [client.get(link).status_code, client.head(link).status_code, client.get(link).status_code]
    before = is_in(client)
    used = client.post(link)
    again = site.client().post(link)

    assert (looked, before) == ([200, 200, 200], False)
    assert (used.status_code, used.headers["location"]) == (303, "/admin")
    assert is_in(client)
    assert again.status_code == 403
    assert "set-cookie" not in again.headers
    assert how_many(site, DeskSession) == 1


def test_unknown_address_gets_no_letter(site: Site, ines: Person) -> None:
    known = sign_in(site.client(), password="")
    unknown = sign_in(site.client(), "nobody@example.org", password="")

    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(ines.email, "?") == unknown.text.replace("nobody@example.org", "?")
    assert how_many(site, SignInLink) == 1


@ON_SQLITE
def test_incomplete_address_is_explained(site: Site) -> None:
    answer = sign_in(site.client(), "ines", password="")

    assert answer.status_code == 422
    assert complaint(answer, "email")
    assert form(answer, "sign-in-form")["email"] == "ines"


def test_letter_is_good_for_half_an_hour(site: Site, ines: Person) -> None:
    sign_in(site.client(), password="")
    link = sign_in_link(site)
    site.clock.forward(minutes=31)

    assert site.client().post(link).status_code == 403
    assert how_many(site, DeskSession) == 0


@ON_SQLITE
def test_forged_links_open_nothing(site: Site, ines: Person) -> None:
    sign_in(site.client(), password="")
    good = sign_in_link(site).rsplit("/", 1)[1]
    forged = ["x", good[:-2], good + "x", site.tokens.sign("confirm", 1), site.tokens.sign("sign-in", 99)]
    forged.append(signed_ago("sign-in", 1, seconds=1801))

    answers = [site.client().post(f"/sign-in/{token}") for token in forged]

    assert {answer.status_code for answer in answers} == {403}
    assert how_many(site, DeskSession) == 0


def test_link_of_closed_account_is_dead(site: Site, ines: Person) -> None:
    sign_in(site.client(), password="")
    link = sign_in_link(site)
    with site.writing() as session:
        session.get_one(Person, ines.id).closed_at = site.clock.now

    assert site.client().post(link).status_code == 403


# Limits


def spend_sign_ins(site: Site, times: int) -> None:
    with site.writing() as session:
        for _ in range(times):
            spend(session, "sign-in", site.tokens.keyed_hash("source", "127.0.0.1"), now=site.clock.now)


@ON_SQLITE
def test_guessing_is_slowed_down(site: Site, ines: Person) -> None:
    client = site.client()
    spend_sign_ins(site, limits.RATES["sign-in"].count - 2)

    tries = [sign_in(client, password="a wrong password").status_code for _ in range(2)]
    refused = sign_in(client)
    site.clock.forward(seconds=int(refused.headers["retry-after"]))
    later = sign_in(client)

    assert tries == [422, 422]
    assert (refused.status_code, later.status_code) == (429, 303)
    assert PASSWORD not in refused.text


def test_account_is_guarded_from_everywhere(database_url: str, tmp_path: Path) -> None:
    """Many networks guessing the password of one person."""
    with Site(database_url, tmp_path / "data", trusted_proxies="127.0.0.1") as site:
        site.person("Ines", Role.EDITOR, password=PASSWORD)
        with site.writing() as session:
            for _ in range(limits.RATES["password"].count - 1):
                spend(session, "password", site.tokens.keyed_hash("account", "ines@example.org"), now=site.clock.now)

        def attempt(address: str, email: str) -> int:
            client = site.client(headers={"X-Forwarded-For": address})
            return sign_in(client, email, "a wrong password").status_code

        assert [attempt("192.0.2.1", "ines@example.org"), attempt("192.0.2.2", "Ines@example.org")] == [422, 429]
        assert attempt("192.0.2.3", "somebody@example.org") == 422


def test_letters_with_links_are_few(site: Site, ines: Person) -> None:
    """Nobody can fill somebody's letter box; and nobody can tell by the answer that it is full."""
    often = limits.RATES["sign-in-link"].count

    answers = [sign_in(site.client(), password="") for _ in range(often + 2)]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert site.deliver() == often


def test_limit_on_sign_in_is_shared(site: Site, ines: Person, database_url: str, tmp_path: Path) -> None:
    spend_sign_ins(site, limits.RATES["sign-in"].count)

    with Site(database_url, tmp_path / "second") as second:
        second.clock.now = site.clock.now
        assert sign_in(second.client()).status_code == 429


# Sessions


def test_sessions_are_listed_and_ended(site: Site, ines: Person) -> None:
    here, there = site.client(headers={"User-Agent": "Here"}), site.client(headers={"User-Agent": "There"})
    sign_in(here)
    sign_in(there)
    page = here.get("/account")
    with site.database.read() as session:
        other = session.scalars(select(DeskSession.id).where(DeskSession.browser == "There")).one()

    answer = here.post("/account", data={"csrf": csrf_of(page), "action": "end", "session": str(other)})

    assert all(f'<th scope="row">{browser}' in page.text for browser in ("Here", "There"))
    assert answer.status_code == 303
    assert (is_in(here), is_in(there)) == (True, False)


@ON_SQLITE
def test_sessions_of_others_are_not_yours(site: Site, ines: Person) -> None:
    client, maud = site.client(), site.client_of(site.maud())
    sign_in(client)
    with site.database.read() as session:
        id_ = session.scalars(select(DeskSession.id).where(DeskSession.person_id == ines.id)).one()

    answer = maud.post("/account", data={"csrf": csrf_of(maud.get("/account")), "action": "end", "session": str(id_)})

    assert answer.status_code == 404
    assert is_in(client)


def test_signing_out_ends_the_session(site: Site, ines: Person) -> None:
    client = site.client()
    sign_in(client)
    cookie = client.cookies[SESSION_COOKIE]

    answer = client.post("/sign-out", data={"csrf": csrf_of(client.get("/admin"))})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert SESSION_COOKIE not in client.cookies
    assert not is_in(site.client(cookies={SESSION_COOKIE: cookie}))
    assert how_many(site, DeskSession) == 0


@ON_SQLITE
def test_signing_out_twice_is_fine(site: Site) -> None:
    assert site.client().post("/sign-out").status_code == 303


def test_new_password_ends_other_sessions(site: Site, ines: Person) -> None:
    here, there = site.client(), site.client()
    sign_in(here)
    sign_in(there)
    sent = {"csrf": csrf_of(here.get("/account")), "action": "password", "password": "another long password"}

    answer = here.post("/account", data=sent)

    assert answer.status_code == 303
    assert (is_in(here), is_in(there)) == (True, False)
    assert sign_in(site.client()).status_code == 422
    assert sign_in(site.client(), password="another long password").status_code == 303


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
@ON_SQLITE
def test_bad_password_is_not_echoed(site: Site, password: str) -> None:
    client = site.client_of(site.alice())
    sent = {"csrf": csrf_of(client.get("/account")), "action": "password", "password": password}

    answer = client.post("/account", data=sent)

    assert answer.status_code == 422
    assert complaint(answer, "password")
    assert not password or f'value="{password}"' not in answer.text


@ON_SQLITE
def test_people_set_their_own_desk(site: Site) -> None:
    alice = site.alice()
    client = site.client_of(alice)
    sent = {"csrf": csrf_of(client.get("/account")), "action": "save", "name": "Alice L.", "language": "fr"}

    client.post("/account", data=sent)

    now = person_now(site, alice)
    assert (now.name, now.language, now.letters) == ("Alice L.", "fr", False)
    assert '<html lang="fr">' in client.get("/account").text


@ON_SQLITE
def test_nameless_account_is_explained(site: Site) -> None:
    client = site.client_of(site.alice())

    answer = client.post("/account", data={"csrf": csrf_of(client.get("/account")), "action": "save", "name": " "})

    assert answer.status_code == 422
    assert complaint(answer, "name")


# People


def change(client: httpx.Client, **sent: str) -> httpx.Response:
    return client.post("/admin/people", data={"csrf": csrf_of(client.get("/admin/people"))} | sent)


def test_role_changes_what_one_sees(site: Site) -> None:
    alice, ada = site.alice(), site.client_of(site.ada())
    client = site.client_of(alice)
    before = client.get("/admin/moderation").status_code

    answer = change(ada, action="role", person=str(alice.id), role=Role.EDITOR)

    assert answer.status_code == 303
    assert (before, client.get("/admin/moderation").status_code) == (404, 200)


@pytest.mark.parametrize("sent", [{"action": "role", "role": "author"}, {"action": "close"}])
def test_last_administrator_stays(site: Site, sent: dict[str, str]) -> None:
    ada = site.ada()
    client = site.client_of(ada)

    answer = change(client, person=str(ada.id), **sent)

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert person_now(site, ada).role is Role.ADMINISTRATOR
    assert is_in(client)


def test_second_administrator_may_go(site: Site) -> None:
    ada, zoe = site.ada(), site.person("Zoe", Role.ADMINISTRATOR)

    answer = change(site.client_of(ada), person=str(zoe.id), action="close")

    assert answer.status_code == 303
    assert person_now(site, zoe).closed_at == site.clock.now


def test_closed_account_is_out(site: Site, ines: Person) -> None:
    client, ada = site.client(), site.client_of(site.ada())
    sign_in(client)

    change(ada, person=str(ines.id), action="close")

    assert not is_in(client)
    assert sign_in(site.client()).status_code == 422


def test_new_account_begins_with_a_letter(site: Site) -> None:
    ada = site.client_of(site.ada())

    answer = change(ada, action="add", name="Noor", email="Noor@example.org", role=Role.AUTHOR)

    client = site.client()
    client.post(sign_in_link(site, "noor@example.org"))
    assert answer.status_code == 303
    assert is_in(client)
    assert client.get("/admin/people").status_code == 404


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "", "email": "noor@example.org"}, "name"),
        ({"name": "Noor", "email": "noor"}, "email"),
        ({"name": "Noor", "email": "ADA@example.org"}, "email"),
    ],
)
def test_impossible_account_is_explained(site: Site, sent: dict[str, str], field: str) -> None:
    ada = site.client_of(site.ada())

    answer = change(ada, action="add", role=Role.EDITOR, **sent)

    assert answer.status_code == 422
    assert complaint(answer, field)
    assert f'name="email" type="text" value="{sent["email"]}"' in answer.text
    assert how_many(site, Person) == 1


@pytest.mark.parametrize("role", ["", "king"])
@ON_SQLITE
def test_unknown_role_gives_no_power(site: Site, role: str) -> None:
    ada = site.client_of(site.ada())

    change(ada, action="add", name="Noor", email="noor@example.org", role=role)

    with site.database.read() as session:
        assert session.scalars(select(Person.role).where(Person.name == "Noor")).all() in ([], [Role.AUTHOR])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
@ON_SQLITE
def test_only_administrators_look_after_people(site: Site, role: Role) -> None:
    client = site.client_of(site.person("Robin", role))

    paths = ["/admin/people", "/admin/settings", "/admin/charter"]

    assert {client.get(path).status_code for path in paths} == {404}
    csrf = csrf_of(client.get("/account"))
    sent = {"csrf": csrf, "action": "add", "name": "Eve", "email": "eve@example.org", "title": "Mine", "body": "## x"}
    assert {client.post(path, data=sent).status_code for path in paths} == {404}
    assert how_many(site, Person) == 1


# Forms of another session


WRITTEN = {
    "title": "The long winter",
    "summary": "A summary of more than sixty characters, so that it is a text and not a word.",
    "body": 'First line.\nSecond line, with <b>signs</b> & "quotation marks".',
    "tags": "Gardens, Winter",
    "action": "publish",
}


def kept_form(page: httpx.Response) -> dict[str, list[str]]:
    """Every field of the page that gives a form back, repeated ones too."""
    found = re.search(r'<form class="stack" method="post" action="/admin/posts/new">.*?</form>', page.text, re.S)
    assert found
    fields: dict[str, list[str]] = {}
    for part in re.findall(r"<input [^>]*>|<textarea .*?</textarea>", found[0], re.S):
        name = re.search(r'name="([^"]*)"', part)
        assert name
        single = form(httpx.Response(200, text=f'<form id="one">{part}</form>'), "one")
        fields.setdefault(name[1], []).extend(single.values())
    return fields


@pytest.mark.parametrize("session", ["none", "another", "forged"])
def test_form_of_another_session_comes_back(site: Site, session: str) -> None:
    alice, ids = site.alice(), [str(site.byline(name).id) for name in ("Zoé", "Inès")]
    old = site.client_of(alice)
    sent = form(old.get("/admin/posts/new"), "post-form") | WRITTEN
    client = site.client() if session == "none" else site.client_of(alice)
    if session == "forged":
        sent["csrf"] = "0" * 32

    refused = client.post("/admin/posts/new", data=sent | {"bylines": ids})

    kept = kept_form(refused)
    assert refused.status_code == 403
    assert how_many(site, Post) == 0
    assert kept["bylines"] == ids
    assert {name: kept[name] for name in WRITTEN} == {name: [text] for name, text in WRITTEN.items()}

    back = site.client_of(alice) if session == "none" else client
    answer = back.post("/admin/posts/new", data=kept)
    if session == "none":
        assert answer.status_code == 403
        answer = back.post("/admin/posts/new", data=kept_form(answer))

    assert answer.status_code == 303
    with site.database.read() as reading:
        post = reading.scalars(select(Post)).one()
        assert (post.title, post.body, post.is_public) == (WRITTEN["title"], WRITTEN["body"], True)


@ON_SQLITE
def test_password_is_never_given_back(site: Site) -> None:
    client = site.client_of(site.alice())

    answer = client.post("/account", data={"csrf": "x", "action": "password", "password": "y" * 80})

    assert answer.status_code == 403
    assert "y" * 80 not in answer.text


@ON_SQLITE
def test_right_token_of_wrong_origin_is_refused(site: Site) -> None:
    client = site.client_of(site.alice())
    sent = form(client.get("/admin/posts/new"), "post-form") | WRITTEN

    answer = client.post("/admin/posts/new", data=sent, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert how_many(site, Post) == 0


@pytest.mark.parametrize("path", ["/admin", "/admin/posts", "/admin/posts/new", "/account", "/admin/people"])
@ON_SQLITE
def test_desk_asks_who_one_is(site: Site, path: str) -> None:
    answer = site.client().get(path)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path}"
