"""Ready-made reasons: a site begins with some, moderators change them, and decisions keep their words."""

import httpx
import pytest
from friends import Site, form
from sqlalchemy import select

from agora.actions import ready_reasons
from agora.resources import packaged
from agora.rules import charter
from agora.store.statements import ReadyReason
from web.looking import ON_SQLITE, complaint

pytestmark = ON_SQLITE


def reasons(site: Site) -> dict[str, ReadyReason]:
    with site.database.read() as session:
        found = {reason.title: reason for reason in session.scalars(select(ReadyReason))}
        session.expunge_all()
        return found


@pytest.fixture
def maud(site: Site) -> httpx.Client:
    return site.client_of(site.maud())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_site_begins_with_reasons(site: Site, language: str) -> None:
    """Each rests on the law, or on a clause of the charter that comes with it."""
    source = packaged("charters", f"{language}.md").read_text(encoding="utf-8")
    known = {clause.number for clause in charter.parse(source).clauses}
    with site.writing() as session:
        for reason in session.scalars(select(ReadyReason)):
            session.delete(reason)
        session.flush()
        ready_reasons.add_first(session, language)

    found = reasons(site).values()

    assert len(found) == 9
    assert all(reason.clause in known or reason.law for reason in found)
    assert all(reason.explanation for reason in found)


def test_moderator_adds_a_reason(site: Site, maud: httpx.Client) -> None:
    sent = form(maud.get("/admin/reasons/new"), "reason-form")
    sent |= {"title": "Too long", "reason": "4", "explanation": "Please be brief."}

    assert maud.post("/admin/reasons/new", data=sent).status_code == 303

    page = maud.get("/admin/reasons")
    assert "Too long" in page.text
    assert "Please be brief." in page.text


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("title", {"title": ""}),
        ("reason", {"reason": ""}),
        ("reason", {"reason": "99"}),
        ("category", {"category": "x"}),
        ("explanation", {"explanation": "x" * 2001}),
    ],
)
def test_wrong_reason_comes_back(site: Site, maud: httpx.Client, field: str, wrong: dict[str, str]) -> None:
    sent = form(maud.get("/admin/reasons/new"), "reason-form") | {"title": "Too long", "reason": "4"} | wrong

    page = maud.post("/admin/reasons/new", data=sent)

    assert page.status_code == 422
    assert complaint(page, field)


def test_reason_is_changed_and_removed(site: Site, maud: httpx.Client) -> None:
    advertising = reasons(site)["Publicité"]
    path = f"/admin/reasons/{advertising.id}"
    sent = form(maud.get(path), "reason-form")

    maud.post(path, data=sent | {"title": "Advertisement"})
    changed = set(reasons(site))
    maud.post(path, data=sent | {"action": "remove"})

    assert "Advertisement" in changed
    assert not {"Advertisement", "Publicité"} & set(reasons(site))


def test_readers_have_no_reasons(site: Site) -> None:
    assert site.client_of(site.alice()).get("/admin/reasons").status_code == 404
    assert site.client().get("/admin/reasons").status_code == 303
