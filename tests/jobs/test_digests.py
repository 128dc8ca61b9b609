"""When moderators are told of what waits: at once, once a day, or never; and not in their quiet hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from friends import Site, form

from agora.store.people import Person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PARIS = ZoneInfo("Europe/Paris")


def it_is(site: Site, text: str) -> None:
    """By the clock of Paris, which is the site's: 2026-05-04 07:30."""
    site.clock.now = datetime.fromisoformat(text).replace(tzinfo=PARIS)


def choose(site: Site, person: Person, **chosen: str) -> None:
    """With the form of the account."""
    client = site.client_of(person)
    page = client.get("/account")
    fields = form(page, "about-me") | {"action": "save"} | chosen
    assert client.post("/account", data=fields).status_code == 303


def test_digest_lists_what_waits(site: Site) -> None:
    it_is(site, "2026-05-04 07:30")
    post, maud = site.post(), site.maud()
    choose(site, maud, letters="daily", digest_hour="8")
    for n in range(3):
        site.waiting(post, f"Thought {n}.", email=f"{n}@example.org")
    assert site.deliver() == 0, "no letter for each comment"

    it_is(site, "2026-05-04 08:00")
    assert site.deliver() == 1
    assert site.deliver() == 0, "one a day"

    letter = site.letters()[-1]
    text = letter.get_content()
    assert letter["Subject"] == "3 cases wait on “Mon site”"
    assert all(f"> Thought {n}." in text for n in range(3))
    link = next(line for line in text.splitlines() if "/letters/decide/" in line)
    assert site.client().get(link).status_code == 200
    it_is(site, "2026-05-05 08:10")
    assert site.deliver() == 1


def test_nothing_waits_nothing_comes(site: Site) -> None:
    it_is(site, "2026-05-04 07:30")
    maud = site.maud()
    choose(site, maud, letters="daily", digest_hour="8")

    it_is(site, "2026-05-04 08:00")

    assert site.deliver() == 0
    assert site.letters() == []


def test_two_workers_send_one_digest(site: Site) -> None:
    it_is(site, "2026-05-04 07:30")
    post, maud, ada = site.post(), site.maud(), site.ada()
    choose(site, maud, letters="daily", digest_hour="8")
    choose(site, ada, letters="none")
    site.waiting(post)
    it_is(site, "2026-05-04 08:59")

    assert [site.deliver() for _ in range(3)] == [1, 0, 0]  # each of them is a new worker


def test_quiet_hours_hold_letters_back(site: Site) -> None:
    it_is(site, "2026-05-04 12:00")
    post, maud = site.post(), site.maud()
    choose(site, maud, quiet_from="22", quiet_to="7")
    it_is(site, "2026-05-04 23:00")
    site.waiting(post)
    assert site.deliver() == 0
    it_is(site, "2026-05-05 06:59")
    assert site.deliver() == 0

    it_is(site, "2026-05-05 07:00")

    assert site.deliver() == 1


def test_sign_in_link_minds_no_hours(site: Site) -> None:
    it_is(site, "2026-05-04 12:00")
    maud = site.maud()
    choose(site, maud, quiet_from="22", quiet_to="7")
    it_is(site, "2026-05-04 23:00")
    client = site.client()
    client.post("/sign-in", data={"email": maud.email})

    assert site.deliver() == 1
