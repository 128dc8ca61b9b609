"""One disputed comment, from posting to report, decision, letter, appeal, reversal and log, as those concerned see it.

`pytest tests/browser/test_disputed_comment.py --album FOLDER` takes the pictures of docs/disputed-comment.md.
"""

import json
import re
from email.message import EmailMessage
from typing import Any

import pytest
from friends import Site
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import inspect, select

from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.store.appeals import Appeal
from agora.store.ledger import LedgerEntry
from agora.store.people import Person
from agora.store.posts import Post
from agora.store.reports import Report, ReportItem
from agora.store.statements import Statement
from browser.album import Album
from browser.visits import visit

pytestmark = pytest.mark.browser

TEXT = (
    "Depuis que Mme Lachaux dirige la bibliothèque, la salle de lecture est un hall de gare. Elle a supprimé le "
    "silence sans demander son avis à personne, et c’est elle qui devrait en répondre devant le conseil municipal."
)
WHY_REPORTED = "Le commentaire nomme une personne et l’accuse, au lieu de discuter de sa décision."
WHY_HIDDEN = "Votre commentaire met en cause une personne nommée, et non la décision dont parle l’article."
WHY_CONTESTED = (
    "Mme Lachaux est directrice, et l’article porte sur sa décision. Je critique ce qu’elle a fait dans sa fonction, "
    "sans rien dire de sa vie."
)
WHY_RESTORED = (
    "Vous avez raison : vous critiquez une décision prise dans une fonction publique, et la nommer fait partie du "
    "sujet."
)
NOE, CLAIRE = "noe.garnier@example.org", "claire.lachaux@example.org"


class Dispute:
    """A site on which two people disagree about a third one's comment, and a window for whoever looks."""

    def __init__(self, site: Site, chromium: Browser, album: Album) -> None:
        self.site, self.chromium, self.album = site, chromium, album
        self.maud = site.person("Maud", Role.MODERATOR, language="fr")
        self.camille = site.person("Camille", Role.ADMINISTRATOR, language="fr")
        body = "Le silence n’est plus une règle, mais un service : **deux salles** sur cinq restent calmes."
        self.post: Post = site.post("Faut-il encore se taire à la bibliothèque ?", body=body, language="fr")
        self.comment_id = 0

    @property
    def state(self) -> State:
        return self.site.comment(self.comment_id).state

    def letter(self, to: str, name: str) -> str:
        """The latest letter to somebody, once it has left; its text."""
        self.site.clock.forward(seconds=61)
        self.site.deliver()
        letter: EmailMessage = [each for each in self.site.letters() if each["To"] == to][-1]
        with visit(self.chromium, self.site) as page:
            self.album.take_letter(page, letter, name)
        return str(letter.get_content())

    def decide(self, person: Person, decision: str, explanation: str, name: str, *, clause: str = "") -> None:
        """With the form of the case, as a moderator without JavaScript would."""
        with visit(self.chromium, self.site, person, java_script_enabled=False) as page:
            page.goto(f"/admin/moderation/{self.comment_id}")
            form = page.locator(f"form#case-{self.comment_id}")
            if not form.locator("[name=explanation]").is_visible():
                form.locator("details:has([name=explanation]) > summary").click()
            if clause:
                form.locator("[name=reason]").select_option(clause)
            form.locator("[name=explanation]").fill(explanation)
            self.album.take(page, name)
            form.locator(f"button[value={decision}]").click()
            expect(page.locator("[role=status], [role=alert]").first).to_be_visible()
            self.album.take(page, f"{name}-after")


def address_in(text: str, begins: str) -> str:
    found = re.search(rf"https?://[^/\s]+({re.escape(begins)}\S+)", text)
    assert found, text
    return found[1]


def test_disputed_comment_gets_due_process(french_site: Site, chromium: Browser, album: Album) -> None:
    dispute = Dispute(french_site, chromium, album)
    own = post_and_confirm(dispute)
    reporter = report(dispute)
    french_site.clock.forward(hours=2)
    dispute.decide(dispute.maud, "hide", WHY_HIDDEN, "case-reported", clause="2")
    assert dispute.state is State.HIDDEN
    assert "contester" in dispute.letter(NOE, "letter-hidden")
    assert WHY_HIDDEN in dispute.letter(CLAIRE, "letter-report-decided").replace("\n", " ")

    french_site.clock.forward(days=1)
    contest(dispute, own)
    french_site.clock.forward(days=1)
    dispute.decide(dispute.maud, "restore", "Je maintiens.", "case-contested-same-person")
    assert dispute.state is State.HIDDEN
    dispute.decide(dispute.camille, "restore", WHY_RESTORED, "case-contested")
    assert dispute.state is State.PUBLISHED
    dispute.letter(NOE, "letter-appeal-answered")

    look_afterwards(dispute, own, reporter)
    album.write("records.json", json.dumps(records(dispute), ensure_ascii=False, indent=1))


def post_and_confirm(dispute: Dispute) -> str:
    """Noé comments and confirms his address; the address of his own page."""
    with visit(dispute.chromium, dispute.site) as page:
        page.goto(f"/posts/{dispute.post.slug}")
        form = page.locator("#comment-form")
        form.locator("#name").fill("Noé Garnier")
        form.locator("#email").fill(NOE)
        form.locator("#body").fill(TEXT)
        form.locator("#letters").check()
        form.locator("button:not([value])").click()
        page.wait_for_url("**/my/comment/**")
        own = page.url.removeprefix(dispute.site.base_url).partition("?")[0]
        dispute.comment_id = int(dispute.site.tokens.open("my-comment", own.rpartition("/")[2]))
        page.goto(address_in(dispute.letter(NOE, "letter-received"), "/my/address/"))
        page.locator("main button:not([value])").click()
        page.wait_for_url("**/my/comment/**")
    if dispute.state is State.PENDING:
        dispute.site.clock.forward(hours=1)
        dispute.decide(dispute.camille, "approve", "", "case-new")
    assert dispute.state is State.PUBLISHED
    return own


def report(dispute: Dispute) -> str:
    """Claire reports the comment; the address of her page."""
    dispute.site.clock.forward(hours=3)
    with visit(dispute.chromium, dispute.site) as page:
        page.goto(f"/comments/{dispute.comment_id}")
        dispute.album.take(page, "published")
        page.locator(f"#comment-{dispute.comment_id} a[href$='/report']").click()
        page.locator("#reason-2").check()
        page.locator("#explanation").fill(WHY_REPORTED)
        page.locator("#name").fill("Claire Lachaux")
        page.locator("#email").fill(CLAIRE)
        page.locator("#good_faith").check()
        dispute.album.take(page, "report-form")
        page.locator("#report-form button").click()
        page.wait_for_url("**/my/report/**")
        dispute.album.take(page, "report-receipt")
        reporter = page.url.removeprefix(dispute.site.base_url).partition("?")[0]
        assert re.search(r"R-\d{4}-\w{4}-\w{4}", dispute.letter(CLAIRE, "letter-report-received"))
    return reporter


def contest(dispute: Dispute, own: str) -> None:
    """Noé reads the statement of reasons on his page, and contests the decision there."""
    with visit(dispute.chromium, dispute.site) as page:
        page.goto(own)
        expect(page.locator("main")).to_contain_text(WHY_HIDDEN)
        page.locator("#contest textarea").fill(WHY_CONTESTED)
        dispute.album.take(page, "own-page-hidden")
        page.locator("#contest button").click()
        page.wait_for_url("**done=contested**")
        dispute.album.take(page, "appeal-receipt")


def look_afterwards(dispute: Dispute, own: str, reporter: str) -> None:
    with visit(dispute.chromium, dispute.site) as page:
        for path, name in ((own, "own-page-restored"), (reporter, "report-after-appeal"), ("/moderation/log", "log")):
            page.goto(path)
            dispute.album.take(page, name)
        assert_is_told(page, "/moderation/log", "Contest")
        year = dispute.site.clock.now.year
        page.goto(f"/moderation/report?year={year}")
        dispute.album.take(page, "transparency-report")
        page.goto(f"/comments/{dispute.comment_id}")
        expect(page.locator(f"#comment-{dispute.comment_id}")).to_contain_text("hall de gare")


def assert_is_told(page: Page, path: str, words: str) -> None:
    page.goto(path)
    expect(page.locator("main")).to_contain_text(words)


def records(dispute: Dispute) -> dict[str, Any]:
    """What is on record about this comment, as it lies in the tables."""
    queries = {
        "report": select(Report),
        "report_item": select(ReportItem),
        "statement": select(Statement).where(Statement.comment_id == dispute.comment_id),
        "appeal": select(Appeal),
        "log": select(LedgerEntry).where(LedgerEntry.comment_id == dispute.comment_id).order_by(LedgerEntry.number),
    }
    with dispute.site.database.read() as session:
        return {name: [as_stored(row) for row in session.scalars(query)] for name, query in queries.items()}


def as_stored(row: Any) -> dict[str, Any]:
    columns = {attribute.key: getattr(row, attribute.key) for attribute in inspect(row).mapper.column_attrs}
    if "facts" in columns:
        columns["facts"] = json.loads(columns["facts"])
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in columns.items()}
