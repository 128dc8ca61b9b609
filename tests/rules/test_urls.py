"""Slugs, web addresses, mail addresses and paths: what is taken, what becomes of it, what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora.rules.urls import email_address, is_slug, local_path, slugify, web_address


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Le jardin", "le-jardin"),
        ("  L'œuvre d’Æsop : Ça, et là !  ", "l-oeuvre-d-aesop-ca-et-la"),
        ("Đà Nẵng, Việt Nam", "da-nang-viet-nam"),
        ("Łódź Straße Ørsted", "lodz-strasse-orsted"),
        ("مكتبة المدينة", "مكتبة-المدينة"),
        ("Москва", "москва"),
        ("서울 도서관", "서울-도서관"),
        ("図書館", "図書館"),
        ("C++ & C#", "c-c"),
        ("İstanbul", "istanbul"),
        ("snake_case", "snake-case"),
        ("№ 5 ½", "no-5-1-2"),
        ("../../etc/passwd", "etc-passwd"),
        ("<script>", "script"),
        ("👍 !", ""),
        ("", ""),
    ],
)
def test_titles_become_slugs(text: str, slug: str) -> None:
    assert slugify(text) == slug
    assert is_slug(slug) is bool(slug)


def test_long_slugs_end_with_words() -> None:
    assert slugify("un deux trois quatre", limit=13) == "un-deux-trois"
    assert slugify("un deux trois quatre", limit=12) == "un-deux"
    assert slugify("anticonstitutionnellement", limit=4) == "anti"


@given(st.text(max_size=120), st.integers(1, 100))
def test_slugs_are_always_slugs(text: str, limit: int) -> None:
    slug = slugify(text, limit=limit)

    assert len(slug) <= limit
    assert slug == "" or is_slug(slug)


@pytest.mark.parametrize("text", ["", "-", "a-", "-a", "a--b", "A", "a b", "a_b", "a/b", "a.b", "a%20b", "É"])
def test_bad_slugs_are_refused(text: str) -> None:
    assert not is_slug(text)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://example.org", "https://example.org"),
        ("http://example.org:8080/a?b=c#d", "http://example.org:8080/a?b=c#d"),
        ("HTTPS://Example.org/Été", "HTTPS://Example.org/Été"),
        ("example.org/alice", "https://example.org/alice"),
        ("évêque.fr", "https://évêque.fr"),
        ("https://example.org/@alice", "https://example.org/@alice"),
        ("https://192.0.2.1/", "https://192.0.2.1/"),
    ],
)
def test_web_addresses_are_taken(typed: str, address: str) -> None:
    assert web_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://",
        "javascript:alert(1)",
        "JavaScript:alert(1)//example.org",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,example.org",
        "vbscript:example.org",
        "file:///etc/passwd",
        "ftp://example.org",
        "mailto:bob@example.org",
        "https:example.org",
        "https:///example.org",
        "https:\\\\example.org",
        "https://example.org\\@evil.example",
        "https://user:pass@example.org",
        "https://user@example.org",
        "https://:pass@example.org",
        "https://@example.org",
        "bob@example.org",
        "https://example.org/a b",
        "https://example.org/\u00a0",
        "https://example.org/\n",
        "https://example.org/\x00",
        "https://example.org/\x1f",
        'https://example.org/"onclick=',
        "https://example.org/<b>",
        "https://localhost",
        "https://.",
        "https://example.org:99999",
        "https://example.org:port",
        "https://[::1",
        "https://[example.org]",
    ],
)
def test_other_addresses_are_refused(typed: str) -> None:
    assert web_address(typed) is None


@given(st.text(max_size=60))
def test_web_addresses_are_always_web(text: str) -> None:
    address = web_address(text)

    assert address is None or re.match(r"https?://", address, re.I)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("bob@example.org", "bob@example.org"),
        ("  Bob.Smith+blog@Sub.Example.ORG\n", "bob.smith+blog@sub.example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("bob@xn--vque-9oa8b.fr", "bob@xn--vque-9oa8b.fr"),
    ],
)
def test_mail_addresses_take_one_form(typed: str, address: str) -> None:
    assert email_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "bob",
        "bob@",
        "@example.org",
        "bob@example",
        "bob@localhost",
        "bob@.org",
        "bob@example..org",
        "bob@-example.org",
        "bob@example.o",
        "bob@192.0.2.1",
        "bob@exa mple.org",
        "bob smith@example.org",
        "bob@example.org, eve@example.org",
        "bob@example.org;eve@example.org",
        "bob@eve@example.org",
        "Bob <bob@example.org>",
        '"bob"@example.org',
        "bob@example.org\nBcc: eve@example.org",
        "bob\r\n@example.org",
        "bob\x00@example.org",
        "bob\x7f@example.org",
        "bob@ſexample.org",
        "a" * 65 + "@example.org",
        "bob@" + "a" * 64 + ".org",
        "a@" + "a." * 125 + "example.org",
    ],
)
def test_other_mail_addresses_are_refused(typed: str) -> None:
    assert email_address(typed) is None


def test_longest_mail_address_is_taken() -> None:
    address = "a@" + "bb." * 80 + "c" * 8 + ".org"
    assert len(address) == 254

    assert email_address(address) == address
    assert email_address("a" + address) is None


@pytest.mark.parametrize("path", ["/", "/admin/posts?page=2#a", "/posts/été", "/a//b", "/%2F%2Fevil.example"])
def test_paths_of_here_are_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "admin",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\..\\..\\evil",
        "https:",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        " /admin",
        "/\t/evil.example",
        "/\n/evil.example",
        "/admin\r\nSet-Cookie: a=b",
        "\t//evil.example",
        "/admin\n",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    assert local_path(path) is None
