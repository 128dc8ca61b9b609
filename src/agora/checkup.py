"""`agora check`: looks at settings, database, letters and disk, and says in sentences what it found."""

import shutil
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from agora.jobs import mail
from agora.settings import Settings
from agora.store import events, people, posts, site
from agora.store.database import Database
from agora.store.events import DeliveryState
from agora.store.schema import is_current

# Bytes that should be free in the data folder.
LITTLE_SPACE = 200 * 1024 * 1024


@dataclass(frozen=True)
class Finding:
    good: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    return [*_settings(settings), *_database(settings), _mail(settings), _disk(settings)]


def _settings(settings: Settings) -> list[Finding]:
    findings = [Finding(True, f"Settings are read; the site's address is {settings.base_url}.")]
    if not settings.rate_limits:
        findings.append(Finding(False, "Rate limits are off: only for load tests."))
    if settings.host not in {"localhost", "127.0.0.1", "::1"} and not settings.is_https:
        findings.append(Finding(False, "The site's address is not https: sign-ins travel in the open."))
    return findings


def _database(settings: Settings) -> list[Finding]:
    database = Database(settings.database_url, connections=1)
    try:
        if not is_current(database):
            return [Finding(False, "The database is not at the version of this Agora: run `agora migrate`.")]
        return [Finding(True, "The database answers and is at the version of this Agora."), *_content(database)]
    except SQLAlchemyError as error:
        return [Finding(False, f"The database cannot be used: {str(error).splitlines()[0]}")]
    finally:
        database.close()


def _content(database: Database) -> list[Finding]:
    with database.read() as session:
        if not site.is_initialised(session):
            return [Finding(False, "The database is empty: run `agora init`.")]
        findings = []
        if not people.count_administrators(session):
            findings.append(Finding(False, "There is no administrator: run `agora person add … --role administrator`."))
        wrong = posts.wrong_counts(session)
        text = f"{wrong} posts have wrong comment counts." if wrong else "The counts of comments are right."
        findings.append(Finding(not wrong, text))
        letters = events.counts_of_deliveries(session)
        waiting, failed = letters.get(DeliveryState.WAITING, 0), letters.get(DeliveryState.FAILED, 0)
        findings.append(Finding(True, f"Letters: {waiting} waiting, {failed} could not be delivered."))
        return findings


def _mail(settings: Settings) -> Finding:
    if not settings.mail_url:
        return Finding(True, f"Letters are written as files to {settings.data_dir / 'letters'}.")
    try:
        mail.greet(settings.mail_url)
    except mail.ServerAway as error:
        return Finding(False, f"The mail server does not answer ({error}); letters wait until it does.")
    return Finding(True, "The mail server answers.")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_dir).free
    return Finding(free > LITTLE_SPACE, f"{free // (1024 * 1024)} MiB are free in the data folder.")
