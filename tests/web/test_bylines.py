"""Bylines over HTTP: their pages, their links, and portraits that do not tell where they were taken."""

import io
import re
import struct
import zlib
from contextlib import suppress

import httpx
import pytest
from friends import Site, form
from PIL import Image
from sqlalchemy import select

from agora.actions import portraits
from agora.rules import limits
from agora.store.bylines import Byline, Portrait
from web.library import portrait
from web.looking import ON_SQLITE, complaint, csrf_of, how_many, words_of

NEW = "/admin/bylines/new"
WRITTEN = {"name": "Inès Caradec", "bio": "Grows *things*.", "slug": ""}


@pytest.fixture
def alice(site: Site) -> httpx.Client:
    return site.client_of(site.alice())


def write(
    client: httpx.Client, *, address: str = NEW, picture: bytes | None = None, **fields: object
) -> httpx.Response:
    sent = {"csrf": csrf_of(client.get(address)), **WRITTEN, **fields}
    files = {"portrait": ("portrait.png", picture, "image/png")} if picture is not None else None
    return client.post(address, data=sent, files=files)


def the_byline(site: Site) -> Byline:
    with site.database.read() as session:
        byline = session.scalars(select(Byline)).one()
        session.expunge_all()
        return byline


def served(site: Site) -> Image.Image:
    answer = site.client().get(f"/portraits/{the_byline(site).portrait_name}.webp")
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]
    return Image.open(io.BytesIO(answer.content))


# Writing


def test_byline_gets_its_page(site: Site, alice: httpx.Client) -> None:
    answer = write(alice, link_label=["Her blog", ""], link_url=["ines.example.org", "https://b.example.org/x"])

    page = site.client().get("/authors/ines-caradec")
    assert answer.status_code == 303
    assert "<h1><bdi>Inès Caradec</bdi></h1>" in page.text
    assert "Grows <em>things</em>." in page.text
    assert '<a href="https://ines.example.org" rel="noopener">Her blog</a>' in page.text
    assert '<a href="https://b.example.org/x" rel="noopener">https://b.example.org/x</a>' in page.text
    assert "Inès Caradec" in site.client().get("/authors").text


def test_byline_can_be_changed(site: Site, alice: httpx.Client) -> None:
    byline = site.byline(links=[("Her blog", "https://ines.example.org/")])
    address = f"/admin/bylines/{byline.id}"

    before = form(alice.get(address), "byline-form")
    write(
        alice,
        address=address,
        name="I. Caradec",
        slug="i-caradec",
        bio="Reads.",
        link_label=["", ""],
        link_url=["", ""],
    )

    after = the_byline(site)
    assert (before["name"], before["bio"], before["slug"]) == ("Inès Caradec", "", "ines-caradec")
    assert (after.name, after.slug, after.bio, after.links) == ("I. Caradec", "i-caradec", "Reads.", [])
    assert site.client().get("/authors/i-caradec").status_code == 200
    assert site.client().get("/authors/ines-caradec").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "n" * (limits.NAME + 1)),
        ("bio", "b" * (limits.BIO + 1)),
        ("slug", "Not a slug"),
        ("slug", "ines-caradec"),
    ],
)
@ON_SQLITE
def test_wrong_field_is_explained(site: Site, alice: httpx.Client, field: str, value: str) -> None:
    site.byline()
    typed = WRITTEN | {"name": "Zoé", field: value}

    answer = write(alice, **typed, link_label=["Blog"], link_url=["https://zoe.example.org"])

    kept = form(answer, "byline-form")
    assert answer.status_code == 422
    assert complaint(answer, field)
    assert {name: kept[name] for name in typed} == typed
    assert 'value="https://zoe.example.org"' in answer.text
    assert how_many(site, Byline) == 1


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://example.org", "nowhere", "https://x y", "data:text/html,x"]
)
@ON_SQLITE
def test_links_lead_to_the_web(site: Site, alice: httpx.Client, url: str) -> None:
    answer = write(alice, link_label=["Her blog"], link_url=[url])

    assert answer.status_code == 422
    assert 'href="#link_url"' in answer.text
    assert '<fieldset id="link_url" aria-describedby="link_url-error">' in answer.text
    assert 'id="link_url-error"' in answer.text
    assert f'name="link_url" inputmode="url" value="{url}"' in answer.text
    assert 'value="Her blog"' in answer.text
    assert how_many(site, Byline) == 0


@pytest.mark.parametrize("field", ["name", "slug", "bio", "link_label", "link_url"])
def test_nul_breaks_nothing(alice: httpx.Client, field: str) -> None:
    links = {"link_label": "Blog", "link_url": "https://a.example.org"}

    assert write(alice, **(links | {field: "a\x00b.example.org"})).status_code in {303, 422}


# Portraits


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_portrait_becomes_small_and_square(site: Site, alice: httpx.Client, kind: str) -> None:
    answer = write(alice, picture=portrait(900, 500, kind))

    picture = served(site)
    page = site.client().get("/authors/ines-caradec")
    assert answer.status_code == 303
    assert (picture.format, picture.size) == ("WEBP", (192, 192))
    assert f'<img class="face" src="/portraits/{the_byline(site).portrait_name}.webp" alt=""' in page.text


def with_place(kind: str) -> bytes:
    """A photograph that says where it was taken, which camera took it, and which way is up."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "A camera", 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 3.0)})
    picture = Image.new("RGB", (200, 100), "red")
    picture.paste("blue", (100, 0, 200, 100))
    output = io.BytesIO()
    picture.save(output, kind, exif=exif, quality=95)
    assert b"A camera" in output.getvalue()
    return output.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@ON_SQLITE
def test_portrait_forgets_where_it_was_taken(site: Site, alice: httpx.Client, kind: str) -> None:
    write(alice, picture=with_place(kind))

    picture = served(site)
    answer = site.client().get(f"/portraits/{the_byline(site).portrait_name}.webp")
    assert not picture.getexif()
    assert not {"exif", "xmp", "icc_profile"} & set(picture.info)
    assert b"A camera" not in answer.content
    red, blue = picture.convert("RGB").getpixel((96, 30)), picture.convert("RGB").getpixel((96, 160))
    assert red[0] > 200 > 100 > red[2]  # turned upright: what was on the left is now above
    assert blue[2] > 200 > 100 > blue[0]


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )


PICTURE = portrait()
NOT_PICTURES = {
    "text": b"not a picture",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "gif": portrait(kind="GIF"),
    "half a png": PICTURE[: len(PICTURE) // 2],
    "broken checksum": PICTURE[:40] + b"\x00\x00" + PICTURE[42:],
    "head of a jpeg": portrait(kind="JPEG")[:200],
    "bomb": bomb(),
    "smaller bomb": bomb(6_400),
    "html in a png": b"\x89PNG\r\n\x1a\n<html>",
}


@pytest.mark.parametrize("kind", NOT_PICTURES)
@ON_SQLITE
def test_no_picture_is_explained(site: Site, alice: httpx.Client, kind: str) -> None:
    answer = write(alice, picture=NOT_PICTURES[kind])

    assert answer.status_code == 422
    assert complaint(answer, "portrait")
    assert form(answer, "byline-form")["bio"] == WRITTEN["bio"]
    assert (how_many(site, Byline), how_many(site, Portrait)) == (0, 0)


def test_damaged_pictures_never_break_us() -> None:
    """A byte changed here and there: either it is still a picture, or one that is told to be none."""
    portraits_made = 0
    for kind in ("PNG", "JPEG", "WEBP"):
        whole = portrait(64, 48, kind)
        for at in range(8, len(whole), max(1, len(whole) // 25)):
            damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
            with suppress(*portraits.BROKEN):
                portraits_made += bool(portraits.portrait(damaged))

    assert portraits_made


@ON_SQLITE
def test_empty_upload_is_no_portrait(site: Site, alice: httpx.Client) -> None:
    """What a browser sends when no file was chosen."""
    assert write(alice, picture=b"").status_code == 303
    assert the_byline(site).portrait_name is None


@ON_SQLITE
def test_huge_upload_is_refused(site: Site, alice: httpx.Client) -> None:
    assert write(alice, picture=b"x" * (limits.UPLOAD_BODY + 1)).status_code == 413
    assert how_many(site, Byline) == 0


def test_portrait_is_kept_until_removed(site: Site, alice: httpx.Client) -> None:
    write(alice, picture=portrait())
    byline = the_byline(site)
    address = f"/admin/bylines/{byline.id}"

    write(alice, address=address, bio="Other words.")
    kept = the_byline(site).portrait_name
    write(alice, address=address, remove_portrait="yes")

    page = site.client().get("/authors/ines-caradec")
    assert kept == byline.portrait_name
    assert the_byline(site).portrait_name is None
    assert '<span class="face" aria-hidden="true">IC</span>' in page.text


def test_same_picture_serves_two(site: Site, alice: httpx.Client) -> None:
    statuses = [write(alice, picture=portrait(), name=name).status_code for name in ("Zoé", "Inès")]

    assert statuses == [303, 303]
    assert how_many(site, Portrait) == 1


@pytest.mark.parametrize("name", ["nowhere.webp", "%00", "..%2f..%2fetc%2fpasswd", "x" * 500])
@ON_SQLITE
def test_unknown_portraits_are_not_found(site: Site, name: str) -> None:
    assert site.client().get(f"/portraits/{name}").status_code == 404


# Reading


def test_byline_shows_its_posts_alone(site: Site) -> None:
    ines, zoe = site.byline(), site.byline("Zoé")
    site.post("By Inès", byline_ids=[ines.id])
    site.post("By both", byline_ids=[zoe.id, ines.id])
    site.post("By Zoé", byline_ids=[zoe.id])
    site.post("By nobody")

    for path in ("/authors/ines-caradec", "/authors/ines-caradec/feed.atom"):
        text = site.client().get(path).text
        assert [title in text for title in ("By Inès", "By both", "By Zoé", "By nobody")] == [True, True, False, False]


@ON_SQLITE
def test_byline_page_is_paged(site: Site) -> None:
    ines = site.byline()
    for n in range(11):
        site.post(f"Post {n:02}", byline_ids=[ines.id])
    reader = site.client()

    pages = [reader.get(f"/authors/ines-caradec?page={n}") for n in (1, 2, 3)]

    assert [len(re.findall(r"<h2><a[^>]*>Post \d\d</a>", page.text)) for page in pages[:2]] == [10, 1]
    assert "11 articles" in words_of(pages[0])
    assert pages[2].status_code == 404


@ON_SQLITE
def test_name_of_byline_is_only_a_name(site: Site) -> None:
    byline = site.byline("<script>alert(1)</script>", slug="hostile", bio="<img src=x onerror=alert(1)>")
    site.post(byline_ids=[byline.id])
    reader = site.client()

    for path in ("/posts/the-garden", "/authors/hostile", "/authors", "/", "/feed.atom"):
        text = reader.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
