"""`agora check`: looks at settings, database, letters and disk, and says in sentences what it found."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from agora.jobs import mail
from agora.rules.ledger import Broken, Chain
from agora.settings import SECRET_FILE, Settings, last_backup
from agora.store import case_audit, counts, events, ledger, people, site
from agora.store.counts import Progress
from agora.store.database import Database
from agora.store.events import DeliveryState
from agora.store.figures import Figures, figures, is_writable
from agora.store.migrations import is_current

MEBIBYTE = 1024 * 1024
# Bytes that should be free in the data folder, and those to which SQLite's -wal file should not grow.
LITTLE_SPACE = 200 * MEBIBYTE
LARGE_WAL = 500 * MEBIBYTE
# How long nobody need worry.
LATE, UNHEEDED, OLD_BACKUP = timedelta(hours=1), timedelta(days=3), timedelta(days=7)
# Clocks of several machines are never quite the same.
ASTRAY = timedelta(minutes=5)


@dataclass(frozen=True)
class Finding:
    good: bool
    text: str


def examine(settings: Settings, now: datetime, progress: Progress = lambda done, of: None) -> list[Finding]:
    found = [*_settings(settings), *_secret(settings), *_database(settings, now, progress), _mail(settings)]
    return [*found, _disk(settings), _backup(settings, now)]


def _settings(settings: Settings) -> list[Finding]:
    findings = [Finding(True, f"Settings are read; the site's address is {settings.base_url}.")]
    if not settings.rate_limits:
        findings.append(Finding(False, "Rate limits are off: only for load tests."))
    if settings.host not in {"localhost", "127.0.0.1", "::1"} and not settings.is_https:
        findings.append(Finding(False, "The site's address is not https: sign-ins travel in the open."))
    return [*findings, _opinions(settings)]


def _opinions(settings: Settings) -> Finding:
    """What leaves the site should surprise nobody."""
    service = urlsplit(settings.akismet_url).hostname
    if settings.asks_akismet:
        return Finding(True, f"Readers' comments are sent to {service} for a second opinion on spam.")
    if settings.akismet_url or settings.akismet_key:
        return Finding(False, "Of akismet_url and akismet_key only one is set: no service is asked.")
    return Finding(True, "Comments are sent to no other service.")


def _secret(settings: Settings) -> list[Finding]:
    """Who reads the key can sign in as anybody."""
    kept = settings.data_dir / SECRET_FILE
    if kept.exists() and kept.stat().st_mode & 0o077:
        return [Finding(False, f"Others than its owner may read {kept}: run `chmod 600` on it.")]
    return []


def _database(settings: Settings, now: datetime, progress: Progress) -> list[Finding]:
    database = Database(settings.database_url, connections=1)
    try:
        if not is_current(database):
            return [Finding(False, "The database is not at the version of this Agora: run `agora migrate`.")]
        findings = [Finding(True, "The database answers and is at the version of this Agora.")]
        if not is_writable(database):
            findings.append(Finding(False, "The database takes no changes: it is a standby, or set to read only."))
        return [*findings, *_content(database, now, progress), *_watched(figures(database, now))]
    except SQLAlchemyError as error:
        return [Finding(False, f"The database cannot be used: {str(error).splitlines()[0]}")]
    finally:
        database.close()


def _watched(now: Figures) -> list[Finding]:
    """What somebody should have noticed already."""
    late, waiting = timedelta(seconds=now.oldest_due), timedelta(seconds=now.oldest_pending)
    findings = []
    if late > LATE:
        findings.append(Finding(False, f"A letter is {_span(late)} late: is a worker running, does the log say more?"))
    if waiting > UNHEEDED:
        findings.append(Finding(False, f"A comment has been waiting for a moderator for {_span(waiting)}."))
    if now.wal_size and now.wal_size > LARGE_WAL:
        mebibytes = now.wal_size // MEBIBYTE
        findings.append(Finding(False, f"SQLite's -wal file has grown to {mebibytes} MiB: does an old process read?"))
    return findings


def _content(database: Database, now: datetime, progress: Progress) -> list[Finding]:
    with database.read() as session:
        if not site.is_initialised(session):
            return [Finding(False, "The database is empty: run `agora init`.")]
        findings = []
        if not people.count_administrators(session):
            findings.append(Finding(False, "There is no administrator: run `agora person add … --role administrator`."))
        findings += [_counts(counts.wrong(session, progress)), _cases(session), _log(session)]
        last = events.last_event_time(session)
        if last and last > now + ASTRAY:
            findings.append(
                Finding(False, f"The clock is behind: the last event was written {_span(last - now)} ahead.")
            )
        letters = events.counts_of_letters(session)
        waiting, failed = letters.get(DeliveryState.WAITING, 0), letters.get(DeliveryState.FAILED, 0)
        findings.append(Finding(True, f"Letters: {waiting} waiting, {failed} could not be delivered."))
        return findings


def _counts(wrong: dict[str, int]) -> Finding:
    if not wrong:
        return Finding(True, "The counts of posts and comments are right.")
    listed = ", ".join(f"{count} in {name}" for name, count in wrong.items())
    return Finding(False, f"Counts are wrong ({listed}): run `agora check --recount`.")


def _cases(session: Session) -> Finding:
    astray = case_audit.astray(session)
    if astray.unlisted or astray.empty:
        apart = f"{astray.unlisted} wait without a case, {astray.empty} cases are about nothing that waits"
        return Finding(
            False, f"The moderators' list is not what waits ({apart}): please report this as a mistake of ours."
        )
    return Finding(True, "The moderators' list has what waits.")


def _log(session: Session) -> Finding:
    """Its end, where things go wrong; to read all of a long log is a command of its own."""
    last, _ = ledger.head(session)
    read = ledger.batch(session, after=max(0, last - ledger.BATCH), until=last)
    signed = ledger.latest_checkpoint(session)
    chain = Chain()
    try:
        for number, entry in enumerate(each.sealed for each in read):
            if not number:
                chain.number, chain.seal = entry.number - 1, entry.previous
            chain.follow(entry)
    except Broken as broken:
        return Finding(False, f"The log of moderation is broken: {broken} Run `agora moderation verify`.")
    if signed and signed.number > last:
        return Finding(False, f"The log of moderation ends at entry {last}, and {signed.number} of them were signed.")
    return Finding(True, f"The log of moderation, {last} entries, ends as it was sealed.")


def _mail(settings: Settings) -> Finding:
    if not settings.mail_url:
        return Finding(True, f"Letters are written as files to {settings.data_dir / 'letters'}.")
    try:
        mail.greet(settings.mail_url)
    except mail.ServerAway as error:
        return Finding(False, f"The mail server does not answer ({error}); letters wait until it does.")
    return Finding(True, "The mail server answers.")


def _disk(settings: Settings) -> Finding:
    free, database = shutil.disk_usage(settings.data_dir).free, settings.data_dir / "agora.db"
    # A migration may write every row anew.
    needed = max(LITTLE_SPACE, database.stat().st_size if database.exists() else 0)
    return Finding(free > needed, f"{free // MEBIBYTE} MiB are free in the data folder.")


def _backup(settings: Settings, now: datetime) -> Finding:
    made = last_backup(settings.data_dir)
    if made is None:
        return Finding(True, "No backup by `agora backup` is known here; other tools make theirs without telling.")
    age = now - datetime.fromtimestamp(made, UTC)
    return Finding(age < OLD_BACKUP, f"The last backup was made {_span(age)} ago.")


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    for size, unit in ((24 * 60, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"
