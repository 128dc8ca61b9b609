"""The site as a whole: its first start, its name and choices, its charter."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from agora.actions import ready_reasons
from agora.resources import packaged
from agora.rules import charter, limits, urls
from agora.rules.errors import N_, FieldErrors, Message
from agora.rules.policy import Mode
from agora.settings import Settings
from agora.store import database, events, ledger, versions
from agora.store import site as store
from agora.store.people import Person
from agora.store.site import CharterVersion, Site
from agora.tokens import fingerprint

CHARTER_LIMIT = 50_000


def initialise(session: Session, settings: Settings, *, now: datetime) -> bool:
    """Give an empty database its site and first charter; False if it has them already."""
    database.lock(session, "site")
    if store.is_initialised(session):
        return False
    title = {"fr": "Mon site", "en": "My site"}[settings.language]
    authority = f"{settings.host},{now.astimezone(UTC):%Y-%m-%d}"  # RFC 4151, 2.1
    session.add(Site(id=1, title=title, tagline="", contact="", tag_authority=authority, created_at=now))
    source = packaged("charters", f"{settings.language}.md").read_text(encoding="utf-8")
    session.add(CharterVersion(source=source, language=settings.language, created_at=now))
    ready_reasons.add_first(session, settings.language)
    session.flush()
    return True


def change_site(
    session: Session,
    site: Site,
    *,
    title: str,
    tagline: str,
    contact: str,
    moderation: Mode | None,
    authors_moderate: bool = False,
    by: Person | None,
    now: datetime,
) -> None:
    """Raises FieldErrors for `title`, `tagline` and `contact`."""
    errors = {}
    for name, value, limit in (("title", title, 120), ("tagline", tagline, 300), ("contact", contact, limits.EMAIL)):
        if len(value) > limit:
            errors[name] = Message(N_("At most %(limit)s characters, please."), {"limit": limit})
    if contact and not urls.email_address(contact):
        errors["contact"] = Message(N_("This does not look like an e-mail address."))
    if not title:
        errors["title"] = Message(N_("The site needs a name."))
    if errors:
        raise FieldErrors(errors)
    if moderation != site.moderation:
        facts = {"moderation": moderation or "as-configured", "before": site.moderation or "as-configured"}
        ledger.append(session, "site.changed", at=now, facts=facts | {"role": by.role if by else None})
    if authors_moderate != site.authors_moderate:
        allowed = {"authors_moderate": "yes" if authors_moderate else "no", "role": by.role if by else None}
        ledger.append(session, "site.changed", at=now, facts=allowed)
    site.title, site.tagline, site.contact, site.moderation = title, tagline, contact, moderation
    site.authors_moderate = authors_moderate
    versions.touch(session, versions.SITE)
    events.record(session, "site.changed", at=now, person_id=by.id if by else None)


def change_charter(session: Session, source: str, *, language: str, by: Person | None, now: datetime) -> None:
    """A new version of the charter, if it says something new; earlier decisions keep theirs.

    Raises FieldErrors for `body`.
    """
    if len(source) > CHARTER_LIMIT:
        raise FieldErrors({"body": Message(N_("At most %(limit)s characters, please."), {"limit": CHARTER_LIMIT})})
    if not charter.parse(source).clauses:
        raise FieldErrors({"body": Message(N_("A charter needs at least one clause: a line that begins with “## ”."))})
    if source == store.current_charter(session).source:
        return
    version = CharterVersion(source=source, language=language, created_at=now, created_by=by.id if by else None)
    session.add(version)
    session.flush()
    versions.touch(session, versions.SITE)
    events.record(session, "charter.changed", at=now, person_id=by.id if by else None, details={"charter": version.id})
    seal_charter(session, version, by=by, now=now)


def seal_charter(session: Session, version: CharterVersion, *, by: Person | None, now: datetime) -> None:
    """Bring a version of the charter into the log, with a hash that anyone can make of its text."""
    facts = {"charter": version.id, "sha256": fingerprint(version.source), "language": version.language}
    ledger.append(session, "charter.changed", at=now, facts=facts | {"role": by.role if by else None})
