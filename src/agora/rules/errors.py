"""The three ways in which something is not possible, said in sentences that the edge translates."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for "to be translated later"
    """Mark a sentence for the catalogues and return it unchanged."""
    return sentence


@dataclass(frozen=True)
class Message:
    """A sentence for people, still in English: `text` is the catalogue's id, `values` fill its placeholders."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)


class Refused(Exception):
    """A person is refused: `status` is the HTTP status, `message` what they are told."""

    def __init__(self, text: str, *, status: int = 403, retry_after: int | None = None, **values: object) -> None:
        super().__init__(text)
        self.message = Message(text, values)
        self.status = status
        self.retry_after = retry_after


class NotFound(Refused):
    """What was asked for is not here, or not for this person: both look the same."""

    def __init__(self, text: str = N_("There is nothing at this address.")) -> None:
        super().__init__(text, status=404)


class Conflict(Refused):
    """Somebody else was quicker."""

    def __init__(self, text: str) -> None:
        super().__init__(text, status=409)


class FieldErrors(Exception):
    """One or more fields of a form are wrong: a message for each field's name."""

    def __init__(self, errors: Mapping[str, Message]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)
