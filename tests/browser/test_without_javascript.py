"""Reading, commenting, moderating and writing, from end to end, in a browser that runs no script."""

from collections.abc import Iterator

import pytest
from friends import Site, comment_id_of, comment_on
from playwright.sync_api import Browser, Page, expect

from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from browser.visits import comment_id_of_page, link_in, press, visit

pytestmark = pytest.mark.browser


@pytest.fixture
def page(french_site: Site, chromium: Browser) -> Iterator[Page]:
    """A reader's window."""
    with visit(chromium, french_site, java_script_enabled=False) as page:
        yield page


@pytest.fixture
def desk(french_site: Site, chromium: Browser) -> Iterator[Page]:
    """A window in which Maud, a moderator, is signed in."""
    maud = french_site.person("Maud", Role.MODERATOR, language="fr")
    with visit(chromium, french_site, maud, java_script_enabled=False) as page:
        yield page


def write_comment(page: Page, body: str, *, email: str = "bob@example.org") -> None:
    page.fill("#comment-form [name=name]", "Bob")
    page.fill("#comment-form [name=email]", email)
    page.fill("#comment-form [name=body]", body)


def test_scripts_really_stand_still(french_site: Site, page: Page) -> None:
    page.goto("/")
    page.set_content("<p>still</p><script>document.querySelector('p').textContent = 'moving'</script>")
    assert page.inner_text("p") == "still"


# The reader's path


def test_comment_is_previewed_mended_and_sent(french_site: Site, page: Page) -> None:
    french_site.post("Le jardin", language="fr")
    page.goto("/")
    page.click("h2 a")
    write_comment(page, "Il *pousse*.", email="bob")

    press(page, "#comment-form button[value=preview]")
    assert page.inner_text(".preview em") == "pousse"

    answer = press(page, "#comment-form button:not([name])")
    assert answer.status == 422
    expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#body")).to_have_value("Il *pousse*.")

    page.fill("#email", "bob@example.org")
    press(page, "#comment-form button:not([name])")
    expect(page.locator("section.state.pending")).to_be_visible()


def test_error_summary_leads_to_the_field(french_site: Site, page: Page) -> None:
    french_site.post("Le jardin", language="fr")
    page.goto("/posts/le-jardin")
    press(page, "#comment-form button:not([name])")
    page.click(".error-summary a[href='#email']")
    assert page.url.endswith("#email")
    expect(page.locator("#email:target")).to_be_visible()


def test_reply_goes_through_its_own_page(french_site: Site, page: Page) -> None:
    post = french_site.post("Le jardin", moderation=Mode.POST)
    first = comment_id_of(french_site, comment_on(french_site.client(), post, "Un premier mot."))
    page.goto("/posts/le-jardin")

    page.click(f"#comment-{first} .acts a")
    assert page.inner_text(".parent div") == "Un premier mot."
    write_comment(page, "Une réponse.", email="carol@example.org")
    press(page, "#comment-form button:not([name])")
    press(page, "section.state.published a.button")

    assert page.inner_text(f"li:has(> #comment-{first}) > ol .body") == "Une réponse."


def test_own_page_edits_and_withdraws(french_site: Site, page: Page) -> None:
    post = french_site.post("Le jardin")
    page.goto(comment_on(french_site.client(), post, "Un mot de trop.").headers["location"])

    page.fill("[name=body]", "Un mot.")
    press(page, "form:has([name=body]) button")
    assert page.inner_text(".comment .body") == "Un mot."

    page.click("form[action$='/withdraw'] summary")
    press(page, "form[action$='/withdraw'] button")
    expect(page.locator("section.state.withdrawn")).to_be_visible()


def test_letters_confirm_answer_and_end(french_site: Site, page: Page) -> None:
    post = french_site.post("Le jardin", moderation=Mode.POST)
    page.goto("/posts/le-jardin")
    write_comment(page, "Écrivez-moi.")
    page.check("#letters")
    press(page, "#comment-form button:not([name])")
    comment_id = comment_id_of_page(french_site, page)

    french_site.deliver()
    page.goto(link_in(french_site, "/my/address/", to="bob@example.org"))
    press(page, "main button:not([name])")
    assert "done=confirmed" in page.url

    answer = {"name": "Carol", "email": "carol@example.org", "parent": str(comment_id)}
    comment_on(french_site.client(), post, "Voilà.", **answer)
    french_site.deliver()
    page.goto(link_in(french_site, "/my/letters/", to="bob@example.org"))
    press(page, "main button")
    expect(page.get_by_role("status")).to_be_visible()

    letters = len(french_site.letters())
    comment_on(french_site.client(), post, "Encore.", **answer)
    french_site.deliver()
    assert len(french_site.letters()) == letters


def test_stranger_disowns_a_comment(french_site: Site, page: Page) -> None:
    comment_on(french_site.client(), french_site.post("Le jardin"), letters="yes")
    french_site.deliver()
    page.goto(link_in(french_site, "/my/address/", to="bob@example.org"))
    press(page, "button[value=disown]")
    expect(page.get_by_role("status")).to_be_visible()


# The moderator's path


def test_moderator_enters_by_letter(french_site: Site, page: Page) -> None:
    french_site.person("Maud", Role.MODERATOR, language="fr")
    page.goto("/")
    page.click("footer a[href='/sign-in']")
    page.fill("#email", "maud@example.org")
    press(page, "#sign-in-form button")
    expect(page.get_by_role("status")).to_be_visible()

    french_site.deliver()
    page.goto(link_in(french_site, "/sign-in/", to="maud@example.org"))
    press(page, "main button")

    assert page.url == f"{french_site.base_url}/admin/moderation"


def test_rejection_asks_for_its_reason(french_site: Site, desk: Page) -> None:
    answer = comment_on(french_site.client(), french_site.post("Le jardin"))
    own_page = answer.headers["location"]
    desk.goto("/admin/moderation")

    assert press(desk, ".decide button[value=reject]").status == 422
    desk.locator(".decide [name=reason]").select_option("2")
    desk.fill(".decide [name=explanation]", "Parlez du jardin, pas du jardinier.")
    press(desk, ".decide button[value=reject]")
    expect(desk.locator("article.case")).to_have_count(0)

    desk.goto(own_page)
    expect(desk.locator("section.state.rejected a[href='/charter#clause-2']")).to_be_visible()
    expect(desk.locator("section.state.rejected")).to_contain_text("pas du jardinier")


def test_many_are_approved_at_once(french_site: Site, desk: Page) -> None:
    post = french_site.post("Le jardin")
    for name in ("Bob", "Carol", "Dave"):
        comment_on(french_site.client(), post, f"Moi, {name}.", name=name, email=f"{name}@example.org".lower())
    desk.goto("/admin/moderation")

    for name in ("Bob", "Dave"):
        desk.locator("article.case", has_text=name).locator("[name=selected]").check()
    press(desk, "#bulk button[value=approve]")

    assert desk.locator("article.case h2").all_inner_texts() == ["Carol"]
    shown = french_site.client().get("/posts/le-jardin").text
    assert [f"Moi, {name}." in shown for name in ("Bob", "Carol", "Dave")] == [True, False, True]


def test_letter_decides_in_two_steps(french_site: Site, page: Page) -> None:
    french_site.person("Maud", Role.MODERATOR, language="fr")
    comment_id = comment_id_of(french_site, comment_on(french_site.client(), french_site.post("Le jardin")))
    french_site.deliver()

    letter = next(letter for letter in french_site.letters() if letter["To"] == "maud@example.org")
    approve = next(line for line in letter.get_content().splitlines() if "/letters/decide/" in line)
    page.goto(approve)
    assert french_site.comment(comment_id).state is State.PENDING
    press(page, "main form button")
    assert french_site.comment(comment_id).state is State.PUBLISHED


# The author's path


def test_author_writes_previews_and_publishes(french_site: Site, chromium: Browser) -> None:
    alice = french_site.person("Alice", Role.AUTHOR, language="fr")
    with visit(chromium, french_site, alice, java_script_enabled=False) as page:
        page.goto("/admin")
        page.click("a[href='/admin/posts/new']")
        assert press(page, "#post-form button[value=save]").status == 422

        page.fill("[name=title]", "Le potager")
        page.fill("[name=body]", "Il *pousse*.")
        press(page, "#post-form button[value=preview]")
        assert page.inner_text("article.post em") == "pousse"

        press(page, "button[value=edit]")
        page.fill("[name=body]", "Il *mûrit*.")
        press(page, "#post-form button[value=preview]")
        press(page, "button[value=publish]")

    shown = french_site.client().get("/posts/le-potager").text
    assert "<em>mûrit</em>" in shown


def test_saving_untouched_changes_nothing(french_site: Site, chromium: Browser) -> None:
    """A browser sends a text with other line ends, and no-break spaces as they are."""
    ada = french_site.person("Ada", Role.ADMINISTRATOR, language="fr")
    post = french_site.post("Pourquoi\u00a0?", slug="pourquoi", body="Un.\n\nDeux\u202f!", summary="Trois\u00a0?")
    french_site.clock.forward(days=1)
    with visit(chromium, french_site, ada, java_script_enabled=False) as page:
        page.goto(f"/admin/posts/{post.id}")
        press(page, "#post-form button[value=save]")
        page.goto("/posts/pourquoi")
        assert page.locator("article.post time").count() == 1
