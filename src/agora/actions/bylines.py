"""Bylines: who posts are published under."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from agora.rules import limits, markup, urls
from agora.rules.errors import N_, FieldErrors, Message
from agora.store import bylines, events, versions
from agora.store.bylines import Byline, Portrait
from agora.store.people import Person

# Seconds that a picture may take; the largest that is read takes two.
_PATIENCE = 30
_BROKEN = (subprocess.CalledProcessError, subprocess.TimeoutExpired)


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


def _portrait(picture: bytes) -> Portrait:
    """Made by a process of its own: a picture takes a hundred times its bytes while it is read. Raises _BROKEN."""
    command = [sys.executable, "-P", "-m", "agora.actions.portraits"]
    made = subprocess.run(command, input=picture, capture_output=True, timeout=_PATIENCE, check=True)  # noqa: S603
    return Portrait(name=hashlib.sha256(made.stdout).hexdigest()[:24], content=made.stdout)
