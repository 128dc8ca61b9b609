"""What a post said before can be read and copied; and who signs a post is marked where they answer."""

from friends import Site, comment_on, form

from agora.rules.permissions import Role


def test_former_texts_can_be_read(site: Site) -> None:
    post = site.post(body="As it was.")
    editor = site.client_of(site.person("Edith", Role.EDITOR))
    sent = form(editor.get(f"/admin/posts/{post.id}"), "post-form") | {"body": "As it is."}
    assert editor.post(f"/admin/posts/{post.id}", data=sent | {"action": "save"}).status_code == 303

    now = editor.get(f"/admin/posts/{post.id}/history")
    before = editor.get(f"/admin/posts/{post.id}/history?edition=1")

    assert "As it is." in now.text
    assert "As it was." in before.text


def test_history_is_for_those_who_edit(site: Site) -> None:
    post = site.post()

    assert site.client_of(site.alice()).get(f"/admin/posts/{post.id}/history").status_code == 404


def test_author_is_marked_in_discussion(site: Site) -> None:
    byline, alice = site.byline("Alice Martin"), site.alice()
    post = site.post(byline_ids=[byline.id])
    editor = site.client_of(site.person("Edith", Role.EDITOR))
    sent = form(editor.get(f"/admin/bylines/{byline.id}"), "byline-form") | {"person": str(alice.id)}
    assert editor.post(f"/admin/bylines/{byline.id}", data=sent).status_code == 303

    comment_on(site.client_of(alice), post, "Thank you all.")

    assert "Signs this article" in site.client().get("/posts/the-garden").text


def test_unheard_of_edition_shows_latest(site: Site) -> None:
    post = site.post(body="As it is.")

    page = site.client_of(site.ada()).get(f"/admin/posts/{post.id}/history?edition=999999999999999")

    assert page.status_code == 200
    assert "As it is." in page.text
