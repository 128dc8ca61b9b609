"""The command line: `agora`, its commands, their help and their errors."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TextIO

from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from agora import backup, checkup, demo, logs, moderation_commands, rerender
from agora.actions import people as people_actions
from agora.actions import site as site_actions
from agora.app import clock, new_worker
from agora.console import (
    Command,
    Commands,
    Failed,
    Work,
    add_command,
    current_settings,
    migrated_database,
    open_database,
)
from agora.i18n import translate
from agora.rules import markup, urls
from agora.rules.errors import FieldErrors
from agora.rules.permissions import Role
from agora.settings import BadSetting, Settings
from agora.store import counts, people
from agora.store.database import Database
from agora.store.location import location
from agora.store.migrations import UnknownVersion
from agora.store.schema import migrate
from agora.supervisor import CannotListen, Supervisor, listener, tell_service_manager
from agora.tokens import LIFETIMES, Tokens


def main(arguments: list[str] | None = None) -> int:
    """Run a command: 0 on success, 1 on failure, 2 on wrong use. Errors are one sentence, never a traceback."""
    options = build_parser().parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except (BadSetting, CannotListen, Failed, backup.Trouble) as error:
        print(f"agora: {error}", file=sys.stderr)
    except UnknownVersion:
        print("agora: the database is at a version that only a newer Agora knows; install that one.", file=sys.stderr)
    except SQLAlchemyError as error:
        print(f"agora: the database cannot be used: {_first_line(error)}", file=sys.stderr)
    except OSError as error:
        print(f"agora: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _first_line(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agora", description="A blog with moderated discussion.", epilog="Example: agora init && agora serve"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = add_command(commands, "serve", _serve, "serve the site", "agora serve --host 127.0.0.1 --port 8000")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
    serve.add_argument("--workers", type=_count, default=1, help="processes (1)")
    add_command(commands, "init", _init, "prepare the data folder, the database and the first charter", "agora init")
    add_command(commands, "migrate", _migrate, "bring the database to this version of Agora", "agora migrate")
    worker = add_command(commands, "worker", _worker, "send the letters, apart from the server", "agora worker")
    worker.add_argument("--once", action="store_true", help="send what is due and end")
    filled = add_command(commands, "demo", _demo, "fill an empty site with sample content", "agora demo --sign-in")
    filled.add_argument("--if-empty", action="store_true", help="do nothing where there are posts already")
    filled.add_argument("--sign-in", action="store_true", help="print a one-time sign-in link for the administrator")
    _add_person_commands(commands)
    _add_backup_commands(commands)
    moderation_commands.add(commands)
    check = add_command(commands, "check", _check, "look whether all is in order", "agora check")
    check.add_argument("--recount", action="store_true", help="first make all counts anew, while nobody else writes")
    add_command(
        commands, "rerender", _rerender, "make the HTML of older texts anew with the present rules", "agora rerender"
    )
    render = add_command(
        commands, "render", _render, "print the safe HTML that a text becomes", "agora render --post note.md"
    )
    kind = render.add_mutually_exclusive_group()
    kind.add_argument("--comment", action="store_true", help="by the rules for comments (default)")
    kind.add_argument("--post", action="store_true", help="by the rules for posts")
    render.add_argument("--jsonl", action="store_true", help="read one JSON string a line, write one a line")
    render.add_argument("--language", choices=("fr", "en"), default="fr", help="whose typography (fr)")
    render.add_argument("file", nargs="?", type=Path, help="the text (standard input)")
    return parser


def _count(typed: str) -> int:
    if not typed.isdecimal() or int(typed) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on is expected")
    return int(typed)


def _add_person_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    person = commands.add_parser(
        "person",
        help="accounts",
        description="Accounts.",
        epilog="Example: agora person add Maud --email maud@example.org",
    )
    group = person.add_subparsers(required=True, metavar="COMMAND")
    add = add_command(
        group,
        "add",
        _add_person,
        "open an account; prints a one-time sign-in link unless a password is given",
        "agora person add 'Maud Lenoir' --email maud@example.org --role moderator",
    )
    add.add_argument("name", help="the name that colleagues and readers see")
    add.add_argument("--email", required=True, help="address to sign in with and to send letters to")
    add.add_argument("--role", choices=[str(role) for role in Role], default="author", help="what they may do (author)")
    add.add_argument("--password-stdin", action="store_true", help="read a password from standard input")
    link = add_command(group, "link", _link, "print a new one-time sign-in link", "agora person link maud@example.org")
    link.add_argument("email", help="whose")


def _add_backup_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    made = add_command(
        commands,
        "backup",
        _backup,
        "write database and secret key into one file, while the site runs",
        "agora backup site-2026-11-23.zip",
    )
    made.add_argument("file", type=Path, help="the file to write")
    made.add_argument("--overwrite", action="store_true", help="replace the file if it is there already")
    restored = add_command(
        commands,
        "restore",
        _restore,
        "put a backup in the place of the database; the site must not run",
        "agora restore site-2026-11-23.zip",
    )
    restored.add_argument("file", type=Path, help="what `agora backup` wrote")
    restored.add_argument("--force", action="store_true", help="also where there is a database; it is kept beside")


def _init(options: argparse.Namespace) -> int:
    current = current_settings()
    database = open_database(current)
    migrate(database)
    with database.write() as session:
        is_new = site_actions.initialise(session, current, now=clock())
    where = location(current.database_url).render_as_string(hide_password=True)
    print(f"{'Prepared' if is_new else 'Already prepared'}: {where}")
    return 0


def _migrate(options: argparse.Namespace) -> int:
    database = open_database(current_settings())
    migrate(database)
    print("The database is at the version of this Agora.")
    return 0


def _serve(options: argparse.Namespace) -> int:
    host = f"[{options.host}]" if ":" in options.host else options.host
    address = f"http://{host}:{options.port}"
    current = current_settings(address)
    migrated_database(current).close()
    logs.write_to_stderr(current.log_format)
    return Supervisor(listener(options.host, options.port), address, options.workers).run()


def _worker(options: argparse.Namespace) -> int:
    current = current_settings()
    database = migrated_database(current)
    logs.write_to_stderr(current.log_format)
    worker = new_worker(current, database)
    if options.once:
        print(f"Letters sent: {worker.work()}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    print("The worker is running.", flush=True)
    tell_service_manager("READY=1")
    worker.run()
    return 0


def _demo(options: argparse.Namespace) -> int:
    current = current_settings()
    database = migrated_database(current)
    with database.write() as session:
        is_new = not demo.is_filled(session)
        if is_new:
            demo.fill(session, current, now=clock(), progress=lambda paths: _progress("Sample content", paths))
        elif not options.if_empty:
            raise Failed("there are posts already; sample content goes only into an empty site.")
    if is_new:  # said when it is committed: the disk may be full
        print("The site has its sample content.")
    if options.sign_in:
        with database.read() as session:
            administrator = people.an_administrator(session)
        if administrator is None:
            raise Failed("there is no administrator; run `agora person add … --role administrator` first.")
        _print_sign_in(current, database, administrator.email)
    return 0


def _progress(label: str, items: list[Path]) -> Iterator[Path]:
    """A bar on a terminal, a plain line every tenth elsewhere."""
    if sys.stderr.isatty():
        yield from tqdm(items, desc=label, unit="")
        return
    step = max(1, len(items) // 10)
    for number, item in enumerate(items, start=1):
        yield item
        if number % step == 0 or number == len(items):
            print(f"{label}: {number} of {len(items)}", file=sys.stderr)


def _backup(options: argparse.Namespace) -> int:
    with closing(Work()) as work:
        made = backup.make(current_settings(), options.file, overwrite=options.overwrite, now=clock(), progress=work)
    print(f"Backed up to {options.file} ({made.summary}; and the secret key). Keep it as carefully as the site.")
    return 0


def _restore(options: argparse.Namespace) -> int:
    with closing(Work()) as work:
        restored = backup.restore(current_settings(), options.file, force=options.force, progress=work)
    made = restored.manifest
    print(f"Restored from {options.file} ({made.summary}), which Agora {made.agora} made at {made.made_at}.")
    if restored.kept_as:
        print(f"The database that was there is kept as {restored.kept_as}.")
    if restored.other_key:
        print("The settings state another secret_key than the backup's: links in letters sent before do not work.")
    return 0


def _add_person(options: argparse.Namespace) -> int:
    current = current_settings()
    database = migrated_database(current)
    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else None
    try:
        with database.write() as session:
            people_actions.add_person(
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
        _print_sign_in(current, database, options.email)
    return 0


def _link(options: argparse.Namespace) -> int:
    current = current_settings()
    _print_sign_in(current, migrated_database(current), options.email)
    return 0


def _print_sign_in(current: Settings, database: Database, email: str) -> None:
    with database.write() as session:
        person = people.person_by_email(session, urls.email_address(email) or "")
        if person is None:
            raise Failed(f"nobody here has the address {email}.")
        link = people_actions.new_sign_in_link(session, person, now=clock())
        token = Tokens(current.secret_key).sign("sign-in", link.id)
    print(f"{person.name} ({person.role}) signs in once, within {LIFETIMES['sign-in'] // 60} minutes, at")
    print(f"  {current.base_url}/sign-in/{token}", flush=True)


def _check(options: argparse.Namespace) -> int:
    """Say what is in order and what is not; fails if something is not."""
    current = current_settings()
    if options.recount:
        with migrated_database(current).write() as session:
            print(f"Counts are made anew; {counts.mend(session)} were wrong.")
    findings = checkup.examine(current, clock())
    for finding in findings:
        print(f"{'ok     ' if finding.good else 'PROBLEM'} {finding.text}")
    return 0 if all(finding.good for finding in findings) else 1


def _rerender(options: argparse.Namespace) -> int:
    database = migrated_database(current_settings())
    count = 0
    for batch in rerender.batches(database):
        count += batch
        print(f"Made anew: {count}", file=sys.stderr)
    print(f"All texts are of renderer version {markup.RENDERER_VERSION}; {count} were made anew.")
    return 0


def _render(options: argparse.Namespace) -> int:
    make = markup.post_html if options.post else markup.comment_html
    source = options.file.open(encoding="utf-8") if options.file else sys.stdin
    try:
        with source:
            if options.jsonl:
                _render_lines(source, lambda text: make(text, options.language))
            else:
                print(make(source.read(), options.language))
    except UnicodeDecodeError as error:
        raise Failed("the text cannot be read: it is not UTF-8.") from error
    return 0


def _render_lines(source: TextIO, make: Callable[[str], str]) -> None:
    for line in source:
        try:
            text = json.loads(line)
        except ValueError:
            text = None
        if not isinstance(text, str):
            raise Failed("every line must be one JSON string.")
        print(json.dumps(str(make(text)), ensure_ascii=False), flush=True)
