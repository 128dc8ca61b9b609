"""The sealed log: signing where it stands, and seeing whether it is still what was sealed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from agora.actions.site import seal_charter
from agora.rules.errors import N_, Message
from agora.rules.ledger import Broken, Chain, Signed, checkpoint_text
from agora.signing import LogKey, is_signed
from agora.store import ledger, log_audit, site, versions
from agora.store.ledger import Checkpoint, LedgerEntry, Read

# A checkpoint is made when the log grew by so many entries, or grew at all and the last one is so old.
MANY = 100
OLD = timedelta(hours=1)

Progress = Callable[[int, int], None]


def is_due(session: Session, key: LogKey, now: datetime) -> bool:
    """Whether it is time for another checkpoint."""
    number, _ = ledger.head(session)
    if number == 0:
        return False
    latest, announced = ledger.latest_checkpoint(session), ledger.announced_key(session)
    if latest is None or announced is None or _key_of(announced) != key.public:
        return True
    return number - latest.number >= MANY or (number > latest.number and now - latest.at >= OLD)


def sign(session: Session, key: LogKey, *, now: datetime) -> Signed:
    """Sign where the log stands; a key that the log does not know yet is announced in it first."""
    ledger.settle(session)
    ledger.take_turn(session)
    announced = ledger.announced_key(session)
    if announced is None or _key_of(announced) != key.public:
        facts = {"key": key.public, "algorithm": "Ed25519", "former": _key_of(announced) if announced else None}
        ledger.append(session, "log.key", at=now, facts=facts)
        _seal_charters(session, now)
        ledger.settle(session)
    latest, (number, seal) = ledger.latest_checkpoint(session), ledger.head(session)
    if latest is None or latest.number < number:
        latest = _signed_now(session, key, number, seal, now)
    return ledger.signed(latest)


def _seal_charters(session: Session, now: datetime) -> None:
    """Versions of the charter from before there was a log."""
    sealed = {ledger.facts_of(entry).get("charter") for entry in ledger.of_kind(session, "charter.changed")}
    for version in site.charter_versions(session):
        if version.id not in sealed:
            seal_charter(session, version, by=None, now=now)


def _signed_now(session: Session, key: LogKey, number: int, seal: str, now: datetime) -> Checkpoint:
    authority = site.the_site(session).tag_authority
    text = checkpoint_text(authority, number, now.astimezone(UTC).isoformat(), seal)
    made = Checkpoint(number=number, at=now, seal=seal, key=key.public, signature=key.sign(text))
    session.add(made)
    session.flush()
    versions.touch(session, versions.LOG)
    return made


def _key_of(entry: LedgerEntry) -> str:
    return str(ledger.facts_of(entry).get("key"))


# Verifying


def verify(session: Session, heads: dict[int, str], *, progress: Progress) -> Chain:
    """Read the whole log beside the records it tells of; gives the chain that was followed. Raises Broken.

    `heads` are seals by number that were seen elsewhere.
    """
    chain = Chain(site.the_site(session).tag_authority, is_signed)
    latest, (last, _) = ledger.latest_checkpoint(session), ledger.head(session)
    for batch in ledger.read(session, until=last, private=True):
        for read in batch:
            _follow(chain, read)
            if heads.get(chain.number, chain.seal) != chain.seal:
                raise Broken(chain.number, N_("Entry %(number)s is not the one that was published."))
        _compare_statements(session, batch)
        progress(chain.number, last)
    if chain.number < max([latest.number if latest else 0, *heads]):
        raise Broken(chain.number + 1, N_("Entry %(number)s is missing: the log ends before it."))
    return chain


def _follow(chain: Chain, read: Read) -> None:
    chain.follow(read.sealed)
    entry, facts = read.entry, chain.facts
    told = (facts.get("kind"), facts.get("at"), facts.get("comment"), facts.get("post"))
    if told != (entry.kind, entry.at.isoformat(), entry.comment_id, entry.post_id):
        raise Broken(entry.number, N_("The row of entry %(number)s says other things than what was sealed."))
    for value in read.values:
        chain.open(*value)
    if read.checkpoint:
        chain.check(ledger.signed(read.checkpoint))


def _compare_statements(session: Session, batch: list[Read]) -> None:
    told = {
        facts["statement"]: read.entry.number
        for read in batch
        if (facts := ledger.facts_of(read.entry)).get("statement")
    }
    missing = set(told) - log_audit.known_puids(session, told)
    if missing:
        number = min(told[puid] for puid in missing)
        raise Broken(number, N_("Entry %(number)s tells of a statement of reasons that is not there."))


def strays(session: Session) -> list[Message]:
    """What the records and the log say apart: decisions without an entry, and entries without their decision."""
    found = []
    for event_id in log_audit.decisions_without_entry(session):
        found.append(Message(N_("Decision %(id)s has no entry in the log."), {"id": event_id}))
    for number in log_audit.entries_without_decision(session):
        found.append(Message(N_("Entry %(number)s tells of a decision that is not there."), {"number": number}))
    for puid in log_audit.statements_without_entry(session):
        found.append(Message(N_("The statement of reasons %(puid)s is in no entry of the log."), {"puid": puid}))
    return found
