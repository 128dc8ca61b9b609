"""Handing letters over: to the mail server that the settings name, or to .eml files in the data folder."""

import os
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from agora.settings import Settings

# Seconds that a mail server may take to answer.
TIMEOUT = 20


class ServerAway(Exception):
    """The mail server does not take letters now; it may later."""


class Undeliverable(Exception):
    """The mail server will not take this letter, now or later: there is no such recipient, or it dislikes the text."""


def send(letter: EmailMessage, settings: Settings, *, name: str) -> None:
    """Hand a letter over. Raises ServerAway or Undeliverable. `name` is that of the file, where files are written."""
    if not settings.mail_url:
        _write_file(letter, settings.data_dir / "letters", name)
        return
    try:
        with _server(settings.mail_url) as server:
            _hand_over(server, letter)
    except (smtplib.SMTPException, OSError) as error:
        raise ServerAway(f"{type(error).__name__}: {error}"[:200]) from error


def _hand_over(server: smtplib.SMTP, letter: EmailMessage) -> None:
    """Raises Undeliverable where the server says that it will never take this letter; it may take the others."""
    try:
        server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        code, _answer = next(iter(error.recipients.values()))
        # The address itself stays out of what we write down.
        if 500 <= code < 600:
            raise Undeliverable(f"refused with {code}") from error
        raise ServerAway(f"put off with {code}") from error
    except smtplib.SMTPDataError as error:
        if 500 <= error.smtp_code < 600:
            raise Undeliverable(f"refused with {error.smtp_code}") from error
        raise
    except smtplib.SMTPNotSupportedError as error:
        raise Undeliverable("the mail server does not take addresses with accents (SMTPUTF8)") from error


def _write_file(letter: EmailMessage, folder: Path, name: str) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        unfinished, finished = folder / f".{name}.part", folder / f"{name}.eml"
        with unfinished.open("wb") as file:
            file.write(bytes(letter))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(finished)
    except OSError as error:
        raise ServerAway(f"the folder of letters cannot be written to: {error.strerror}") from error


def greet(url: str) -> None:
    """See whether the mail server would take letters from us. Raises ServerAway."""
    try:
        with _server(url) as server:
            server.noop()
    except (smtplib.SMTPException, OSError) as error:
        raise ServerAway(f"{type(error).__name__}: {error}"[:200]) from error


def _server(url: str) -> smtplib.SMTP:
    """A connection that takes letters: encrypted where the server offers it, signed in where we are told to."""
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT)
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server
