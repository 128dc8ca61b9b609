"""The public log: a line for whatever happened, nobody's name, and all that is needed to verify it."""

import feedparser
import pytest
from friends import Site

from agora.actions import ledger as actions
from agora.actions import site as site_actions
from agora.rules import log_lines
from agora.rules.log_file import Sound, verify
from agora.rules.moderation import Decision
from agora.rules.policy import Mode
from agora.signing import LogKey, is_signed
from agora.store import ledger
from agora.store.people import Person
from agora.store.site import the_site
from web.looking import ON_SQLITE, words_of

LOG = "/moderation/log"
WHY = "This calls Charlie names."


@pytest.fixture
def judged(site: Site) -> Site:
    """A site on which Maud hid a comment."""
    comment_id = site.published(site.post())
    site.judge(comment_id, Decision.HIDE, site.maud(), clause=2, explanation=WHY)
    return site


def head_of(site: Site) -> str:
    with site.database.read() as session:
        return "{}:{}".format(*ledger.head(session))


def sign(site: Site) -> None:
    with site.writing() as session:
        actions.sign(session, LogKey(site.settings.secret_key), now=site.clock.now)


def test_log_says_what_why_when(judged: Site) -> None:
    said = words_of(judged.client().get(LOG))
    assert "Hidden · Moderator · The garden" in said
    assert "charter, clause 2" in said
    assert head_of(judged) in said


@ON_SQLITE
def test_log_names_who_wishes_it(judged: Site) -> None:
    with judged.database.read() as session:
        person = session.get_one(Person, 1)
    maud = judged.client_of(person)
    before = judged.client().get(LOG).text
    page = maud.get("/account")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    fields = {"csrf": csrf, "name": "Maud", "language": "en", "named_in_log": "yes"}
    assert maud.post("/account", data=fields).status_code == 303
    assert "Maud" not in before
    assert "Moderator Maud" in words_of(judged.client().get(LOG))
    maud.post("/account", data=fields | {"named_in_log": ""})
    assert "Maud" not in judged.client().get(LOG).text


def test_changes_of_rules_are_told(judged: Site) -> None:
    with judged.writing() as session:
        site_actions.change_charter(session, "## Be brief", language="en", by=None, now=judged.clock.now)
        site = the_site(session)
        stated = {"title": site.title, "tagline": "", "contact": "", "moderation": Mode.PRE}
        site_actions.change_site(session, site, **stated, by=None, now=judged.clock.now)
    said = words_of(judged.client().get(f"{LOG}?kind=rules"))
    assert "The charter was changed" in said
    assert "How the site moderates was changed" in said
    assert "Hidden" not in said
    assert 'charter?version=1#clause-2"' in judged.client().get(LOG).text


@ON_SQLITE
def test_log_goes_back_page_by_page(site: Site) -> None:
    for number in range(1, 121):
        with site.writing() as session:
            kind = "report.received" if number % 2 else "log.key"
            ledger.append(session, kind, at=site.clock.now, facts={"report": f"R-{number}"})
    client, path, seen = site.client(), LOG, 0
    while path:
        page = client.get(path)
        seen += page.text.count('id="entry-')
        path = page.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert seen == 120
    assert client.get(f"{LOG}?kind=reports").text.count('id="entry-') == 50
    assert client.get(f"{LOG}?kind=reports&before=20").text.count('id="entry-') == 10
    assert client.get(f"{LOG}?kind=nothing").status_code == 404


def test_whole_log_can_be_downloaded(judged: Site) -> None:
    assert judged.client().get(f"{LOG}.jsonl").status_code == 404
    sign(judged)
    answer = judged.client().get(f"{LOG}.jsonl")
    found = verify(answer.content.splitlines(keepends=True), is_signed)
    assert isinstance(found, Sound)
    assert f"{found.number}:{found.seal}" == head_of(judged)
    assert found.key in judged.client().get(LOG).text
    assert not [word for word in ("Maud", "Bob", WHY) if word in answer.text]


@ON_SQLITE
def test_feed_tells_the_head(judged: Site) -> None:
    sign(judged)
    feed = feedparser.parse(judged.client().get(f"{LOG}.atom").content)
    assert not feed.bozo
    assert head_of(judged) in feed.feed.subtitle
    assert len(feed.entries) == 3  # the decision, the key, the charter
    assert WHY not in str(feed)


def test_page_is_new_when_the_log_grew(judged: Site) -> None:
    client = judged.client()
    before = client.get(LOG).text
    sign(judged)
    assert head_of(judged) in client.get(LOG).text != before


@ON_SQLITE
def test_first_signature_seals_the_charter(judged: Site) -> None:
    sign(judged)
    with judged.database.read() as session:
        entries = ledger.of_kind(session, "charter.changed")
        assert [ledger.facts_of(entry)["charter"] for entry in entries] == [1]


def test_every_kind_has_its_list() -> None:
    listed = [kind for _, kinds in log_lines.LISTS.values() for kind in kinds]
    assert sorted(listed) == sorted([*log_lines.HAPPENED, log_lines.DECISIONS])
