"""The policy as an administrator changes it and as commenters meet it."""

import httpx
import pytest
from bench.evil import EXPRESSIONS, TEXTS
from friends import Site, comment_id_of, comment_on, form
from sqlalchemy import func, select

from agora.rules.moderation import State
from agora.rules.policy import SENTENCES, Mode
from agora.rules.statements import Automation
from agora.store.policies import Policy
from agora.store.statements import Statement
from agora.web.presenters.queue import CODE_NAMES
from web.looking import ON_SQLITE, complaint, how_many
from web.test_preparing import somebody_writes

PATH = "/admin/policy"
PHONE = "The gardener answers at 06 12 34 56 78."


def change(client: httpx.Client, action: str = "save", **choices: object) -> httpx.Response:
    """Send the form of the policy as it is shown, but for these choices."""
    sent = form(client.get(PATH), "policy-form") | {name: str(value) for name, value in choices.items()}
    return client.post(PATH, data=sent | {"action": action})


def saved(site: Site, **choices: object) -> int:
    """Make a version of the policy with these choices; its number."""
    assert change(site.client_of(site.ada()), **choices).headers["location"] == f"{PATH}?done=saved"
    with site.database.read() as session:
        return session.scalar(select(func.max(Policy.id))) or 0


def versions(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(Policy)) or 0


def codes(site: Site, answer: httpx.Response) -> list[str]:
    return [reason.code for reason in site.comment(comment_id_of(site, answer)).revision.why]


# At the desk


def test_only_administrators_see_it(site: Site) -> None:
    assert site.client().get(PATH).status_code != 200
    assert site.client_of(site.maud()).get(PATH).status_code == 404
    assert site.client_of(site.ada()).get(PATH).status_code == 200


def test_first_version_begins_with_the_settings(database_url: str, tmp_path: object) -> None:
    with Site(database_url, tmp_path / "data", max_links="7", held_words="casino,loto") as site:  # type: ignore[operator]
        shown = form(site.client_of(site.ada()).get(PATH), "policy-form")

    assert (shown["max_links"], shown["held_words"], shown["base"]) == ("7", "casino\nloto", "")


def test_verdict_names_the_version(site: Site) -> None:
    first = saved(site, held_words="casino")
    answer = comment_on(site.client(), site.post(moderation="post"), "A casino!")

    assert codes(site, answer) == ["words"]
    posted = site.history(comment_id_of(site, answer))[0]
    assert posted.details["policy"] == first


@ON_SQLITE
def test_same_policy_is_no_new_version(site: Site) -> None:
    saved(site, max_links=3)
    answer = change(site.client_of(site.person("Zoe", "administrator")))  # type: ignore[arg-type]

    assert answer.headers["location"] == f"{PATH}?done=same"
    assert versions(site) == 1


def test_two_administrators_do_not_overwrite_each_other(site: Site) -> None:
    client = site.client_of(site.ada())
    stale = form(client.get(PATH), "policy-form")
    change(client, max_links=3)

    answer = client.post(PATH, data=stale | {"max_links": "5", "action": "save"})

    assert answer.status_code == 409
    assert form(answer, "policy-form")["max_links"] == "5"
    assert versions(site) == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("held_words", "casino\n/cas[ino/", "The expression /cas[ino/ cannot be read at character 9"),
        ("blocked_words", "?", "“?” has no letters or digits."),
        ("max_links", "many", "A whole number from 0 to 1000 is expected."),
        ("capitals_percent", "5", "A whole number from 10 to 100 is expected."),
        ("languages", "fr, klingon", "“klingon” is none of the languages"),
        ("languages", "", "Name at least one language."),
    ],
)
def test_faulty_policy_is_not_saved(site: Site, field: str, value: str, says: str) -> None:
    answer = change(site.client_of(site.ada()), **{field: value})

    assert answer.status_code == 422
    assert says in complaint(answer, field)
    assert form(answer, "policy-form")[field] == value
    assert versions(site) == 0


@ON_SQLITE
def test_earlier_version_can_be_opened(site: Site) -> None:
    first = saved(site, max_links=3)
    client = site.client_of(site.person("Zoe", "administrator"))  # type: ignore[arg-type]
    change(client, max_links=4)

    shown = form(client.get(f"{PATH}?version={first}"), "policy-form")

    assert (shown["max_links"], shown["base"]) == ("3", str(first + 1))


def test_every_reason_has_a_short_name() -> None:
    """By which the queue is filtered."""
    assert set(SENTENCES) - set(CODE_NAMES) == set()


# Trying out


def test_trial_tells_who_would_fare_otherwise(site: Site) -> None:
    post = site.post()
    site.published(post, "Come to the casino!", name="Bob")
    held = site.waiting(post, "Nothing special.", name="Charlie")

    answer = change(site.client_of(site.ada()), "try", held_words="casino", blocked_words="special")

    assert answer.status_code == 200
    rows = answer.text.split("<tbody>")[1].split("</tbody>")[0]
    assert rows.count("<tr>") == 2
    assert f"/admin/moderation/{held}" in rows
    assert "watched words: casino" in rows
    assert form(answer, "policy-form")["held_words"] == "casino"
    assert versions(site) == 0


@ON_SQLITE
def test_mode_is_tried_and_saved_too(site: Site) -> None:
    client = site.client_of(site.ada())
    site.waiting(site.post(), "Nothing special.")

    # The site reads first comments; this one was sent when it read all of them, and is another story.
    site.published(site.post("Another garden"), "A newcomer.", mode=Mode.FIRST_TIME)
    trial = change(client, "try", moderation="post")
    assert trial.text.split("<tbody>")[1].count("<tr>") == 1
    assert form(trial, "policy-form")["moderation"] == "post"

    assert change(client, moderation="post").headers["location"] == f"{PATH}?done=saved"
    assert versions(site) == 0
    assert site.comment(comment_id_of(site, comment_on(site.client(), site.post("A third")))).state is State.PUBLISHED


@ON_SQLITE
def test_trial_waits_for_nobody(site: Site) -> None:
    client = site.client_of(site.ada())
    site.published(site.post(), "One. Two. Three.")
    sent = form(client.get(PATH), "policy-form") | {"held_words": "/one/", "action": "try"}

    with somebody_writes(site):
        assert client.post(PATH, data=sent).status_code == 200


# What commenters meet


@pytest.mark.parametrize("choice", [{"blocked_words": "casino"}, {"blocked_words": "/cas[i1]no/"}])
@ON_SQLITE
def test_blocked_text_comes_back(site: Site, choice: dict[str, str]) -> None:
    saved(site, **choice)

    answer = comment_on(site.client(), site.post(), "Come to the casino!")

    assert answer.status_code == 422
    assert "This site does not take texts with these words" in answer.text
    assert form(answer, "comment-form")["body"] == "Come to the casino!"
    assert how_many(site) == 0


def test_personal_data_are_pointed_out_first(site: Site) -> None:
    client, post = site.client(), site.post(moderation="post")
    asked = comment_on(client, post, PHONE)

    assert asked.status_code == 422
    assert "Your text seems to contain a telephone number: 06 12 34 56 78." in asked.text
    assert how_many(site) == 0

    sent = form(asked, "comment-form") | {"action": "as-it-is"}
    assert codes(site, client.post(f"/posts/{post.slug}/comments", data=sent)) == ["phone"]


@ON_SQLITE
def test_mended_text_appears(site: Site) -> None:
    client, post = site.client(), site.post(moderation="post")
    asked = comment_on(client, post, PHONE)

    sent = form(asked, "comment-form") | {"body": "The gardener answers."}
    mended = client.post(f"/posts/{post.slug}/comments", data=sent)

    assert site.comment(comment_id_of(site, mended)).state is State.PUBLISHED


@ON_SQLITE
def test_personal_data_are_pointed_out_in_preview_and_edit(site: Site) -> None:
    client, post = site.client(), site.post(moderation="post")
    assert "seems to contain a telephone number" in comment_on(client, post, PHONE, action="preview").text

    own = comment_on(client, post).headers["location"].split("?")[0]
    asked = client.post(own, data={"body": PHONE})
    assert asked.status_code == 422
    assert 'value="as-it-is"' in asked.text
    assert client.post(own, data={"body": PHONE, "action": "as-it-is"}).status_code == 303
    assert "waiting to be read" in client.get(own).text


@ON_SQLITE
def test_website_field_is_not_looked_at(site: Site) -> None:
    answer = comment_on(site.client(), site.post(moderation="post"), website="https://example.org/0612345678")

    assert codes(site, answer) == []


def test_slow_mode_asks_for_patience(site: Site) -> None:
    post = site.post(moderation="post", slow_seconds=90)
    assert comment_on(site.client(), post, "One.").status_code == 303
    site.clock.forward(seconds=30)

    early = comment_on(site.client(), post, "Two.")

    assert (early.status_code, early.headers["retry-after"]) == (429, "61")
    assert form(early, "comment-form")["body"] == "Two."
    assert comment_on(site.client(), site.post("Another garden"), "Two.").status_code == 303
    site.clock.forward(seconds=61)
    assert comment_on(site.client(), post, "Two, again.").status_code == 303


@pytest.mark.parametrize("stated", [{"post": 5}, {"policy": 5}, {"post": 5, "policy": 9}], ids=str)
@ON_SQLITE
def test_discussion_closes_by_itself(site: Site, stated: dict[str, int]) -> None:
    if "policy" in stated:
        saved(site, close_after_days=stated["policy"])
    post = site.post(close_after_days=stated.get("post"))
    client = site.client()
    assert comment_on(client, post, "In time.").status_code == 303
    page = client.get(f"/posts/{post.slug}")
    site.clock.forward(days=5, minutes=1)

    late = client.post(f"/posts/{post.slug}/comments", data=form(page, "comment-form") | {"body": "Too late."})

    assert late.status_code == 403
    assert "Too late." in late.text
    assert 'id="comment-form"' not in client.get(f"/posts/{post.slug}").text


@ON_SQLITE
def test_post_never_closes_if_it_says_so(site: Site) -> None:
    saved(site, close_after_days=5)
    post = site.post(close_after_days=0)
    site.clock.forward(days=9)

    assert comment_on(site.client(), post).status_code == 303


@ON_SQLITE
def test_editor_keeps_pace_and_end(site: Site) -> None:
    client, address = site.client_of(site.ada()), f"/admin/posts/{site.post().id}"

    wrong = client.post(address, data=form(client.get(address), "post-form") | {"slow_seconds": "soon"})
    sent = form(wrong, "post-form") | {"slow_seconds": "60", "close_after_days": ""}
    client.post(address, data=sent | {"action": "save"})

    assert wrong.status_code == 422
    kept = form(client.get(address), "post-form")
    assert (kept["slow_seconds"], kept["close_after_days"]) == ("60", "")


@pytest.mark.parametrize(
    ("choices", "body", "code"),
    [
        ({"links_of_new": "hold", "max_links_of_new": 0, "spam": "off"}, "See https://example.org/", "links-of-new"),
        ({"language": "hold"}, "Mi piace molto questa biblioteca perché ci sono sempre dei libri nuovi.", "language"),
        ({"shouting": "hold"}, "THIS IS AN OUTRAGE AND NOBODY SAYS A WORD", "capitals"),
        ({"shouting": "hold"}, "Really?!?!?!?!", "signs"),
        ({"held_words": "/f(i|y)ne/"}, "A FYNE garden.", "words"),
        ({"held_words": "casino"}, "This garden was a саѕіnо once.", "words"),
    ],
)
@ON_SQLITE
def test_chosen_check_holds(site: Site, choices: dict[str, object], body: str, code: str) -> None:
    saved(site, **choices)

    assert codes(site, comment_on(site.client(), site.post(moderation="post"), body)) == [code]


SPAM = "Win money fast at our casino! Best bonus, free spins: http://win.example/casino"


@pytest.mark.parametrize(
    ("effect", "state"), [("off", State.PUBLISHED), ("hold", State.PENDING), ("reject", State.REJECTED)]
)
def test_spam_fares_as_chosen(site: Site, effect: str, state: State) -> None:
    saved(site, spam=effect, max_links=9)

    answer = comment_on(site.client(), site.post(moderation="post"), SPAM)

    comment = site.comment(comment_id_of(site, answer))
    assert comment.state is state
    assert [reason.code for reason in comment.revision.why] == ([] if effect == "off" else ["spam"])


@ON_SQLITE
def test_rejection_by_policy_calls_no_moderator(site: Site) -> None:
    site.maud()
    saved(site, spam="reject", max_links=9)

    answer = comment_on(site.client(), site.post(moderation="post"), SPAM)
    site.clock.forward(days=1)
    site.deliver()

    comment_id = comment_id_of(site, answer)
    history = [(event.kind, event.party) for event in site.history(comment_id)]
    assert history == [("comment.posted", None), ("comment.decided", "policy")]
    assert site.letters() == []
    with site.database.read() as session:
        statement = session.scalars(select(Statement).where(Statement.comment_id == comment_id)).one()
        assert (statement.automation, statement.policy_id) == (Automation.FULLY, 1)


@ON_SQLITE
def test_edit_into_spam_is_rejected(site: Site) -> None:
    saved(site, spam="reject", max_links=9)
    own = comment_on(site.client(), site.post(moderation="post")).headers["location"].split("?")[0]

    site.client().post(own, data={"body": SPAM})

    assert "was not published" in site.client().get(own).text


@ON_SQLITE
def test_slow_expression_holds_the_comment(site: Site) -> None:
    saved(site, held_words="\n".join(f"/{source}/" for source in EXPRESSIONS))

    answer = comment_on(site.client(), site.post(moderation="post"), TEXTS[0])

    assert "slow-rule" in codes(site, answer)
