"""The article that the project came from, published through the forms, read, discussed, moderated and subscribed to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import feedparser
import pytest
from friends import Site
from playwright.sync_api import Browser, Page, expect

from agora.rules.permissions import Role
from agora.store.people import Person
from browser.town import french_site
from browser.visits import press, visit

pytestmark = pytest.mark.browser

SEED = Path(__file__).resolve().parents[3] / "shared" / "data" / "seed-article.txt"
NO_SEED = f"NO SEED ARTICLE, SO IT WAS NOT PUBLISHED: {SEED} is missing."

AUTHOR = "Pierre-Marie Bonnaud"
SOURCE_TITLE = "La transformation numérique des institutions publiques : dossier"
SOURCE_URL = "https://cdonnees.example.org/dossiers/transformation-numerique"
BLOG = "https://pierre-marie-bonnaud.example.org/"

READER = "ليلى حدّاد"
COMMENT = (
    "Très bel article, merci ! 🌿 L’« humain » au cœur de la transition : voilà l’œuvre à mener, dès Noël.\n\n"
    "Voir aussi [nos règles](https://example.org/règles)."
)


@dataclass(frozen=True)
class Article:
    """What the text of the seed says."""

    title: str
    introduction: str
    extract: list[str]
    biography: str
    link: str

    @property
    def markdown(self) -> str:
        quotation = "\n>\n".join(f"> {paragraph}" for paragraph in [*self.extract, f"— {AUTHOR}"])
        return f"{self.introduction}\n\n## Extrait\n\n{quotation}\n"


@pytest.fixture(scope="module")
def article() -> Article:
    if not SEED.exists():
        pytest.skip(NO_SEED)
    seed = SEED.read_text(encoding="utf-8")
    paragraphs = [line.strip() for line in seed.splitlines() if line.strip()]
    extract = paragraphs[
        paragraphs.index("Extrait :") + 1 : paragraphs.index("Consulter la publication sur Cdonnées :")
    ]
    biography = paragraphs[paragraphs.index("L’auteur") + 1]
    link = next(line for line in paragraphs if line.startswith(">")).removeprefix(">").strip()
    return Article(paragraphs[0], paragraphs[1], [words.strip("“”") for words in extract], biography, link)


@dataclass(frozen=True)
class Story:
    """The site and how far things have come there."""

    site: Site
    moderator: Person
    post: str
    own_page: str = ""
    before_approval: str = ""  # the post's page, while the comment waited


@pytest.fixture(scope="module")
def published(article: Article, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The administrator has given the author a byline and published the article under it."""
    with french_site(tmp_path_factory.mktemp("seed")) as site:
        ada = site.person("Ada", Role.ADMINISTRATOR, language="fr")
        maud = site.person("Maud", Role.MODERATOR, language="fr")
        with visit(chromium, site, ada) as page:
            _add_the_byline(page, article)
            path = _publish(page, article)
        yield Story(site, maud, path)


def _add_the_byline(page: Page, article: Article) -> None:
    page.goto("/admin/bylines/new")
    page.fill("[name=name]", AUTHOR)
    page.fill("[name=bio]", article.biography)
    page.locator("[name=link_label]").first.fill(article.link)
    page.locator("[name=link_url]").first.fill(BLOG)
    press(page, "#byline-form .row button")


def _publish(page: Page, article: Article) -> str:
    page.goto("/admin/posts/new")
    page.fill("[name=title]", article.title)
    page.fill("[name=body]", article.markdown)
    page.fill("[name=source_title]", SOURCE_TITLE)
    page.fill("[name=source_url]", SOURCE_URL)
    page.get_by_label(AUTHOR).check()
    press(page, "#post-form button[value=publish]")
    expect(page.get_by_role("status")).to_be_visible()
    return str(page.locator("main .meta a").first.get_attribute("href"))


@pytest.fixture(scope="module")
def commented(published: Story, chromium: Browser) -> Story:
    """A reader without an account has commented."""
    with visit(chromium, published.site) as page:
        page.goto(published.post)
        expect(page.get_by_role("heading", name="Laisser un commentaire")).to_be_visible()
        page.fill("#comment-form [name=name]", READER)
        page.fill("#comment-form [name=email]", "leila@example.org")
        page.fill("#comment-form [name=body]", COMMENT)
        press(page, "#comment-form button:not([name])")
        own_page = page.url
    return replace(published, own_page=own_page, before_approval=published.site.client().get(published.post).text)


@pytest.fixture(scope="module")
def approved(commented: Story, chromium: Browser) -> Story:
    """The moderator has read the comment in the queue and approved it."""
    with visit(chromium, commented.site, commented.moderator) as page:
        page.goto("/admin/moderation")
        case = page.locator("article.case", has=page.locator("bdi", has_text=READER))
        expect(case.locator(".body")).to_contain_text("voilà l’œuvre à mener")
        page.click("article.case button[value=approve]")
        expect(page.locator("article.case")).to_have_count(0)
    return commented


def test_article_reads_as_written(published: Story, article: Article, chromium: Browser) -> None:
    with visit(chromium, published.site) as page:
        page.goto(published.post)
        assert words(page.locator("h1").inner_text()) == words(article.title)
        assert words(page.locator(".prose > p").first.inner_text()) == words(article.introduction)
        assert words(page.locator("figure > blockquote").inner_text()) == words(" ".join(article.extract))
        assert words(page.locator("figure > figcaption").inner_text()) == words(AUTHOR)


def test_card_leads_to_the_publication(published: Story, chromium: Browser) -> None:
    with visit(chromium, published.site) as page:
        page.goto(published.post)
        card = page.locator("a.card")
        assert card.get_attribute("href") == SOURCE_URL
        assert words(SOURCE_TITLE) == words(card.locator("b").inner_text())


def test_author_box_leads_to_his_blog(published: Story, article: Article, chromium: Browser) -> None:
    with visit(chromium, published.site) as page:
        page.goto(published.post)
        box = page.locator("article.post section.byline")
        assert words(box.get_by_role("heading").inner_text()) == words(AUTHOR)
        assert words(box.locator("p").first.inner_text()) == words(article.biography)
        assert box.get_by_role("link", name="accéder à son blog").get_attribute("href") == BLOG


def test_comment_waits_on_its_own_page(commented: Story, chromium: Browser) -> None:
    with visit(chromium, commented.site) as page:
        page.goto(commented.own_page)
        expect(page.locator("section.state.pending")).to_be_visible()
        expect(page.locator(".comment bdi")).to_have_text(READER)
        expect(page.locator(".comment .body")).to_contain_text("🌿")


def test_waiting_comment_is_not_public(commented: Story) -> None:
    assert READER not in commented.before_approval
    assert AUTHOR in commented.before_approval


def test_approved_comment_is_public(approved: Story, chromium: Browser) -> None:
    with visit(chromium, approved.site) as page:
        page.goto(approved.post)
        comment = page.locator("article.comment")
        name = comment.locator("h3 bdi")
        link = comment.get_by_role("link", name="nos règles")
        assert name.inner_text() == READER
        assert name.evaluate("element => getComputedStyle(element).direction") == "rtl"
        assert words(comment.locator(".body p").first.inner_text()) == words(COMMENT.split("\n\n")[0])
        assert "🌿" in comment.inner_text()
        assert link.get_attribute("rel") == "nofollow ugc noopener"


def test_own_page_tells_of_the_approval(approved: Story, chromium: Browser) -> None:
    with visit(chromium, approved.site) as page:
        page.goto(approved.own_page)
        press(page, "section.state.published a.button")
        assert page.locator("article.comment:target bdi").inner_text() == READER


def test_feed_holds_the_article(approved: Story, article: Article) -> None:
    feed = feedparser.parse(approved.site.client().get("/feed.atom").content)
    entry = feed.entries[0]
    assert not feed.bozo
    assert words(entry.title) == words(article.title)
    assert words(entry.author) == words(AUTHOR)
    assert words(re.sub(r"<[^>]+>", " ", entry.content[0].value)).count("solutionnisme") == 1


@pytest.mark.parametrize("whose", ["the site", "the post"])
def test_feed_holds_the_comment(approved: Story, whose: str) -> None:
    path = "/comments.atom" if whose == "the site" else f"{approved.post}/comments.atom"
    feed = feedparser.parse(approved.site.client().get(path).content)
    (entry,) = feed.entries
    assert not feed.bozo
    assert entry.author == READER
    assert "🌿" in entry.content[0].value


def words(text: str) -> list[str]:
    """A text without its punctuation and spaces, which the site sets as a typesetter would."""
    return re.findall(r"\w+", text)
