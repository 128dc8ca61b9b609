"""Letters about reports, restrictions and appeals are finished, in both languages, whatever was decided."""

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from friends import Site, write_comment
from sqlalchemy import select
from sqlalchemy.orm import Session

from agora.actions import appeals, notices
from agora.actions import site as site_actions
from agora.actions.moderation import decide
from agora.actions.report_forms import Notice
from agora.rules.moderation import UNDO_SECONDS, Decision, Party
from agora.rules.permissions import Role
from agora.rules.statements import Legal
from agora.store import statements
from agora.store.comments import Comment, comment_in_full
from agora.store.events import Delivery
from agora.store.people import Person
from agora.store.reports import Report, ReportItem
from agora.store.schema import migrate

CAROL = "carol@example.org"
LETTERS = {
    "report-received",
    "report-waits",
    "report-decided",
    "comment-refused",
    "comment-held",
    "comment-waits",
    "appeal-received",
    "appeal-waits",
    "appeal-answered",
}


class Told:
    """A site whose worker writes letters into a folder."""

    def __init__(self, site: Site) -> None:
        self.site, self.language = site, site.settings.language
        migrate(self.site.database)
        with self.site.writing() as session:
            site_actions.initialise(session, self.site.settings, now=self.site.clock.now)
        self.maud, self.ada = (self.site.person(n, Role.MODERATOR, language=self.language) for n in ("Maud", "Ada"))
        self.post = self.site.post("Le jardin d’été", language=self.language)

    def comment(self, body: str) -> int:
        with self.site.writing() as session:
            return write_comment(session, self.post, body, now=self.site.clock.now, letters=True).id

    def report(self, comment_id: int, further: str = "", **who: str) -> None:
        said = {"reason": "law", "offence": "defamation", "explanation": "C’est faux.", "name": "Carol", "email": CAROL}
        with self.site.writing() as session:
            notice = Notice(**(said | who), further=further, good_faith=True)
            comment = found(session, comment_id)
            notices.report(session, comment, notice, self.site.settings, person=None, now=self.site.clock.now)

    def decide(self, comment_id: int, decision: Decision, person: Person, legal: Legal | None = None) -> None:
        clause = 2 if decision is Decision.HIDE and not legal else None
        with self.site.writing() as session:
            comment = found(session, comment_id)
            decide(
                session,
                comment,
                decision,
                party=Party.MODERATOR,
                version=comment.version,
                person=session.get_one(Person, person.id),
                clause=clause,
                legal=legal,
                explanation="Lu deux fois.",
                now=self.site.clock.now,
            )

    def letters(self) -> dict[str, list[EmailMessage]]:
        self.site.clock.forward(seconds=UNDO_SECONDS + 1)
        self.site.deliver()
        sent: dict[str, list[EmailMessage]] = {}
        with self.site.database.read() as session:
            for letter in self.site.letters():
                delivery = session.get_one(Delivery, int(re.findall(r"<delivery-(\d+)\.", letter["Message-ID"])[0]))
                sent.setdefault(delivery.letter, []).append(letter)
        return sent


def found(session: Session, comment_id: int) -> Comment:
    comment = comment_in_full(session, comment_id)
    assert comment
    return comment


@pytest.fixture(scope="module", params=["fr", "en"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("notices")
    url = f"sqlite:///{folder / 'agora.db'}"
    with Site(url, folder, language=request.param, reports_hide="2") as site:
        told = Told(site)
        live_through_everything(told)
        yield told


def live_through_everything(told: Told) -> None:
    """Two comments in one report, on the law and on the charter; appeals of both sides; one hidden by many reports."""
    first, second, third = (told.comment(body) for body in ("Une pensée.", "Une autre.", "La dernière.\n\nEn deux."))
    told.report(first, further=f"/comments/{second}")
    told.letters()
    told.decide(first, Decision.HIDE, told.maud, Legal("Loi du 29 juillet 1881, article 32"))
    told.decide(second, Decision.KEEP, told.maud)
    told.letters()
    with told.site.writing() as session:
        statement = statements.in_force(session, first)
        item = session.scalars(select(ReportItem).where(ReportItem.comment_id == second)).one()
        assert statement
        settings, now = told.site.settings, told.site.clock.now
        appeals.lodge(session, statement, "Je ne l’ai pas dit.", settings, now=now)
        appeals.lodge_as_notifier(session, item, "Elle l’a dit.", settings, now=now)
    told.letters()
    told.decide(first, Decision.RESTORE, told.ada)
    told.decide(second, Decision.KEEP, told.ada)
    for number in range(4):
        told.report(third, name=f"Dan {number}", email=f"dan{number}@example.org")
    told.letters()


def test_every_letter_was_written(told: Told) -> None:
    assert set(told.letters()) >= LETTERS


def test_letters_are_finished(told: Told) -> None:
    """One subject, a greeting, no holes, no row of empty lines, nothing left of a template."""
    greeting = {"fr": "Bonjour", "en": "Hello"}[told.language]
    for name, letters in told.letters().items():
        for letter in letters:
            text = "\n".join(letter.get_content().splitlines())
            assert letter["Subject"].strip(), name
            assert text.startswith(greeting), (name, text)
            assert not re.search(r"{{|}}|{%|%}|%\(|\bNone\b|Undefined", text), (name, text)
            assert "\n\n\n" not in text, (name, text)
            assert letter["Content-Language"] == told.language


def test_letters_speak_one_language(told: Told) -> None:
    foreign = {"fr": r"\b(the|your|was|decision of)\b", "en": r"\b(votre|vous|décision|été masqué)\b"}[told.language]
    for name, letters in told.letters().items():
        for letter in letters:
            assert not re.search(foreign, letter.get_content()), (name, letter.get_content())


def test_decision_letter_names_each_comment(told: Told) -> None:
    """One letter for the whole report, when all of it is decided."""
    (letter,) = told.letters()["report-decided"]
    text = letter.get_content()

    assert letter["To"] == CAROL
    assert text.count("Le jardin d’été") == 2
    assert "Loi du 29 juillet 1881, article 32" in text


def test_links_lead_to_signed_pages(told: Told) -> None:
    sign = {"my/report": "my-report", "my/reporter": "confirm-report", "my/comment": "my-comment"}
    for letters in told.letters().values():
        for letter in letters:
            for path, token in re.findall(r"https?://[^/]+/(my/\w+)/(\S+)", letter.get_content()):
                if path in sign:
                    assert told.site.tokens.open(sign[path], token)


def test_appellants_are_answered(told: Told) -> None:
    answered = {letter["To"] for letter in told.letters()["appeal-answered"]}

    assert answered == {"bob@example.org", CAROL}


def test_reports_are_kept(told: Told) -> None:
    with told.site.database.read() as session:
        assert len(session.scalars(select(Report)).all()) == 5
