"""What was kept for a time is destroyed when it is over, by the worker, a little at a time."""

import pytest
from friends import Site, comment_id_of, comment_on
from sqlalchemy import func, select, update

from agora.actions import retention
from agora.store.comments import Comment, Commenter
from agora.store.kept_sources import Source
from agora.store.people import Person


def kept(site: Site) -> tuple[int, int]:
    """How many sources are kept, and how many hashes of networks."""
    with site.database.read() as session:
        sources = session.scalar(select(func.count()).select_from(Source)) or 0
        hashes = session.scalar(select(func.count()).where(Comment.source != "")) or 0
        return sources, hashes


def emails(site: Site) -> list[str]:
    with site.database.read() as session:
        return list(session.scalars(select(Commenter.email).order_by(Commenter.id)))


def test_sources_go_after_a_year(site: Site) -> None:
    post, client = site.post(), site.client()
    comment_on(client, post, "The first one.")
    site.clock.forward(days=364)
    site.deliver()
    assert kept(site) == (1, 1)
    comment_on(client, post, "The second one.")

    site.clock.forward(days=2)
    site.deliver()

    assert kept(site) == (1, 1)


def test_nothing_is_kept_where_told_so(site: Site) -> None:
    with site.writing() as session:
        session.execute(update(Person).values(letters=False))
    object.__setattr__(site.settings, "keep_sources", False)
    comment_on(site.client(), site.post(), "The first one.")

    assert kept(site) == (0, 1)


def test_address_is_forgotten_after_five_years(site: Site) -> None:
    post = site.post()
    gone = site.published(post, "The first one.", letters=True)
    for n in range(3):
        site.clock.forward(days=800)
        site.published(post, f"Still here, {n}.", email="carol@example.org")
    site.deliver()

    assert emails(site) == ["1@forgotten.invalid", "carol@example.org"]
    assert site.comment(gone).name == "Bob", "what is published stays as it is"
    assert not site.comment(gone).letters
    site.deliver()
    assert [letter["To"] for letter in site.letters() if "forgotten" in letter["To"]] == []


def test_closed_account_is_forgotten_after_a_year(site: Site) -> None:
    maud = site.maud()
    with site.writing() as session:
        session.get_one(Person, maud.id).closed_at = site.clock.now
    site.clock.forward(days=364)
    site.deliver()
    with site.database.read() as session:
        assert session.get_one(Person, maud.id).email == maud.email

    site.clock.forward(days=2)
    site.deliver()

    with site.database.read() as session:
        person = session.get_one(Person, maud.id)
        assert (person.name, person.email, person.password_hash) == ("#1", "person-1@forgotten.invalid", None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sweeping_takes_turns(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "LOOKED_AT", 2)
    post = site.post()
    ids = [site.published(post, f"Thought {n}.", email=f"{n}@example.org", source=f"{n}") for n in range(7)]
    site.clock.forward(days=2000)

    site.deliver()

    assert kept(site) == (0, 0)
    assert all(email.endswith("forgotten.invalid") for email in emails(site))
    assert len(ids) == 7
    assert comment_id_of(site, comment_on(site.client(), post, "Still open.")) > 7
