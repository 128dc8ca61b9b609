"""What letters say and to whom, in both languages, as a real mail server receives them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from friends import Site, comment_id_of, comment_on, decide
from servers.smtp import SmtpServer
from sqlalchemy import update

from agora.actions import site as site_actions
from agora.rules.moderation import UNDO_SECONDS
from agora.rules.permissions import Role
from agora.store import events
from agora.store.events import Delivery, DeliveryState
from agora.store.posts import Post
from agora.store.schema import migrate
from agora.store.site import Site as SiteRow

BOB, CAROL, DAN, MAUD = (f"{name}@example.org" for name in ("bob", "carol", "dan", "maud"))


@dataclass
class Correspondence:
    """All kinds of letters in one language, and what became of each link in them when it was followed."""

    site: Site
    post_office: SmtpServer
    language: str
    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)
    visits: list[tuple[str, str, int]] = field(default_factory=list)

    def collect(self) -> None:
        """Let the worker do its work, and follow every link of what it sent, as long as they are fresh."""
        self.site.clock.forward(seconds=UNDO_SECONDS)
        self.site.deliver()
        reader = self.site.client(follow_redirects=True)
        for letter in self.post_office.letters[len(self.letters) :]:
            name = self._name_of(letter)
            self.letters.append((name, letter))
            self.visits += [(name, link, reader.get(link).status_code) for link in links(letter)]

    def _name_of(self, letter: EmailMessage) -> str:
        delivery = re.match(r"<delivery-(\d+)\.", letter["Message-ID"])
        assert delivery
        with self.site.database.read() as session:
            return session.get_one(Delivery, int(delivery[1])).letter

    def all(self, name: str) -> list[EmailMessage]:
        return [letter for known, letter in self.letters if known == name]


def links(letter: EmailMessage) -> list[str]:
    return re.findall(r"https?://\S+", letter.get_content())


@pytest.fixture(scope="module", params=["fr", "en"])
def correspondence(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Correspondence]:
    folder, language = tmp_path_factory.mktemp("letters"), request.param
    url = f"sqlite:///{folder / 'agora.db'}"
    with SmtpServer() as office, Site(url, folder, mail_url=office.url, language=language) as site:
        migrate(site.database)
        with site.writing() as session:
            site_actions.initialise(session, site.settings, now=site.clock.now)
            session.execute(update(SiteRow).values(title="L’agora, « chez nous »"))
        told = Correspondence(site, office, language)
        live_through_everything(told)
        yield told


def live_through_everything(told: Correspondence) -> None:
    site = told.site
    maud = site.person("Maud", Role.MODERATOR, language=told.language)
    moderator = site.client_of(maud)
    post = site.post("Le jardin d’été", language=told.language)
    first = comment(told, post, "Une *première* pensée.\n\nEn deux paragraphes.", letters="yes")
    confirm = next(link for link in links(told.all("comment-received")[0]) if "/my/address/" in link)
    assert site.client().post(confirm).status_code == 303
    decide(moderator, first, "approve")
    told.collect()
    answer = comment(told, post, "Je suis d’accord.", parent=str(first), name="Carol", email=CAROL)
    decide(moderator, answer, "approve")
    told.collect()
    refused = comment(told, post, "Quelle bêtise !", name="Dan", email=DAN, letters="yes")
    decide(moderator, refused, "reject", reason="2", explanation="Restons courtois.")
    told.collect()
    decide(moderator, first, "hide", state="published", reason="3", explanation="Hors sujet.")
    site.client().post("/sign-in", data={"email": MAUD})
    told.collect()


def comment(told: Correspondence, post: Post, body: str, **fields: str) -> int:
    comment_id = comment_id_of(told.site, comment_on(told.site.client(), post, body, **fields))
    told.collect()
    return comment_id


# name: how often, to whom, subjects in French and in English
EXPECTED = {
    "comment-waits": (
        [MAUD] * 3,
        "Un commentaire attend : Bob sur « Le jardin d’été »",
        "A comment waits: Bob on “Le jardin d’été”",
    ),
    "comment-received": (
        [BOB, DAN],
        "Votre commentaire sur « Le jardin d’été »",
        "Your comment on “Le jardin d’été”",
    ),
    "comment-published": (
        [BOB],
        "Votre commentaire sur « Le jardin d’été » est publié",
        "Your comment on “Le jardin d’été” is published",
    ),
    "reply": (
        [BOB],
        "Carol vous a répondu sur « Le jardin d’été »",
        "Carol answered you on “Le jardin d’été”",
    ),
    "comment-refused": (
        [DAN, BOB],
        "Votre commentaire sur « Le jardin d’été » n’a pas été publié",
        "Your comment on “Le jardin d’été” was not published",
    ),
    "sign-in": (
        [MAUD],
        "Votre lien de connexion : L’agora, « chez nous »",
        "Sign in to L’agora, « chez nous »",
    ),
}


def test_every_letter_was_written(correspondence: Correspondence) -> None:
    assert {name for name, _ in correspondence.letters} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_letter_reaches_its_recipients(correspondence: Correspondence, name: str) -> None:
    recipients, *_ = EXPECTED[name]

    assert [letter["To"] for letter in correspondence.all(name)] == recipients


def test_envelopes_match_their_letters(correspondence: Correspondence) -> None:
    office = correspondence.post_office
    for letter, envelope in zip(office.letters, office.envelopes, strict=True):
        assert envelope.rcpt_tos == [letter["To"]]
        assert envelope.mail_from == "agora@127.0.0.1"
        assert not {"Cc", "Bcc", "Sender", "Reply-To"} & set(letter.keys())


@pytest.mark.parametrize("name", EXPECTED)
def test_subject_says_what_happened(correspondence: Correspondence, name: str) -> None:
    _, french, english = EXPECTED[name]
    subject = correspondence.all(name)[0]["Subject"]

    assert plain_spaces(subject) == (french if correspondence.language == "fr" else english)


def plain_spaces(text: str) -> str:
    """French typography sets narrow and unbreakable spaces; which of them is the business of other tests."""
    return re.sub(r"[\u00a0\u202f]", " ", text)


def test_headers_are_in_order(correspondence: Correspondence) -> None:
    site = correspondence.site
    ids = set()
    for _, letter in correspondence.letters:
        assert letter["From"].addresses[0].display_name == "L’agora, « chez nous »"
        assert letter["From"].addresses[0].addr_spec == "agora@127.0.0.1"
        assert abs(parsedate_to_datetime(letter["Date"]) - site.clock.now) < timedelta(minutes=10)
        assert letter["Message-ID"].endswith("@127.0.0.1>")
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["Content-Language"] == correspondence.language
        ids.add(letter["Message-ID"])
    assert len(ids) == len(correspondence.letters)


def test_texts_are_plain_and_quotable(correspondence: Correspondence) -> None:
    for _, letter in correspondence.letters:
        assert letter.get_content_type() == "text/plain"
        assert letter.get_content_charset() == "utf-8"
        assert letter["Content-Transfer-Encoding"] == "quoted-printable"
        raw = letter.as_bytes()
        assert raw.isascii()
        assert max(map(len, raw.splitlines())) <= 998  # RFC 5322, 2.1.1


def test_texts_are_finished(correspondence: Correspondence) -> None:
    """In one language, without what templates leave behind when nobody looks."""
    greeting = {"fr": "Bonjour", "en": "Hello"}[correspondence.language]
    for name, letter in correspondence.letters:
        text = letter.get_content()
        assert greeting in text.splitlines()[0], name
        assert not re.search(r"%\(|\{[{%]|<[a-z/]|&[a-z]+;|None|\n{4}", text), text
        assert not any(row != row.rstrip() for row in text.splitlines() if not row.startswith(">")), text


def test_every_link_leads_somewhere(correspondence: Correspondence) -> None:
    assert len(correspondence.visits) > 15
    assert {name for name, _, _ in correspondence.visits} == set(EXPECTED)
    assert [visit for visit in correspondence.visits if visit[2] != 200] == []


def test_moderator_reads_the_whole_case(correspondence: Correspondence) -> None:
    first, second, _ = (letter.get_content() for letter in correspondence.all("comment-waits"))
    assert "> Une *première* pensée.\n> \n> En deux paragraphes." in first
    assert "> Je suis d’accord." in second
    assert ">> Une *première* pensée." in second
    assert first.count("/letters/decide/") == 2
    assert "/admin/moderation" in first


def test_refusal_gives_its_reason(correspondence: Correspondence) -> None:
    rejected, hidden = (letter.get_content() for letter in correspondence.all("comment-refused"))
    for text, clause, explanation in ((rejected, "2", "Restons courtois."), (hidden, "3", "Hors sujet.")):
        assert re.search(rf"\b{clause}\b", text)
        assert explanation in text
        assert "/my/comment/" in text
    assert correspondence.all("comment-refused")[0]["Subject"] != correspondence.all("comment-refused")[1]["Subject"]


def test_only_answers_can_be_unsubscribed(correspondence: Correspondence) -> None:
    with_header = {name for name, letter in correspondence.letters if letter["List-Unsubscribe"]}
    assert with_header == {"reply"}
    (reply,) = correspondence.all("reply")
    assert reply["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert reply["List-Unsubscribe"].strip("<>") in links(reply)
    assert "> Je suis d’accord." in reply.get_content()


def test_addresses_of_others_stay_secret(correspondence: Correspondence) -> None:
    addresses = {BOB, CAROL, DAN, MAUD}
    for _, letter in correspondence.letters:
        others = addresses - {letter["To"]}
        assert not [address for address in others if address in letter.as_string()]


# Letters that somebody tries to bend

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINE_ENDS = ["\n", "\r\n", "\r", "\n\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@only_sqlite
def test_titles_cannot_add_headers(posted_site: Site, post_office: SmtpServer) -> None:
    site = posted_site
    for n, end in enumerate(LINE_ENDS):
        post = site.post(f"Garden{end}Bcc: eve@example.org{end}X-Evil: yes")
        comment_on(site.client(), post, email=f"reader{n}@example.org", letters="yes")
    with site.writing() as session:
        session.execute(update(SiteRow).values(title="Agora\r\nBcc: eve@example.org"))

    site.deliver()

    assert len(post_office.letters) == len(LINE_ENDS)
    for letter, envelope in zip(post_office.letters, post_office.envelopes, strict=True):
        assert envelope.rcpt_tos == [letter["To"]] != ["eve@example.org"]
        assert "X-Evil" not in letter
        assert "Bcc" not in letter
        assert letter["From"].addresses[0].addr_spec == "agora@127.0.0.1"
        assert len(letter["From"].addresses) == 1


@only_sqlite
@pytest.mark.parametrize("end", LINE_ENDS)
def test_names_cannot_add_headers(posted_site: Site, post_office: SmtpServer, end: str) -> None:
    posted_site.maud()
    comment_on(posted_site.client(), posted_site.post(), name=f"Bob{end}Bcc: eve@example.org", letters="yes")

    posted_site.deliver()

    for letter, envelope in zip(post_office.letters, post_office.envelopes, strict=True):
        assert envelope.rcpt_tos == [letter["To"]]
        assert "Bcc" not in letter
    assert len(post_office.letters) == 2


@only_sqlite
def test_long_titles_stay_one_subject(posted_site: Site, post_office: SmtpServer) -> None:
    title = "Été " * 50
    comment_on(posted_site.client(), posted_site.post(title.strip()), letters="yes")

    posted_site.deliver()

    (letter,) = post_office.letters
    assert plain_spaces(letter["Subject"]) == f"Your comment on “{title.strip()}”"


@only_sqlite
def test_dots_at_line_starts_survive(posted_site: Site, post_office: SmtpServer) -> None:
    """SMTP ends a letter with a dot on a line of its own."""
    posted_site.maud()
    comment_on(posted_site.client(), posted_site.post(), "Before\n\n.\n\n..\nFrom here on, after.")

    posted_site.deliver()

    assert "> Before\n> \n> .\n> \n> ..\n> From here on, after." in post_office.letters[0].get_content()


ODD_ADDRESSES = ["o'neill+tag@example.org", "a/b=c{d}|e@example.org", "BOB@EXAMPLE.ORG", "x" * 64 + "@example.org"]


@only_sqlite
def test_odd_addresses_are_written_to(posted_site: Site, post_office: SmtpServer) -> None:
    for n, address in enumerate(ODD_ADDRESSES):
        comment_on(posted_site.client(), posted_site.post(f"Post {n}"), f"Text {n}.", email=address, letters="yes")

    posted_site.deliver()

    assert [envelope.rcpt_tos for envelope in post_office.envelopes] == [[a.lower()] for a in ODD_ADDRESSES]


@only_sqlite
def test_repeated_letter_is_recognised(posted_site: Site, post_office: SmtpServer) -> None:
    """A mail server that took a letter without telling us gets it again: the recipient's program sees it once."""
    comment_on(posted_site.client(), posted_site.post(), letters="yes")
    posted_site.deliver()
    with posted_site.writing() as session:
        session.execute(update(Delivery).values(state=DeliveryState.WAITING))
    posted_site.clock.forward(hours=3)

    posted_site.deliver()

    first, second = post_office.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


@only_sqlite
def test_moderators_letters_are_personal(posted_site: Site, post_office: SmtpServer) -> None:
    """Each in their own language, with links that decide in their own name."""
    posted_site.person("Maud", Role.MODERATOR, language="fr")
    max_ = posted_site.person("Max", Role.MODERATOR, language="en")
    comment_id = comment_id_of(posted_site, comment_on(posted_site.client(), posted_site.post()))

    posted_site.deliver()

    by_maud, by_max = post_office.letters
    assert (by_maud["Content-Language"], by_max["Content-Language"]) == ("fr", "en")
    assert set(links(by_maud)) & set(links(by_max)) == {f"{posted_site.base_url}/admin/moderation"}
    approve = next(link for link in links(by_max) if "/letters/decide/" in link)
    assert posted_site.client().post(approve).status_code == 303
    with posted_site.database.read() as session:
        decision = events.history(session, comment_id)[-1]
        assert decision.person_id == max_.id
    assert posted_site.comment(comment_id).state == "published"
