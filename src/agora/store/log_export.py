"""The log as the lines of a file: see rules/log_file.py for their form."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from agora.rules.ledger import Signed
from agora.rules.log_file import checkpoint_line, entry_line, header_line, private_line
from agora.store import ledger, site


def lines(session: Session, head: Signed, *, private: bool) -> Iterator[tuple[int, str]]:
    """Each line up to this head, with the number of the entry that it belongs to."""
    yield 0, header(session, head)
    for batch in ledger.read(session, until=head.number, private=private):
        yield from of_batch(batch)


def header(session: Session, head: Signed) -> str:
    return header_line(site.the_site(session).tag_authority, head) + "\n"


def of_batch(batch: list[ledger.Read]) -> Iterator[tuple[int, str]]:
    for read in batch:
        number = read.entry.number
        yield number, entry_line(read.sealed) + "\n"
        if read.values:
            yield number, private_line(number, {name: (salt, value) for name, salt, value in read.values}) + "\n"
        if read.checkpoint:
            yield number, checkpoint_line(ledger.signed(read.checkpoint)) + "\n"
