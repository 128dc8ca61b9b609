"""Authors moderate under their own posts, where the site lets them, and nowhere else."""

import httpx
import pytest
from friends import Site, form

from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.store.people import Person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def let_authors_moderate(site: Site, ada: Person) -> None:
    desk = site.client_of(ada)
    sent = form(desk.get("/admin/settings"), "settings-form") | {"authors_moderate": "yes"}
    assert desk.post("/admin/settings", data=sent).status_code == 303


def approve(client: httpx.Client, page: httpx.Response, comment_id: int) -> httpx.Response:
    sent = form(page, f"case-{comment_id}") | {"decision": "approve"}
    return client.post(f"/admin/moderation/{comment_id}", data=sent)


def test_authors_stay_out_by_default(site: Site) -> None:
    alice = site.alice()
    comment_id = site.waiting(site.post(by=alice))
    client = site.client_of(alice)

    assert client.get("/admin/moderation").status_code == 404
    assert client.get(f"/admin/moderation/{comment_id}").status_code == 404
    assert "/admin/moderation" not in client.get("/admin").text


def test_author_decides_under_own_post(site: Site) -> None:
    alice, ada = site.alice(), site.ada()
    comment_id = site.waiting(site.post(by=alice))
    let_authors_moderate(site, ada)
    client = site.client_of(alice)

    assert approve(client, client.get("/admin/moderation"), comment_id).status_code == 303
    assert site.comment(comment_id).state is State.PUBLISHED
    assert site.history(comment_id)[-1].person_id == alice.id


@pytest.mark.parametrize("state", ["", "?state=published", "?state=rejected"])
def test_author_sees_no_other_discussions(site: Site, state: str) -> None:
    alice, ada = site.alice(), site.ada()
    theirs = site.post("Somebody else's", by=site.person("Anne", Role.AUTHOR))
    waiting = site.waiting(theirs, "Not for Alice.", email="bob@secret.example.org")
    site.published(theirs, "Not for Alice either.", email="bob@secret.example.org")
    let_authors_moderate(site, ada)
    client = site.client_of(alice)

    page = client.get(f"/admin/moderation{state}")

    assert page.status_code == 200
    assert "Not for Alice" not in page.text
    assert "secret.example.org" not in page.text
    assert client.get(f"/admin/moderation/{waiting}").status_code == 404
    sent = form(site.client_of(ada).get("/admin/moderation"), f"case-{waiting}") | {"decision": "approve"}
    sent |= {"csrf": page.text.split('name="csrf" value="')[1].split('"')[0]}
    assert client.post(f"/admin/moderation/{waiting}", data=sent).status_code == 404
    assert site.comment(waiting).state is State.PENDING
    for path in ("/admin/measures", "/admin/moderation/addresses/1"):
        assert client.get(path).status_code == 404
