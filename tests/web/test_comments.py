"""Commenting over HTTP, from the form to the page."""

from friends import Site, comment_id_of, comment_on, decide

from agora.rules.moderation import State


def test_first_comment_waits_for_review(site: Site) -> None:
    post = site.post()

    answer = comment_on(site.client(), post)

    assert site.comment(comment_id_of(site, answer)).state is State.PENDING
    assert "A fine garden." not in site.client().get("/posts/the-garden").text


def test_approved_comment_is_public(site: Site) -> None:
    post, maud = site.post(), site.maud()
    comment_id = comment_id_of(site, comment_on(site.client(), post))

    answer = decide(site.client_of(maud), comment_id, "approve")

    assert answer.status_code == 303
    assert f'<article class="comment" id="comment-{comment_id}">' in site.client().get("/posts/the-garden").text
