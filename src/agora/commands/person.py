"""`agora person …`: accounts, and links by which their owners sign in once."""

import argparse
import sys

from agora.actions import people as actions
from agora.clock import clock
from agora.console import Failed, add_command, current_settings, migrated_database
from agora.i18n import translate
from agora.rules import urls
from agora.rules.errors import FieldErrors
from agora.rules.permissions import Role
from agora.settings import Settings
from agora.store import people
from agora.store.database import Database
from agora.tokens import LIFETIMES, Tokens


def add(parser: argparse.ArgumentParser) -> None:
    group = parser.add_subparsers(required=True, metavar="COMMAND")
    added = add_command(
        group,
        "add",
        _add_person,
        "open an account; prints a one-time sign-in link unless a password is given",
        "agora person add 'Maud Lenoir' --email maud@example.org --role moderator",
    )
    added.add_argument("name", help="the name that colleagues and readers see")
    added.add_argument("--email", required=True, help="address to sign in with and to send letters to")
    added.add_argument(
        "--role", choices=[str(role) for role in Role], default="author", help="what they may do (author)"
    )
    added.add_argument("--password-stdin", action="store_true", help="read a password from standard input")
    link = add_command(group, "link", _link, "print a new one-time sign-in link", "agora person link maud@example.org")
    link.add_argument("email", help="whose")


def _add_person(options: argparse.Namespace) -> int:
    current = current_settings()
    database = migrated_database(current)
    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else None
    try:
        with database.write() as session:
            actions.add_person(
                session,
                name=options.name,
                email=options.email,
                role=Role(options.role),
                language=current.language,
                password=password,
                now=clock(),
            )
    except FieldErrors as wrong:
        message = next(iter(wrong.errors.values()))
        raise Failed(translate("en", message.text, message.values)) from wrong
    print(f"{options.name} has an account as {options.role}.")
    if password is None:
        print_sign_in(current, database, options.email)
    return 0


def _link(options: argparse.Namespace) -> int:
    current = current_settings()
    print_sign_in(current, migrated_database(current), options.email)
    return 0


def print_sign_in(current: Settings, database: Database, email: str) -> None:
    with database.write() as session:
        person = people.person_by_email(session, urls.email_address(email) or "")
        if person is None:
            raise Failed(f"nobody here has the address {email}.")
        link = actions.new_sign_in_link(session, person, now=clock())
        token = Tokens(current.secret_key).sign("sign-in", link.id)
    print(f"{person.name} ({person.role}) signs in once, within {LIFETIMES['sign-in'] // 60} minutes, at")
    print(f"  {current.base_url}/sign-in/{token}", flush=True)
