"""A real SMTP server on loopback that keeps the letters it is given, and can be in a bad mood."""

import asyncio
import email
import email.policy
import threading
from email.message import EmailMessage
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from . import HOST, free_port

ACCEPTED = "250 2.0.0 Accepted"
REFUSED = "451 4.3.0 Not now, try again later"
NO_SUCH_PERSON = "550 5.1.1 No such person here"
STOPPED_WITHIN = 10  # seconds


class SmtpServer:
    """`with SmtpServer() as post:` listens on `post.url`; `post.letters` holds what came, parsed, oldest first.

    `envelopes` stand beside the letters, one for one: sender (`mail_from`) and recipients (`rcpt_tos`) as the client
    named them. While `refuse_all` is true every sender is answered 451.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.refuse_all = False
        self._rejected: set[str] = set()
        self._arrival = threading.Condition()
        self._controller: _Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    def __enter__(self) -> "SmtpServer":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._controller:
            self.stop()

    def start(self) -> None:
        """Listen, on the same port as before; what was received is kept, a frozen server comes back thawed."""
        self._controller = _Controller(self, hostname=HOST, port=self.port, server_hostname="localhost")
        self._controller.start()

    def stop(self) -> None:
        """Hang up on everyone and refuse connections until `start()`."""
        controller, self._controller = self._running(), None
        controller.stop()

    def freeze(self) -> None:
        """Accept connections and commands, and answer nothing until `thaw()`."""
        controller = self._running()
        controller.loop.call_soon_threadsafe(controller.thawed.clear)

    def thaw(self) -> None:
        """Give the answers that were held back, and those to come."""
        controller = self._running()
        controller.loop.call_soon_threadsafe(controller.thawed.set)

    def reject_recipient(self, address: str) -> None:
        """From now on answer 550 for this address, in any case of its letters."""
        self._rejected.add(address.casefold())

    def wait_for(self, count: int, timeout: float = 60) -> list[EmailMessage]:
        """The letters, as soon as there are at least `count`; TimeoutError after so many seconds."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self.letters) >= count, timeout):
                subjects = [letter["Subject"] for letter in self.letters]
                raise TimeoutError(f"{len(self.letters)} of {count} letters came within {timeout} s: {subjects}")
            return list(self.letters)

    def clear(self) -> None:
        """Forget the letters received so far."""
        with self._arrival:
            self.letters.clear()
            self.envelopes.clear()

    def _running(self) -> "_Controller":
        if self._controller is None:
            raise RuntimeError("This SMTP server is not running.")
        return self._controller

    # The three hooks that aiosmtpd calls by name, in its own thread.

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse_all:
            return REFUSED
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return ACCEPTED

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.casefold() in self._rejected:
            return NO_SUCH_PERSON
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return ACCEPTED

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        # Lines end as Python writes them, so that tests compare plain strings.
        lines = (envelope.original_content or b"").replace(b"\r\n", b"\n")
        letter = email.message_from_bytes(lines, policy=email.policy.default)
        with self._arrival:
            self.letters.append(letter)
            self.envelopes.append(envelope)
            self._arrival.notify_all()
        return ACCEPTED


class _Controller(Controller):
    """The thread that serves; `thawed` holds back every answer while it is not set."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.conversations: list[_Conversation] = []

    def factory(self) -> "_Conversation":
        conversation = _Conversation(self.handler, self.thawed, loop=self.loop, **self.SMTP_kwargs)
        self.conversations.append(conversation)
        return conversation

    def stop(self, no_assert: bool = False) -> None:
        # Left open, connections would outlive their loop and complain when they are collected.
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(STOPPED_WITHIN)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        self.server.close()
        for conversation in self.conversations:
            if conversation.transport:
                conversation.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Conversation(SMTP):
    """One client's connection, from the greeting on."""

    def __init__(self, handler: SmtpServer, thawed: asyncio.Event, **options: object) -> None:
        super().__init__(handler, **options)
        self._thawed = thawed

    async def push(self, status: str | bytes) -> None:
        await self._thawed.wait()
        await super().push(status)
