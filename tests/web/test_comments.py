"""Commenting over HTTP, from the form to the page: nothing that somebody wrote is lost on the way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from friends import Site, comment_id_of, comment_on, decide, form

from agora.actions.limits import spend
from agora.rules import limits
from agora.rules.moderation import State
from agora.rules.policy import Mode
from agora.web.csrf import form_token
from web.library import BOBS_ADDRESS, Library
from web.looking import ON_SQLITE, article, complaint, drawn, how_many

LONG = "A text that took its writer a while,\nand that nobody would like to write twice."
TYPED = {"name": "Bob", "email": "bob@example.org", "website": "https://bob.example.org/", "body": LONG}


def codes(site: Site, comment_id: int) -> list[str]:
    """Why the policy held a comment."""
    return [reason.code for reason in site.comment(comment_id).revision.why]


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


@pytest.mark.parametrize(("mode", "state"), [(Mode.PRE, State.PENDING), (Mode.POST, State.PUBLISHED)])
def test_mode_of_post_decides(site: Site, mode: Mode, state: State) -> None:
    comment = site.comment(comment_id_of(site, comment_on(site.client(), site.post(moderation=mode))))

    assert (comment.state, comment.mode) == (state, mode)


# The form


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "n" * (limits.NAME + 1)),
        ("email", ""),
        ("email", "bob at example"),
        ("website", "javascript:alert(1)"),
        ("body", " \n "),
        ("body", "b" * (limits.COMMENT + 1)),
    ],
)
@ON_SQLITE
def test_wrong_field_is_explained(site: Site, field: str, value: str) -> None:
    typed = TYPED | {field: value}

    answer = comment_on(site.client(), site.post(), **typed)

    assert answer.status_code == 422
    assert {name for name in TYPED if complaint(answer, name)} == {field}
    kept = form(answer, "comment-form")
    assert {name: kept[name] for name in TYPED} == typed
    assert how_many(site) == 0


@ON_SQLITE
def test_every_wrong_field_is_listed(site: Site) -> None:
    answer = comment_on(site.client(), site.post(), name="", email="x", website="x y", body="")

    assert all(complaint(answer, name) for name in TYPED)
    assert answer.text.count('role="alert"') == 1
    assert all(f'<a href="#{name}">' in answer.text for name in TYPED)


@ON_SQLITE
def test_complete_form_has_no_complaints(site: Site) -> None:
    answer = comment_on(site.client(), site.post(), **TYPED, action="preview")

    assert not any(complaint(answer, name) for name in TYPED)
    assert 'role="alert"' not in answer.text


def test_old_page_loses_nothing(site: Site) -> None:
    client, post = site.client(), site.post()
    sent = form(client.get("/posts/the-garden"), "comment-form") | TYPED
    site.clock.forward(days=15)

    answer = client.post("/posts/the-garden/comments", data=sent)

    assert answer.status_code == 422
    assert complaint(answer, "body")
    again = form(answer, "comment-form")
    assert again | {"token": ""} == sent | {"token": ""}
    assert client.post("/posts/the-garden/comments", data=again).status_code == 303
    assert site.counts(post) == (0, 0)


@pytest.mark.parametrize("days", [0, 1, 13])
@ON_SQLITE
def test_page_lasts_two_weeks(site: Site, days: int) -> None:
    client, _ = site.client(), site.post()
    sent = form(client.get("/posts/the-garden"), "comment-form") | TYPED
    site.clock.forward(days=days)

    assert client.post("/posts/the-garden/comments", data=sent).status_code == 303


@pytest.mark.parametrize("token", ["", "1", "20000.", "20000.0123", "x.y", "²." + "0" * 32, "9" * 30 + ".0"])
@ON_SQLITE
def test_forged_token_loses_nothing(site: Site, token: str) -> None:
    answer = comment_on(site.client(), site.post(), **TYPED, token=token)

    assert answer.status_code == 422
    assert form(answer, "comment-form")["body"] == LONG
    assert how_many(site) == 0


@ON_SQLITE
def test_token_belongs_to_one_post(site: Site) -> None:
    post, other = site.post(), site.post("The other garden")

    answer = comment_on(site.client(), post, **TYPED, token=form_token(site.tokens, other.id, site.clock.now))

    assert answer.status_code == 422
    assert how_many(site) == 0


@ON_SQLITE
def test_token_of_tomorrow_is_ours(site: Site) -> None:
    """Nobody else can make one: the clock was set back after the page was served."""
    post = site.post()

    answer = comment_on(site.client(), post, token=form_token(site.tokens, post.id, site.clock.now + timedelta(days=1)))

    assert answer.status_code == 303


def test_preview_stores_nothing(site: Site) -> None:
    typed = TYPED | {"body": "So *fine*! <script>alert(1)</script> [me](javascript:alert(1))"}

    answer = comment_on(site.client(), site.post(), **typed, action="preview")

    assert answer.status_code == 200
    preview = answer.text.partition('<div class="preview"')[2].partition("</div>\n</div>")[0]
    assert "So <em>fine</em>!" in preview
    assert "<script" not in preview
    assert "href" not in preview
    kept = form(answer, "comment-form")
    assert {name: kept[name] for name in typed} == typed
    assert how_many(site) == 0


@ON_SQLITE
def test_preview_needs_no_name(site: Site) -> None:
    assert comment_on(site.client(), site.post(), name="", email="", action="preview").status_code == 200


@ON_SQLITE
def test_preview_of_nothing_complains(site: Site) -> None:
    answer = comment_on(site.client(), site.post(), body="", action="preview")

    assert answer.status_code == 422
    assert complaint(answer, "body")


def test_line_ends_are_kept_once(site: Site) -> None:
    comment_id = comment_id_of(site, comment_on(site.client(), site.post(), body="One.\r\n\r\nTwo."))

    assert site.comment(comment_id).revision.body == "One.\n\nTwo."


@pytest.mark.parametrize("field", ["name", "email", "website", "body", "parent", "token", "letters", "action"])
def test_nul_breaks_nothing(site: Site, field: str) -> None:
    """PostgreSQL refuses this character, so it must never come that far."""
    answer = comment_on(site.client(), site.post(), **(TYPED | {field: "a\x00b@example.org"}))

    assert answer.status_code in {303, 422}


# Names


@pytest.mark.parametrize(
    "name",
    ["محمد عبد الرحمن", "علی‌رضا", "👩‍🔬 Ada", "Zoë O’Brien-Żółć", "n" * 40, "ע" * 40, "W" * limits.NAME],
)
def test_names_of_everywhere_are_kept(site: Site, name: str) -> None:
    post = site.post(moderation=Mode.POST)

    comment_id = comment_id_of(site, comment_on(site.client(), post, name=name))

    assert site.comment(comment_id).name == name
    assert f"<bdi>{name}</bdi>" in article(site.client().get("/posts/the-garden"), comment_id)


@ON_SQLITE
def test_name_cannot_turn_the_line(site: Site) -> None:
    """An override of direction would also turn what stands after the name."""
    comment_id = comment_id_of(site, comment_on(site.client(), site.post(), name="\u202eboB\u2066\tM."))

    assert site.comment(comment_id).name == "boB M."


@ON_SQLITE
def test_website_is_the_readers_own(site: Site) -> None:
    post = site.post(moderation=Mode.POST)

    comment_id = comment_id_of(site, comment_on(site.client(), post, website="bob.example.org/me"))

    html = article(site.client().get("/posts/the-garden"), comment_id)
    assert '<a href="https://bob.example.org/me" rel="nofollow ugc noopener"><bdi>Bob</bdi></a>' in html


# Answers to comments


def test_reply_keeps_its_true_parent(site: Site) -> None:
    client, post = site.client(), site.post(moderation=Mode.POST)
    first = site.published(post)
    second = site.published(post, "Second.", parent_id=first)

    page = client.get(f"/comments/{second}/reply")
    answer = client.post("/posts/the-garden/comments", data=form(page, "comment-form") | TYPED)

    comment = site.comment(comment_id_of(site, answer))
    assert (comment.parent_id, comment.root_id) == (second, first)
    assert "Second." in page.text


def test_deep_replies_stand_side_by_side(site: Site) -> None:
    client, post = site.client(), site.post(moderation=Mode.POST)
    chain = [site.published(post, "Level 1.", name="Level 1")]
    for level in range(2, 8):
        chain.append(site.published(post, f"Level {level}.", name=f"Level {level}", parent_id=chain[-1]))

    page = client.get(f"/comments/{chain[-1]}/reply")
    answer = client.post("/posts/the-garden/comments", data=form(page, "comment-form") | TYPED)

    chain.append(comment_id_of(site, answer))
    shown = client.get("/posts/the-garden")
    assert site.comment(chain[-1]).parent_id == chain[-2]
    assert drawn(shown) == dict(zip(chain, [1, 2, 3, 4, 5, 5, 5, 5], strict=True))
    answered = [f'href="#comment-{chain[n - 1]}"><bdi>Level {n}</bdi>' in article(shown, chain[n]) for n in range(1, 8)]
    assert answered == [False, False, False, False, True, True, True]


def test_depth_is_a_setting(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", thread_depth="2") as site:
        post = site.post()
        first = site.published(post)
        second = site.published(post, "Second.", parent_id=first)
        third = site.published(post, "Third.", parent_id=second)

        assert drawn(site.client().get("/posts/the-garden")) == {first: 1, second: 2, third: 2}


@pytest.mark.parametrize("decision", ["hide", "withdraw", "move"])
def test_reply_to_gone_comment_is_kept(site: Site, decision: str) -> None:
    client, post = site.client(), site.post(moderation=Mode.POST)
    parent = site.published(post)
    sent = form(client.get(f"/comments/{parent}/reply"), "comment-form") | TYPED
    if decision == "hide":
        decide(site.client_of(site.maud()), parent, "hide", state="published", reason="1")
    elif decision == "withdraw":
        client.post(f"/my/comment/{site.tokens.sign('my-comment', parent)}/withdraw")
    else:
        sent["parent"] = str(site.published(site.post("Another garden")))

    answer = client.post("/posts/the-garden/comments", data=sent)

    assert answer.status_code == 422
    assert complaint(answer, "body")
    again = form(answer, "comment-form")
    assert (again["body"], again["parent"]) == (LONG, "")
    comment = site.comment(comment_id_of(site, client.post("/posts/the-garden/comments", data=again)))
    assert (comment.parent_id, comment.root_id) == (None, None)


@pytest.mark.parametrize("of", ["a draft's", "unknown"])
@ON_SQLITE
def test_only_shown_comments_can_be_answered(site: Site, of: str) -> None:
    comment_id = site.published(site.post("A draft", publish=False)) if of == "a draft's" else 999

    assert site.client().get(f"/comments/{comment_id}/reply").status_code == 404


@ON_SQLITE
def test_waiting_comment_cannot_be_answered(site: Site) -> None:
    comment_id = site.waiting(site.post())

    assert site.client().get(f"/comments/{comment_id}/reply").status_code == 404


# What waits, and why


def test_filled_trap_is_held(site: Site) -> None:
    comment_id = comment_id_of(site, comment_on(site.client(), site.post(moderation=Mode.POST), homepage="x"))

    assert (site.comment(comment_id).state, codes(site, comment_id)) == (State.PENDING, ["trap"])


@pytest.mark.parametrize(("links", "expected"), [(2, []), (3, ["links"])])
def test_many_links_are_held(site: Site, links: int, expected: list[str]) -> None:
    body = " ".join(["A fine garden, like these:", *(f"https://example.org/{n}" for n in range(links))])

    comment_id = comment_id_of(site, comment_on(site.client(), site.post(moderation=Mode.POST), body))

    assert codes(site, comment_id) == expected


def test_repeated_words_are_held(site: Site) -> None:
    post, other = site.post(moderation=Mode.POST), site.post("Another garden", moderation=Mode.POST)
    first = comment_id_of(site, comment_on(site.client(), post, "See my garden!"))

    second = comment_id_of(site, comment_on(site.client(), other, "see: MY garden", name="Eve", email="e@example.org"))

    assert (codes(site, first), codes(site, second)) == ([], ["repeat"])


@ON_SQLITE
def test_repeats_are_forgotten(site: Site) -> None:
    post, other = site.post(moderation=Mode.POST), site.post("Another garden", moderation=Mode.POST)
    comment_on(site.client(), post, "Thank you!")
    site.clock.forward(days=1, seconds=1)

    assert codes(site, comment_id_of(site, comment_on(site.client(), other, "Thank you!"))) == []


def test_sixth_comment_is_hasty(site: Site) -> None:
    client, post = site.client(), site.post(moderation=Mode.POST)

    ids = [comment_id_of(site, comment_on(client, post, f"Number {n}.")) for n in range(6)]
    site.clock.forward(minutes=11)
    ids.append(comment_id_of(site, comment_on(client, post, "Later.")))

    assert [codes(site, id_) for id_ in ids] == [[], [], [], [], [], ["hasty"], []]


def test_watched_words_are_held(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", held_words="casino, Élixir", moderation="post") as site:
        post = site.post()
        held = comment_id_of(site, comment_on(site.client(), post, "An ELIXIR for you."))
        free = comment_id_of(site, comment_on(site.client(), post, "Elixirs are many.", name="Eve"))

        assert (codes(site, held), codes(site, free)) == (["words"], [])


# What is refused


def test_closed_discussion_keeps_the_text(site: Site) -> None:
    client, post = site.client(), site.post()
    sent = form(client.get("/posts/the-garden"), "comment-form") | TYPED
    ada = site.client_of(site.ada())
    address = f"/admin/posts/{post.id}"
    ada.post(address, data=form(ada.get(address), "post-form") | {"discussion": "closed"})

    answer = client.post("/posts/the-garden/comments", data=sent)

    assert answer.status_code == 403
    assert LONG in answer.text
    assert how_many(site) == 0
    assert "comment-form" not in client.get("/posts/the-garden").text


@pytest.mark.parametrize("where", ["a-draft", "nowhere", "%00"])
def test_only_public_posts_are_discussed(site: Site, where: str) -> None:
    site.post("A draft", publish=False)

    answer = site.client().post(f"/posts/{where}/comments", data=TYPED)

    assert answer.status_code == 404
    assert LONG in answer.text
    assert how_many(site) == 0


def test_moved_post_takes_the_comment(site: Site) -> None:
    """The address changed while somebody was writing."""
    client, post, ada = site.client(), site.post(), site.client_of(site.ada())
    sent = form(client.get("/posts/the-garden"), "comment-form") | TYPED
    address = f"/admin/posts/{post.id}"
    ada.post(address, data=form(ada.get(address), "post-form") | {"slug": "the-orchard"})

    answer = client.post("/posts/the-garden/comments", data=sent)

    assert site.comment(comment_id_of(site, answer)).post_id == post.id


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "own"},
    ],
)
@ON_SQLITE
def test_forms_of_other_sites_are_refused(site: Site, headers: dict[str, str]) -> None:
    client, _ = site.client(), site.post()
    sent = form(client.get("/posts/the-garden"), "comment-form") | TYPED
    headers = {name: site.base_url if value == "own" else value for name, value in headers.items()}

    answer = client.post("/posts/the-garden/comments", data=sent, headers=headers)

    assert answer.status_code == 403
    assert LONG in answer.text
    assert how_many(site) == 0


@ON_SQLITE
def test_own_origin_is_accepted(site: Site) -> None:
    client, _ = site.client(), site.post()
    sent = form(client.get("/posts/the-garden"), "comment-form") | TYPED
    headers = {"Origin": site.base_url, "Sec-Fetch-Site": "same-origin"}

    assert client.post("/posts/the-garden/comments", data=sent, headers=headers).status_code == 303


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [limits.PUBLIC_BODY + 1, 3_000_000])
@ON_SQLITE
def test_huge_body_is_refused(site: Site, size: int, chunked: bool) -> None:
    post, whole = site.post(), b"body=" + b"x" * size

    def pieces() -> Iterator[bytes]:
        yield from (whole[start : start + 16_384] for start in range(0, len(whole), 16_384))

    answer = site.client().post(
        f"/posts/{post.slug}/comments",
        content=pieces() if chunked else whole,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 413
    assert answer.headers["content-security-policy"]
    assert site.client().get("/").status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
@ON_SQLITE
def test_foreign_encodings_are_refused(site: Site, kind: str) -> None:
    answer = site.client().post(
        f"/posts/{site.post().slug}/comments", content=b'{"body": "x"}', headers={"Content-Type": kind}
    )

    assert answer.status_code == 422
    assert how_many(site) == 0


@ON_SQLITE
def test_broken_multipart_is_refused(site: Site) -> None:
    answer = site.client().post(
        f"/posts/{site.post().slug}/comments",
        content=b"--x\r\nbroken",
        headers={"Content-Type": "multipart/form-data; boundary=y"},
    )

    assert answer.status_code in {400, 422}


# Limits


def spent(site: Site, deed: str, times: int, source: str = "127.0.0.1") -> None:
    """Let a source have done something so many times."""
    with site.writing() as session:
        for _ in range(times):
            spend(session, deed, site.tokens.keyed_hash("source", source), now=site.clock.now)


def test_limit_holds_across_processes(site: Site, database_url: str, tmp_path: Path) -> None:
    post, client = site.post(), site.client()
    spent(site, "comment", limits.RATES["comment"].count - 1)
    last = comment_on(client, post, "The last one.")
    with Site(database_url, tmp_path / "second") as second:
        second.clock.now = site.clock.now
        refused = comment_on(second.client(), post, **TYPED)
        wait = int(refused.headers["retry-after"])
        second.clock.forward(seconds=wait)
        later = comment_on(second.client(), post, **TYPED)

    assert (last.status_code, refused.status_code, later.status_code) == (303, 429, 303)
    assert 0 < wait <= limits.RATES["comment"].seconds
    assert LONG in refused.text


@ON_SQLITE
def test_limit_frees_itself_in_time(site: Site) -> None:
    """Those who go on trying are not punished for it."""
    post, client = site.post(), site.client()
    spent(site, "comment", limits.RATES["comment"].count)
    wait = int(comment_on(client, post).headers["retry-after"])
    for _ in range(3):
        assert comment_on(client, post).status_code == 429
    site.clock.forward(seconds=wait - 1)

    assert comment_on(client, post).status_code == 429
    site.clock.forward(seconds=1)
    assert comment_on(client, post).status_code == 303


@ON_SQLITE
def test_limits_can_be_switched_off(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", rate_limits="off") as site:
        post = site.post(moderation=Mode.POST)
        spent(site, "comment", limits.RATES["comment"].count)

        ids = [comment_id_of(site, comment_on(site.client(), post, f"Number {n}.")) for n in range(7)]

        assert [codes(site, id_) for id_ in ids] == [[]] * 7


def source_of(site: Site, forwarded_for: str, body: str) -> str:
    client = site.client(headers={"X-Forwarded-For": forwarded_for})
    return site.comment(comment_id_of(site, comment_on(client, site.post(body), body))).source


def test_trusted_proxy_names_the_source(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", trusted_proxies="127.0.0.1") as site:
        sources = [source_of(site, address, f"From {address}") for address in ("192.0.2.1", "192.0.2.2")]
        behind_two = source_of(site, "192.0.2.1, 127.0.0.1", "Behind two")
        invented = source_of(site, "192.0.2.9, 192.0.2.1", "Invented")

    assert sources[0] == site.tokens.keyed_hash("source", "192.0.2.1")
    assert sources[0] != sources[1]
    assert behind_two == sources[0]
    assert invented == sources[0]  # what stands before the address that our own proxy saw is anybody's invention


def test_others_cannot_name_a_source(site: Site) -> None:
    sources = {source_of(site, address, f"From {address}") for address in ("192.0.2.1", "192.0.2.2")}

    assert sources == {site.tokens.keyed_hash("source", "127.0.0.1")}


@ON_SQLITE
def test_network_is_one_source(database_url: str, tmp_path: Path) -> None:
    """Whoever has one address of a /64 has all of them."""
    with Site(database_url, tmp_path / "data", trusted_proxies="127.0.0.1") as site:
        first, neighbour, far = (
            source_of(site, address, f"From {address}") for address in ("2001:db8::1", "2001:db8::2:1", "2001:db8:1::1")
        )

    assert first == neighbour != far


# Sent twice


def test_double_submit_is_one_comment(site: Site) -> None:
    client, post = site.client(), site.post(moderation=Mode.POST)
    sent = form(client.get("/posts/the-garden"), "comment-form") | TYPED

    ids = {comment_id_of(site, client.post("/posts/the-garden/comments", data=sent)) for _ in range(3)}

    assert len(ids) == how_many(site) == 1
    assert site.counts(post) == (1, 1)


def test_double_submit_of_team_is_one(site: Site) -> None:
    client, post = site.client_of(site.maud()), site.post()
    sent = form(client.get("/posts/the-garden"), "comment-form") | {"body": "Welcome, all."}

    places = {client.post("/posts/the-garden/comments", data=sent).headers["location"] for _ in range(2)}

    assert len(places) == how_many(site) == 1
    assert site.counts(post) == (1, 1)


@pytest.mark.parametrize("differs", [{"name": "Eve"}, {"email": "eve@example.org"}, {"body": "Another text."}])
@ON_SQLITE
def test_similar_forms_are_two_comments(site: Site, differs: dict[str, str]) -> None:
    client, post = site.client(), site.post()
    comment_on(client, post, **TYPED)

    comment_on(client, post, **(TYPED | differs))

    assert how_many(site) == 2


# People of the desk


def test_team_comments_appear_at_once(site: Site) -> None:
    maud, post = site.client_of(site.maud()), site.post(moderation=Mode.PRE)
    sent = form(maud.get("/posts/the-garden"), "comment-form") | {"body": "Welcome."}

    answer = maud.post("/posts/the-garden/comments", data=sent)

    assert answer.status_code == 303
    shown = site.client().get(answer.headers["location"], follow_redirects=True)
    assert '<span class="badge">' in article(shown, 1)
    assert "Maud" in article(shown, 1)
    assert site.counts(post) == (1, 1)


# What readers see


def test_withdrawn_comment_leaves_a_note(site: Site) -> None:
    post = site.post()
    parent, alone = site.published(post, "To be regretted."), site.published(post, "Alone.")
    reply = site.published(post, "An answer.", parent_id=parent)

    for comment_id in (parent, alone):
        site.client().post(f"/my/comment/{site.tokens.sign('my-comment', comment_id)}/withdraw")

    page = site.client().get("/posts/the-garden")
    assert drawn(page) == {parent: 1, reply: 2}
    assert 'class="gone"' in article(page, parent)
    assert "To be regretted" not in page.text
    assert "Bob" not in article(page, parent)
    assert site.counts(post) == (1, 1)


def test_hidden_comment_names_the_clause(site: Site) -> None:
    maud, post = site.client_of(site.maud()), site.post()
    parent, alone = site.published(post, "Rude."), site.published(post, "Alone.")
    reply = site.published(post, "An answer.", parent_id=parent)

    for comment_id in (parent, alone):
        decide(maud, comment_id, "hide", state="published", reason="2", explanation="For Bob only.")

    page = site.client().get("/posts/the-garden")
    assert drawn(page) == {parent: 1, reply: 2}
    assert "clause 2: " in article(page, parent)
    assert "Rude." not in page.text
    assert "For Bob only." not in page.text
    assert site.counts(post) == (1, 1)


def test_edited_comment_is_held_in_place(site: Site) -> None:
    post = site.post(moderation=Mode.POST)
    parent = site.published(post, "Fine.")
    reply = site.published(post, "An answer.", parent_id=parent)
    links = " ".join(f"https://example.org/{n}" for n in range(3))

    site.client().post(f"/my/comment/{site.tokens.sign('my-comment', parent)}", data={"body": links})

    page = site.client().get("/posts/the-garden")
    assert drawn(page) == {parent: 1, reply: 2}
    assert 'class="gone"' in article(page, parent)
    assert "example.org/1" not in page.text
    assert "Fine." not in page.text
    assert site.counts(post) == (1, 1)


def test_note_goes_with_the_last_answer(site: Site) -> None:
    maud, post = site.client_of(site.maud()), site.post()
    parent = site.published(post)
    reply = site.published(post, "An answer.", parent_id=parent)

    decide(maud, parent, "hide", state="published", reason="1")
    between = site.counts(post)
    decide(maud, reply, "hide", state="published", reason="1")

    assert (between, site.counts(post)) == ((1, 1), (0, 0))
    assert drawn(site.client().get("/posts/the-garden")) == {}
    assert site.client().get(f"/comments/{reply}").status_code == 404


def test_counts_follow_every_decision(site: Site) -> None:
    maud, post = site.client_of(site.maud()), site.post()
    comment_id = site.waiting(post)
    seen = [site.counts(post)]

    for decision, state in [("approve", "pending"), ("hide", "published"), ("restore", "hidden")]:
        decide(maud, comment_id, decision, state=state, reason="1")
        seen.append(site.counts(post))
    site.client().post(f"/my/comment/{site.tokens.sign('my-comment', comment_id)}/withdraw")
    seen.append(site.counts(post))

    assert seen == [(0, 0), (1, 1), (0, 0), (1, 1), (0, 0)]


@pytest.fixture
def long_discussion(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """Three threads a page."""
    with Site(database_url, tmp_path / "data", threads_per_page="3") as site:
        yield site


def test_permalink_finds_its_page(long_discussion: Site) -> None:
    site = long_discussion
    post = site.post()
    ids = [site.published(post, f"Thread {n}.") for n in range(7)]
    site.waiting(post, "Not counted.")
    answer = site.published(post, "A late answer.", parent_id=ids[3])

    places = [site.client().get(f"/comments/{id_}").headers["location"] for id_ in (ids[2], ids[3], answer, ids[6])]

    assert places == [
        f"/posts/the-garden#comment-{ids[2]}",
        f"/posts/the-garden?page=2#comment-{ids[3]}",
        f"/posts/the-garden?page=2#comment-{answer}",
        f"/posts/the-garden?page=3#comment-{ids[6]}",
    ]
    assert answer in drawn(site.client().get("/posts/the-garden?page=2"))


def test_pager_reaches_every_thread(long_discussion: Site) -> None:
    site = long_discussion
    post = site.post()
    ids = [site.published(post, f"Thread {n}.") for n in range(7)]
    maud = site.client_of(site.maud())
    decide(maud, ids[1], "hide", state="published", reason="1")

    pages = [site.client().get(f"/posts/the-garden?page={n}") for n in (1, 2, 3)]

    assert [list(drawn(page)) for page in pages] == [[ids[0], ids[2]], ids[3:6], ids[6:]]
    assert site.client().get("/posts/the-garden?page=4").status_code == 404
    assert 'rel="next" href="/posts/the-garden?page=2#discussion"' in pages[0].text
    assert 'rel="prev" href="/posts/the-garden#discussion"' in pages[1].text
    assert 'rel="next"' not in pages[2].text


@ON_SQLITE
def test_fifty_threads_make_a_page(site: Site) -> None:
    post = site.post()
    ids = [site.published(post, f"Thread {n}.") for n in range(52)]

    assert list(drawn(site.client().get("/posts/the-garden"))) == ids[:50]
    assert list(drawn(site.client().get("/posts/the-garden?page=2"))) == ids[50:]


@pytest.mark.parametrize("comment_id", ["0", "99999", "abc", "-1", "9" * 40, "1%00"])
@ON_SQLITE
def test_unknown_permalink_is_not_found(site: Site, comment_id: str) -> None:
    assert site.client().get(f"/comments/{comment_id}").status_code == 404


# Privacy


def test_address_is_never_public(library: Library) -> None:
    client = library.site.client()

    pages = [client.get(path) for path in library.public_paths()]

    assert {page.status_code for page in pages} == {200}
    assert not [page.url.path for page in pages if BOBS_ADDRESS in page.text or "bob.private" in page.text]


def test_readers_get_no_cookie(library: Library) -> None:
    client = library.site.client()

    pages = [client.get(path) for path in [*library.public_paths(), "/nowhere", library.paths["my_comment"]]]

    assert not [page.url.path for page in pages if "set-cookie" in page.headers]


@ON_SQLITE
def test_commenters_get_no_cookie(site: Site) -> None:
    client = site.client()

    answer = comment_on(client, site.post())

    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    assert not client.cookies


def test_source_is_kept_as_hash(site: Site) -> None:
    comment_id = comment_id_of(site, comment_on(site.client(), site.post()))

    assert site.comment(comment_id).source == site.tokens.keyed_hash("source", "127.0.0.1")
