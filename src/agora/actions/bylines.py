"""Bylines: who posts are published under."""

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.orm import Session

from agora.rules import limits, markup, urls
from agora.rules.errors import N_, FieldErrors, Message
from agora.store import bylines, events, versions
from agora.store.bylines import Byline, Portrait
from agora.store.people import Person

# Pixels of a portrait's side: twice the size at which it is shown.
PORTRAIT_SIDE = 192
_MOST_PIXELS = 50_000_000
_LONGEST_SIDE = 12_000

# What Pillow raises at pictures that are broken or are none.
_BROKEN = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
)


@dataclass(frozen=True)
class BylineDraft:
    """What the form says of a byline. `links` are pairs of label and address; `portrait` the bytes of a picture."""

    name: str
    slug: str = ""
    bio: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    portrait: bytes = b""
    remove_portrait: bool = False
    person_id: int | None = None  # whose comments are marked as the author's


@dataclass(frozen=True)
class Made:
    """What takes long about a byline: its biography as HTML, its picture as a portrait or as one that is broken."""

    bio_html: Markup
    portrait: Portrait | None = None
    is_broken: bool = False


def made_ready(bio: str, picture: bytes, language: str) -> Made:
    bio_html = markup.post_html(bio[: limits.BIO], language)  # a longer one is refused anyway
    try:
        return Made(bio_html, _portrait(picture) if picture else None)
    except _BROKEN:
        return Made(bio_html, is_broken=True)


def save_byline(
    session: Session,
    byline: Byline | None,
    draft: BylineDraft,
    *,
    made: Made | None = None,
    by: Person | None,
    language: str,
    now: datetime,
) -> Byline:
    """Create or change a byline; `made` is the draft's, made ready before.

    Raises FieldErrors for `name`, `slug`, `bio`, `link_url` and `portrait`.
    """
    slug = draft.slug or urls.slugify(draft.name)
    links, errors = _links(draft.links)
    errors |= _errors(session, draft, slug, byline.id if byline else None)
    made = made or made_ready(draft.bio, draft.portrait, language)
    if made.is_broken:
        errors["portrait"] = Message(N_("This picture cannot be used; choose a PNG, JPEG or WebP file."))
    if errors:
        raise FieldErrors(errors)
    byline = byline or Byline()
    byline.name, byline.slug, byline.bio, byline.links = draft.name, slug, draft.bio, links
    byline.bio_html = made.bio_html
    byline.renderer = markup.RENDERER_VERSION
    byline.person_id = draft.person_id
    if made.portrait:
        session.merge(made.portrait)
        session.flush()  # first the picture, then the byline that points at it: no relation tells the session so
        byline.portrait_name = made.portrait.name
    elif draft.remove_portrait:
        byline.portrait_name = None
    session.add(byline)
    session.flush()
    versions.touch(session, versions.SITE)
    events.record(session, "byline.saved", at=now, person_id=by.id if by else None, details={"byline": byline.id})
    return byline


def _errors(session: Session, draft: BylineDraft, slug: str, own_id: int | None) -> dict[str, Message]:
    errors = {}
    if not draft.name or len(draft.name) > limits.NAME:
        errors["name"] = Message(N_("Please give a name of at most %(limit)s characters."), {"limit": limits.NAME})
    elif not urls.is_slug(slug) or len(slug) > limits.SLUG:
        errors["slug"] = Message(N_("An address has lower-case letters, digits and single hyphens only."))
    elif not bylines.free_slug(session, slug, own_id):
        errors["slug"] = Message(N_("Another byline has this address."))
    if len(draft.bio) > limits.BIO:
        errors["bio"] = Message(N_("At most %(limit)s characters, please."), {"limit": limits.BIO})
    return errors


def _links(pairs: list[tuple[str, str]]) -> tuple[list[dict[str, str]], dict[str, Message]]:
    links = []
    for label, url in pairs[: limits.LINKS]:
        if not label and not url:
            continue
        address = urls.web_address(url)
        if not address or len(address) > limits.WEBSITE:
            return [], {"link_url": Message(N_("“%(address)s” is not a web address."), {"address": url[:80]})}
        links.append({"label": label[: limits.LABEL] or address, "url": address})
    return links, {}


def _on_white(picture: Image.Image) -> Image.Image:
    layered = picture.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(ground, layered).convert("RGB")


def _portrait(content: bytes) -> Portrait:
    """A square WebP without metadata: where a photograph was taken is nobody's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.width * picture.height > _MOST_PIXELS or max(picture.size) > _LONGEST_SIDE:
                raise ValueError("too many pixels")
            picture.draft("RGB", (PORTRAIT_SIDE * 2, PORTRAIT_SIDE * 2))  # a JPEG is read at a fraction of its size
            picture.thumbnail((PORTRAIT_SIDE * 4, PORTRAIT_SIDE * 4))
            upright = _on_white(ImageOps.exif_transpose(picture))
    square = ImageOps.fit(upright, (PORTRAIT_SIDE, PORTRAIT_SIDE))
    output = io.BytesIO()
    square.save(output, "WEBP", quality=82)
    return Portrait(name=hashlib.sha256(output.getvalue()).hexdigest()[:24], content=output.getvalue())
