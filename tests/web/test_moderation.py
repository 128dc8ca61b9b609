"""The moderators' queue over HTTP: its context, each decision with its reason, and what is told to whom."""

import re
from html import unescape

import httpx
import pytest
from friends import Site, comment_id_of, comment_on, decide, form

from agora.rules.moderation import Decision, Party, State
from agora.rules.permissions import Deed, Role, may
from agora.rules.policy import Mode
from agora.store.events import Event
from agora.store.site import CharterVersion, current_charter
from agora.web.pages.desk_queue import PAGE
from web.looking import ON_SQLITE, complaint, how_many, words_of

QUEUE = "/admin/moderation"
WHY = "This is aimed at a person and not at what that person has written."


def case(page: httpx.Response, comment_id: int) -> str:
    """The HTML of one case."""
    found = re.search(
        rf'<article class="case" aria-labelledby="case-{comment_id}-title">.*?</article>', page.text, re.S
    )
    assert found, f"case {comment_id} is not in the queue"
    return found[0]


def cases(page: httpx.Response) -> list[int]:
    return [int(id_) for id_ in re.findall(r'<h2 id="case-(\d+)-title">', page.text)]


def buttons(page: httpx.Response, comment_id: int) -> list[str]:
    return re.findall(r'name="decision" value="(\w+)"', case(page, comment_id))


def next_page(page: httpx.Response) -> str:
    """Where the link to more cases leads; empty at the end."""
    more = re.search(r'<a rel="next" href="([^"]+)"', page.text)
    return unescape(more[1]) if more else ""


def bulk(
    client: httpx.Client, selected: list[int], decision: str, *, state: str = "pending", **fields: str
) -> httpx.Response:
    sent: dict[str, object] = {**form(client.get(QUEUE, params={"state": state}), "bulk"), **fields}
    return client.post(QUEUE, data=sent | {"selected": [str(id_) for id_ in selected], "decision": decision})


def decided(site: Site, comment_id: int) -> list[Event]:
    return [event for event in site.history(comment_id) if event.kind == "comment.decided"]


# What it shows


def test_case_comes_with_its_context(site: Site) -> None:
    post = site.post()
    earlier = site.published(post, "What I said before.")
    parent = site.published(post, "A *question*.", name="Charlie", email="charlie@example.org")
    sent = {"parent": str(parent), "website": "bob.example.org"}
    waits = comment_id_of(site, comment_on(site.client(), post, "An answer to it.", **sent))
    maud = site.client_of(site.maud())

    page = maud.get(QUEUE)

    html = case(page, waits)
    assert cases(page) == [waits]
    assert all(part in html for part in ("An answer to it.", "The garden", "Charlie", "A question.", "bob@example.org"))
    assert "https://bob.example.org" in html
    assert html.count('<li class="hot">') == 1
    link = re.search(r'href="(/admin/moderation/addresses/\d+)"', html)
    assert link
    assert "What I said before." in maud.get(link[1]).text
    assert f'href="/comments/{earlier}"' not in html


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("pending", ["approve", "reject", "spam"]),
        ("published", ["hide", "spam"]),
        ("hidden", ["restore"]),
        ("rejected", ["restore"]),
        ("withdrawn", []),
    ],
)
def test_buttons_are_the_transitions(site: Site, state: str, expected: list[str]) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    comment_id = site.waiting(post) if state in {"pending", "rejected"} else site.published(post)
    if state == "hidden":
        decide(maud, comment_id, "hide", state="published", reason="1")
    if state == "rejected":
        decide(maud, comment_id, "spam")
    if state == "withdrawn":
        site.client().post(f"/my/comment/{site.tokens.sign('my-comment', comment_id)}/withdraw")

    assert buttons(maud.get(QUEUE, params={"state": state}), comment_id) == expected


@ON_SQLITE
def test_empty_queue_says_so(site: Site) -> None:
    page = site.client_of(site.maud()).get(QUEUE)

    assert cases(page) == []
    assert 'class="empty"' in page.text


@ON_SQLITE
def test_queue_escapes_hostile_words(site: Site) -> None:
    site.waiting(site.post("<b>Post</b>"), "<script>alert(1)</script>", name="<img src=x onerror=alert(1)>")

    page = site.client_of(site.maud()).get(QUEUE)

    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


# Deciding


DECISIONS = [
    ("approve", State.PENDING, State.PUBLISHED, ""),
    ("reject", State.PENDING, State.REJECTED, "2"),
    ("spam", State.PENDING, State.REJECTED, ""),
    ("hide", State.PUBLISHED, State.HIDDEN, "2"),
    ("spam", State.PUBLISHED, State.HIDDEN, ""),
    ("restore", State.HIDDEN, State.PUBLISHED, ""),
    ("restore", State.REJECTED, State.PUBLISHED, ""),
]


def comment_in(site: Site, state: State, moderator: httpx.Client) -> int:
    """A comment that came into a state by the forms."""
    post = site.post()
    comment_id = site.waiting(post) if state in {State.PENDING, State.REJECTED} else site.published(post)
    if state is State.HIDDEN:
        decide(moderator, comment_id, "hide", state="published", reason="1")
    if state is State.REJECTED:
        decide(moderator, comment_id, "reject", reason="1")
    return comment_id


@pytest.mark.parametrize(("decision", "before", "after", "clause"), DECISIONS)
def test_decision_is_kept_as_fact(site: Site, decision: str, before: State, after: State, clause: str) -> None:
    maud = site.maud()
    client = site.client_of(maud)
    comment_id = comment_in(site, before, client)

    answer = decide(client, comment_id, decision, state=before, reason=clause, explanation=WHY)

    event, comment = decided(site, comment_id)[-1], site.comment(comment_id)
    assert answer.status_code == 303
    assert comment.state is after
    assert (event.decision, event.before, event.after) == (Decision(decision), before, after)
    assert (event.party, event.person_id) == (Party.MODERATOR, maud.id)
    assert (event.revision_id, event.explanation) == (comment.revision_id, WHY)
    assert event.at == site.clock.now
    with site.database.read() as session:
        charter_id = current_charter(session).id
    assert (event.clause, event.charter_id) == ((int(clause), charter_id) if clause else (None, None))
    assert client.get(answer.headers["location"]).text.count('role="status"') == 1


@pytest.mark.parametrize(("decision", "before"), [("reject", State.PENDING), ("hide", State.PUBLISHED)])
@pytest.mark.parametrize("clause", ["", "0", "99", "-1", "first", "9" * 15])
@ON_SQLITE
def test_restriction_names_a_clause(site: Site, decision: str, before: State, clause: str) -> None:
    client = site.client_of(site.maud())
    comment_id = comment_in(site, before, client)

    answer = decide(client, comment_id, decision, state=before, reason=clause, explanation=WHY)

    sent = form(answer, f"case-{comment_id}")
    html = case(answer, comment_id)
    assert answer.status_code == 422
    assert f'id="reason-{comment_id}-error"' in html
    assert f'aria-describedby="reason-{comment_id}-error"' in html
    assert sent["explanation"] == WHY
    assert site.comment(comment_id).state is before
    assert client.post(f"{QUEUE}/{comment_id}", data=sent | {"decision": decision, "reason": "1"}).status_code == 303


@ON_SQLITE
def test_too_long_explanation_comes_back(site: Site) -> None:
    client, comment_id = site.client_of(site.maud()), site.waiting(site.post())

    answer = decide(client, comment_id, "reject", reason="3", explanation="x" * 2001)

    sent = form(answer, f"case-{comment_id}")
    assert answer.status_code == 422
    assert (sent["explanation"], sent["reason"]) == ("x" * 2001, "3")


def test_incomplete_decision_stays_in_sight(site: Site) -> None:
    """Also where the case stands on a later page of the queue."""
    post, client = site.post(), site.client_of(site.maud())
    ids = [site.waiting(post, f"Number {n}.") for n in range(PAGE + 2)]
    page = client.get(next_page(client.get(QUEUE)))
    sent = form(page, f"case-{ids[-1]}") | {"decision": "reject", "explanation": WHY}

    answer = client.post(f"{QUEUE}/{ids[-1]}", data=sent)

    assert answer.status_code == 422
    assert form(answer, f"case-{ids[-1]}")["explanation"] == WHY


@pytest.mark.parametrize("decision", ["", "withdraw", "hold", "hide", "restore", "erase"])
@ON_SQLITE
def test_impossible_decisions_are_refused(site: Site, decision: str) -> None:
    client, comment_id = site.client_of(site.maud()), site.waiting(site.post())

    answer = decide(client, comment_id, decision, reason="1", explanation=WHY)

    assert answer.status_code in {409, 422}
    assert site.comment(comment_id).state is State.PENDING
    assert WHY in answer.text


@ON_SQLITE
def test_unknown_comment_is_not_found(site: Site) -> None:
    client = site.client_of(site.maud())
    comment_id = site.waiting(site.post())
    sent = form(client.get(QUEUE), f"case-{comment_id}") | {"decision": "approve"}

    assert client.post(f"{QUEUE}/999", data=sent).status_code == 404


# Two at once


def test_slower_moderator_is_told(site: Site) -> None:
    maud, eve = site.client_of(site.maud()), site.client_of(site.person("Eve", Role.MODERATOR))
    post = site.post()
    comment_id, _ = site.waiting(post), site.waiting(post, "Another one.")
    sent = form(eve.get(QUEUE), f"case-{comment_id}") | {"decision": "reject", "reason": "2", "explanation": WHY}
    decide(maud, comment_id, "approve")

    answer = eve.post(f"{QUEUE}/{comment_id}", data=sent)

    assert answer.status_code == 409
    assert answer.text.count('role="alert"') == 1
    assert WHY in answer.text
    assert site.comment(comment_id).state is State.PUBLISHED
    assert len(decided(site, comment_id)) == 1


@ON_SQLITE
def test_explanation_outlives_the_last_case(site: Site) -> None:
    maud, eve = site.client_of(site.maud()), site.client_of(site.person("Eve", Role.MODERATOR))
    comment_id = site.waiting(site.post())
    sent = form(eve.get(QUEUE), f"case-{comment_id}") | {"decision": "reject", "reason": "2", "explanation": WHY}
    decide(maud, comment_id, "approve")

    answer = eve.post(f"{QUEUE}/{comment_id}", data=sent)

    assert answer.status_code == 409
    assert WHY in answer.text


def test_edited_text_is_not_decided_blindly(site: Site) -> None:
    maud = site.client_of(site.maud())
    comment_id = site.waiting(site.post(), "Harmless words.")
    sent = form(maud.get(QUEUE), f"case-{comment_id}") | {"decision": "approve"}
    own = f"/my/comment/{site.tokens.sign('my-comment', comment_id)}"
    site.client().post(own, data={"body": "Quite other words."})

    answer = maud.post(f"{QUEUE}/{comment_id}", data=sent)

    assert answer.status_code == 409
    assert "Quite other words." in case(answer, comment_id)
    assert site.comment(comment_id).state is State.PENDING


@pytest.mark.parametrize("version", ["", "0", "x", "9" * 15])
@ON_SQLITE
def test_forged_version_decides_nothing(site: Site, version: str) -> None:
    client, comment_id = site.client_of(site.maud()), site.waiting(site.post())

    assert decide(client, comment_id, "approve", version=version).status_code == 409
    assert site.comment(comment_id).state is State.PENDING


# Many at once


def test_selection_is_decided_together(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    ids = [site.waiting(post, f"Number {n}.") for n in range(4)]

    answer = bulk(maud, ids[:3], "approve")

    states = [site.comment(id_).state for id_ in ids]
    assert answer.status_code == 303
    assert states == [State.PUBLISHED] * 3 + [State.PENDING]
    assert site.counts(post) == (3, 3)
    assert all(len(decided(site, id_)) == 1 for id_ in ids[:3])
    assert "3" in words_of(maud.get(answer.headers["location"]))


def test_changed_cases_are_left_alone(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    ids = [site.waiting(post, f"Number {n}.") for n in range(3)]
    sent: dict[str, object] = {**form(maud.get(QUEUE), "bulk"), "decision": "approve"}
    edited, withdrawn, kept = ids
    site.client().post(f"/my/comment/{site.tokens.sign('my-comment', edited)}", data={"body": "Other words."})
    site.client().post(f"/my/comment/{site.tokens.sign('my-comment', withdrawn)}/withdraw")

    answer = maud.post(QUEUE, data=sent | {"selected": [*map(str, ids), "999"]})

    assert answer.status_code == 303
    assert [site.comment(id_).state for id_ in ids] == [State.PENDING, State.WITHDRAWN, State.PUBLISHED]
    assert "1 comments were decided; 3 had changed" in words_of(maud.get(answer.headers["location"]))
    assert site.counts(post) == (1, 1)
    assert [event.decision for event in decided(site, kept)] == [Decision.APPROVE]


def test_wholly_changed_selection_is_told(site: Site) -> None:
    maud, comment_id = site.client_of(site.maud()), site.waiting(site.post())
    sent: dict[str, object] = {**form(maud.get(QUEUE), "bulk"), "decision": "approve", "selected": str(comment_id)}
    site.client().post(f"/my/comment/{site.tokens.sign('my-comment', comment_id)}/withdraw")

    answer = maud.post(QUEUE, data=sent)

    assert answer.status_code == 409
    assert site.comment(comment_id).state is State.WITHDRAWN


@pytest.mark.parametrize("selected", [[], ["x"], ["0"]])
@ON_SQLITE
def test_empty_selection_decides_nothing(site: Site, selected: list[str]) -> None:
    maud, comment_id = site.client_of(site.maud()), site.waiting(site.post())
    sent: dict[str, object] = {**form(maud.get(QUEUE), "bulk"), "decision": "reject", "explanation": WHY}

    answer = maud.post(QUEUE, data=sent | {"selected": selected})

    assert answer.status_code in {409, 422}
    assert answer.text.count('role="alert"') == 1
    assert form(answer, "bulk")["explanation"] == WHY
    assert site.comment(comment_id).state is State.PENDING


def test_bulk_restriction_names_a_clause(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    ids = [site.waiting(post, f"Number {n}.") for n in range(3)]

    answer = bulk(maud, ids[:2], "reject", explanation=WHY)

    assert answer.status_code == 422
    assert form(answer, "bulk")["explanation"] == WHY
    checked = re.findall(r'name="selected" value="(\d+)"[^>]* checked', answer.text)
    assert [int(id_) for id_ in checked] == ids[:2]
    assert {site.comment(id_).state for id_ in ids} == {State.PENDING}


def test_bulk_decides_each_case_once(site: Site) -> None:
    maud, comment_id = site.client_of(site.maud()), site.waiting(site.post())

    bulk(maud, [comment_id, comment_id], "approve")

    assert len(decided(site, comment_id)) == 1


# Pages of the queue


@pytest.mark.parametrize("state", ["pending", "published"])
def test_queue_pages_reach_every_case(site: Site, state: str) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    make = site.waiting if state == "pending" else site.published
    ids = [make(post, f"Number {n}.") for n in range(2 * PAGE + 1)]
    if state == "published":
        ids.reverse()

    seen, address = [], f"{QUEUE}?state={state}"
    for _ in range(3):
        page = maud.get(address)
        seen.append(cases(page))
        address = next_page(page)

    assert seen == [ids[:PAGE], ids[PAGE : 2 * PAGE], ids[2 * PAGE :]]
    assert address == ""


def test_page_stays_when_cases_leave(site: Site) -> None:
    """A key and not a number: decisions on the first page do not make the second one skip cases."""
    post, maud = site.post(), site.client_of(site.maud())
    ids = [site.waiting(post, f"Number {n}.") for n in range(PAGE + 3)]
    more = next_page(maud.get(QUEUE))
    bulk(maud, ids[:PAGE], "approve")

    assert cases(maud.get(more)) == ids[PAGE:]


@pytest.mark.parametrize("query", ["state=x", "after=x", "after=-1", "before=9999999999999999999", "state=erased"])
@ON_SQLITE
def test_strange_queries_show_the_queue(site: Site, query: str) -> None:
    comment_id = site.waiting(site.post())

    page = site.client_of(site.maud()).get(f"{QUEUE}?{query}")

    assert page.status_code == 200
    assert cases(page) == [comment_id]


# Who may


@pytest.mark.parametrize("role", Role)
@ON_SQLITE
def test_only_moderators_see_the_queue(site: Site, role: Role) -> None:
    comment_id = site.waiting(site.post())
    client, allowed = site.client_of(site.person("Robin", role)), may(role, Deed.MODERATE)
    commenter_id = site.comment(comment_id).commenter_id

    paths = [QUEUE, f"{QUEUE}/addresses/{commenter_id}"]

    assert {client.get(path).status_code for path in paths} == {200 if allowed else 404}


@ON_SQLITE
def test_authors_cannot_decide(site: Site) -> None:
    alice, comment_id = site.client_of(site.alice()), site.waiting(site.post())
    token = form(alice.get("/admin/posts/new"), "post-form")["csrf"]
    sent = {"csrf": token, "version": "1", "decision": "approve", "selected": str(comment_id)}

    answers = [alice.post(path, data=sent) for path in (f"{QUEUE}/{comment_id}", QUEUE)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert site.comment(comment_id).state is State.PENDING


@ON_SQLITE
def test_signed_out_moderator_signs_in_first(site: Site) -> None:
    answer = site.client().get(QUEUE)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/admin/moderation"


@pytest.mark.parametrize("path", ["/{}", ""])
@ON_SQLITE
def test_decision_outlives_the_session(site: Site, path: str) -> None:
    maud, comment_id = site.maud(), site.waiting(site.post())
    client = site.client_of(maud)
    form_id = f"case-{comment_id}" if path else "bulk"
    sent = form(client.get(QUEUE), form_id) | {"decision": "reject", "reason": "2", "explanation": WHY}
    sent |= {} if path else {"selected": str(comment_id)}
    address = QUEUE + path.format(comment_id)

    refused = site.client().post(address, data=sent)
    back = site.client_of(maud)
    kept = all_fields(refused)
    once_more = back.post(address, data=kept)
    done = back.post(address, data=all_fields(once_more))

    assert (refused.status_code, once_more.status_code, done.status_code) == (403, 403, 303)
    assert {name: kept[name] for name in sent if name != "csrf"} == {n: v for n, v in sent.items() if n != "csrf"}
    assert decided(site, comment_id)[0].explanation == WHY


def all_fields(page: httpx.Response) -> dict[str, str]:
    """The fields of a page's only form, which has no id."""
    found = re.search(r'<form class="stack" method="post".*?</form>', page.text, re.S)
    assert found
    return form(httpx.Response(200, text=found[0].replace("<form", '<form id="again"')), "again")


# What others learn


@pytest.mark.parametrize("decision", ["reject", "hide"])
def test_public_log_names_nobody(site: Site, decision: str) -> None:
    maud, post = site.client_of(site.maud()), site.post()
    comment_id = site.waiting(post) if decision == "reject" else site.published(post)
    decide(maud, comment_id, decision, state=site.comment(comment_id).state, reason="2", explanation=WHY)

    log = site.client().get("/moderation/log")

    assert "/charter#clause-2" in log.text
    assert "The garden" in log.text
    assert not [word for word in ("Maud", "Bob", "bob@example.org", WHY, "A fine garden.") if word in log.text]


def test_log_leaves_out_unpublished_posts(site: Site) -> None:
    maud, post = site.client_of(site.maud()), site.post()
    decide(maud, site.waiting(post), "approve")
    before = site.client().get("/moderation/log").text

    site.unpublish(post)

    assert "The garden" in before
    assert "The garden" not in site.client().get("/moderation/log").text


def test_decision_keeps_its_charter(site: Site) -> None:
    """A charter that changes later does not change what was decided by."""
    ada, comment_id = site.client_of(site.ada()), site.waiting(site.post())
    decide(ada, comment_id, "reject", reason="2")
    page = ada.get("/admin/charter")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token

    ada.post("/admin/charter", data={"csrf": token[1], "body": "# New\n\n## One rule\n\nBe good.\n"})

    own = site.client().get(f"/my/comment/{site.tokens.sign('my-comment', comment_id)}")
    assert how_many(site, CharterVersion) == 2
    with site.database.read() as session:
        assert decided(site, comment_id)[0].charter_id != current_charter(session).id
    assert "clause 2: " in own.text
    assert "One rule" in site.client().get("/charter").text
    assert decide(ada, comment_id, "restore", state="rejected", reason="2").status_code == 422


@ON_SQLITE
def test_charter_without_clauses_comes_back(site: Site) -> None:
    ada = site.client_of(site.ada())
    token = re.search(r'name="csrf" value="([^"]+)"', ada.get("/admin/charter").text)
    assert token

    answer = ada.post("/admin/charter", data={"csrf": token[1], "body": "Just be nice."})

    assert answer.status_code == 422
    assert complaint(answer, "body")
    assert "Just be nice.</textarea>" in answer.text
    assert how_many(site, CharterVersion) == 1


def test_mode_of_site_is_set_at_the_desk(site: Site) -> None:
    ada, post = site.client_of(site.ada()), site.post()
    token = re.search(r'name="csrf" value="([^"]+)"', ada.get("/admin/settings").text)
    assert token

    ada.post("/admin/settings", data={"csrf": token[1], "title": "The site", "moderation": "post"})

    comment = site.comment(comment_id_of(site, comment_on(site.client(), post)))
    assert (comment.state, comment.mode) == (State.PUBLISHED, Mode.POST)
