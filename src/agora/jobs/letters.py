"""What the letters say: from a delivery to a message, in the language of whom it is for."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from sqlalchemy.orm import Session

from agora.jobs import digest, notices
from agora.jobs.notices import Addresses
from agora.rendering import Renderer
from agora.rules import charter
from agora.rules.measures import EFFECTS, MEASURE_NAMES
from agora.rules.moderation import State
from agora.rules.policy import ABOUT_THE_ADDRESS
from agora.settings import Settings
from agora.store import comments, privacy, site, subscriptions
from agora.store.comments import Comment, Commenter
from agora.store.events import Delivery, Event
from agora.store.measures import Measure
from agora.store.people import Person, SignInLink
from agora.tokens import LIFETIMES, Tokens

# Python 3.11 loses the spaces between the encoded words of a folded subject: so none is folded (RFC 5322 allows 998).
LETTERS = SMTP.clone(max_line_length=900)


# A letter about a comment is written only while what it says is so: much may have happened since it was planned.
STILL_TRUE = {
    "comment-waits": {State.PENDING},
    "comment-received": {State.PENDING, State.PUBLISHED},
    "comment-published": {State.PUBLISHED},
    "comment-refused": {State.REJECTED, State.HIDDEN},
    "comment-held": {State.PENDING},
    "reply": {State.PUBLISHED},
}


@dataclass(frozen=True)
class Recipient:
    address: str
    name: str
    language: str


class Writer:
    """Writes letters. Addresses of pages are those of the public contract; a test follows each of them."""

    def __init__(self, settings: Settings, renderer: Renderer, tokens: Tokens) -> None:
        self._settings = settings
        self._renderer = renderer
        self._tokens = tokens

    def write(self, session: Session, delivery_id: int, *, now: datetime) -> EmailMessage | None:
        """The letter of a delivery, or None where it has become pointless."""
        delivery = session.get_one(Delivery, delivery_id)
        event = session.get_one(Event, delivery.event_id)
        comment = comments.comment_in_full(session, event.comment_id) if event.comment_id else None
        if event.comment_id and comment is None:
            return None
        recipient = self._recipient(session, delivery, comment)
        if recipient is None:
            return None
        said = self._said(session, delivery, event, comment, now)
        if said is None:
            return None
        the_site = site.the_site(session)
        text = self._renderer.render(
            f"mail/{delivery.letter}.txt", recipient.language, site=the_site, name=recipient.name, event=event, **said
        )
        return self._message(delivery, event, recipient, the_site.title, text, said.get("unsubscribe"))

    def _recipient(self, session: Session, delivery: Delivery, comment: Comment | None) -> Recipient | None:
        if delivery.person_id:
            person = session.get(Person, delivery.person_id)
            if person and person.closed_at is None:
                return Recipient(person.email, person.name, person.language)
            return None
        commenter = session.get(Commenter, delivery.commenter_id) if delivery.commenter_id else None
        language = delivery.details.get("language") or (comment.language if comment else self._settings.language)
        if commenter is None or privacy.is_forgotten(commenter.email):
            return None
        return Recipient(commenter.email, "", language)

    def _said(
        self, session: Session, delivery: Delivery, event: Event, comment: Comment | None, now: datetime
    ) -> dict[str, Any] | None:
        if delivery.letter == "sign-in":
            return self._sign_in(session, delivery, now)
        if delivery.letter == "digest":
            return digest.said(session, delivery.person_id or 0, Addresses(self._base, self._tokens), now=now)
        if delivery.letter == "my-data":
            return self._my_data(delivery)
        if delivery.letter in {"measure", "measure-ended"}:
            return self._about_measure(session, delivery)
        is_true = comment is not None and comment.state in STILL_TRUE.get(delivery.letter, State)
        if delivery.letter in notices.LETTERS:
            about = notices.said(session, delivery, event, Addresses(self._base, self._tokens))
            return about if is_true or delivery.letter not in STILL_TRUE else None
        if comment is None or not is_true:
            return None
        said = {"comment": comment, "post_url": f"{self._base}/posts/{comment.post.slug}"}
        match delivery.letter:
            case "comment-waits":
                return said | self._for_moderator(comment, delivery)
            case "reply":
                return self._reply(session, delivery, comment)
            case _:
                return said | {
                    "own": self._own(comment),
                    "confirm": f"{self._base}/my/address/{self._tokens.sign('confirm', comment.id)}",
                    "permalink": f"{self._base}/comments/{comment.id}",
                    "confirming_helps": _confirming_helps(comment),
                }

    @property
    def _base(self) -> str:
        return self._settings.base_url

    def _own(self, comment: Comment) -> str:
        return f"{self._base}/my/comment/{self._tokens.sign('my-comment', comment.id)}"

    def _sign_in(self, session: Session, delivery: Delivery, now: datetime) -> dict[str, Any] | None:
        link = session.get(SignInLink, delivery.details.get("link", 0))
        if link is None or link.used_at is not None or link.expires_at <= now:
            return None
        token = self._tokens.sign("sign-in", link.id)
        return {"link": f"{self._base}/sign-in/{token}", "minutes": LIFETIMES["sign-in"] // 60}

    def _my_data(self, delivery: Delivery) -> dict[str, Any]:
        token = self._tokens.sign("my-data", delivery.commenter_id)
        return {"link": f"{self._base}/my/data/{token}", "hours": LIFETIMES["my-data"] // (60 * 60)}

    def _about_measure(self, session: Session, delivery: Delivery) -> dict[str, Any] | None:
        measure = session.get(Measure, delivery.details.get("measure", 0))
        if measure is None:
            return None
        return {
            "measure": measure,
            "measure_name": MEASURE_NAMES[measure.kind],
            "effect": EFFECTS[measure.kind],
            "clause": _clause_title(session, measure),
            "own": f"{self._base}/my/measure/{self._tokens.sign('my-measure', measure.id)}",
        }

    def _for_moderator(self, comment: Comment, delivery: Delivery) -> dict[str, Any]:
        addresses = Addresses(self._base, self._tokens)
        return {
            "links": digest.decision_links(comment, delivery.person_id or 0, addresses),
            "queue": f"{self._base}/admin/moderation",
            "why": [reason.message for reason in comment.revision.why],
            "days": LIFETIMES["decide"] // (24 * 60 * 60),
        }

    def _reply(self, session: Session, delivery: Delivery, comment: Comment) -> dict[str, Any] | None:
        followed = subscriptions.in_full(session, delivery.subscription_id or 0)
        if followed is None or not followed.is_active:
            return None
        return {
            "comment": comment,
            "permalink": f"{self._base}/comments/{comment.id}",
            "unsubscribe": f"{self._base}/my/letters/{self._tokens.sign('unsubscribe', followed.id)}",
        }

    def _message(
        self, delivery: Delivery, event: Event, recipient: Recipient, title: str, text: str, unsubscribe: str | None
    ) -> EmailMessage:
        subject, _, body = text.partition("\n")
        message = EmailMessage(policy=LETTERS)
        message["Subject"] = " ".join(subject.split())
        message["From"] = formataddr((" ".join(title.split()), self._settings.sender))
        message["To"] = recipient.address
        message["Date"] = format_datetime(event.at)
        # The same at every attempt: a letter that a mail server took without telling us is not shown twice.
        message["Message-ID"] = f"<delivery-{delivery.id}.{int(event.at.timestamp())}@{self._settings.host}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834
        if unsubscribe:
            message["List-Unsubscribe"] = f"<{unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        message.set_content(body.strip() + "\n", cte="quoted-printable")
        # Afterwards: setting the text takes away every header that says something of the content.
        message["Content-Language"] = recipient.language
        return message


def _confirming_helps(comment: Comment) -> bool:
    """Whether we do not know yet that the address is theirs, or not from where they wrote."""
    unknown = comment.commenter is not None and comment.commenter.verified_at is None
    return unknown or any(reason.code in ABOUT_THE_ADDRESS for reason in comment.revision.why)


def _clause_title(session: Session, event: Event | Measure) -> str:
    """The clause as it read in the version of the charter that the decision rests on."""
    version = site.charter_version(session, event.charter_id) if event.charter_id else None
    clauses = charter.parse(version.source).clauses if version else ()
    return next((clause.title for clause in clauses if clause.number == event.clause), "")
