"""The moderators' list with 100,000 cases that wait: its pages and a decision, on SQLite and on PostgreSQL.

Each is asked for in this process (statements, processor time) and through HTTP from a server with one process (the time
until the whole answer is there). `--sqlite` and `--postgresql` name databases that bench.generate made.
"""

import argparse
import asyncio
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
from servers.postgres import PostgresServer
from sqlalchemy import func, select

from agora import settings
from agora.actions import people as people_actions
from agora.app import clock, create_app
from agora.store.cases import Case
from agora.store.database import Database
from agora.store.people import Person
from bench import programs
from bench.generate import generate
from bench.in_process import statements
from bench.town import Size

QUEUE = "/admin/moderation"
WARM = 3
DECISION = "a decision, for a script"
ENOUGH = 50.0  # milliseconds
SECRET = "a secret of the bench, which is long enough"


def main() -> None:
    options = parser().parse_args()
    size = Size(posts=2_000, comments=40_000, discussion=1_000, pending=options.cases)
    with tempfile.TemporaryDirectory(prefix="agora-queue-") as name, ExitStack() as stack:
        folder = Path(name)
        urls = {"SQLite": options.sqlite or made(f"sqlite:///{folder / 'agora.db'}", size)}
        if options.postgresql != "none":
            server = None if options.postgresql else stack.enter_context(PostgresServer())
            urls["PostgreSQL"] = options.postgresql or made(server.create_database("queue"), size)  # type: ignore[union-attr]
        print(f"| {options.cases:,} cases | statements | CPU ms | HTTP ms, least | median | 95 % | KiB |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for database, url in urls.items():
            for row in measured(folder, database, url, repeats=options.repeats):
                print(row, flush=True)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.queue",
        description=__doc__,
        epilog="Example: python -m bench.queue --cases 100000",
        allow_abbrev=False,
    )
    parser.add_argument("--cases", type=int, default=100_000, help="how many wait (100000)")
    parser.add_argument("--repeats", type=int, default=40, help="how often each is asked for (40)")
    parser.add_argument("--sqlite", default="", metavar="URL", help="a database that is there already")
    parser.add_argument("--postgresql", default="", metavar="URL", help="the same; 'none' leaves PostgreSQL out")
    return parser


def made(url: str, size: Size) -> str:
    generate(url, size)
    return url


@dataclass(frozen=True)
class Desk:
    """A moderator's browser at a site: where its server listens, and the cookie."""

    environment: Mapping[str, str]
    cookie: str
    pages: dict[str, str]


def measured(folder: Path, database: str, url: str, *, repeats: int) -> Iterator[str]:
    desk = desk_of(folder / database, url)
    inside = asyncio.run(in_process(desk, repeats))
    with served(desk, folder / database) as client:
        for name, path in desk.pages.items():
            yield line(f"{database}: {name}", *inside[name], timed(client, path, repeats))
        alone, many = decisions(client, repeats)
        yield line(f"{database}: {DECISION}", *inside[DECISION], alone)
        yield line(f"{database}: a decision on 25 at once, and the page after it", "", "", many)


def desk_of(folder: Path, url: str) -> Desk:
    folder.mkdir()
    environment = {"AGORA_DATA_DIR": str(folder), "AGORA_DATABASE_URL": url, "AGORA_LANGUAGE": "en"}
    environment |= {"AGORA_SECRET_KEY": SECRET, "AGORA_RATE_LIMITS": "off", "AGORA_INNER_WORKER": "off"}
    database = Database(url, connections=2)
    with database.write() as session:
        ada = session.scalars(select(Person)).first()
        assert ada
        token = people_actions.open_session(session, ada, browser="bench", now=clock())
    with database.read() as session:
        post = session.scalars(select(Case.post_id).group_by(Case.post_id).order_by(func.count().desc())).first()
        middle = session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()
        middle = session.scalars(select(Case).where(Case.id >= middle.id - 50_000).order_by(Case.id).limit(1)).one()
        pages = {
            "first page": QUEUE,
            "a page in the middle": f"{QUEUE}?after={middle.rank}.{middle.id}",
            "by kind": f"{QUEUE}?kind=held",
            "by a frequent reason": f"{QUEUE}?code=first-comment",
            "by a rare reason": f"{QUEUE}?code=phone",
            "by language": f"{QUEUE}?language=fr",
            "by article": f"{QUEUE}?post={post}",
            "in hand": f"{QUEUE}?mine=yes",
            "by kind, reason and language": f"{QUEUE}?kind=held&code=links&language=fr",
            "what nothing has": f"{QUEUE}?kind=appeal&code=links&language=fr",
            "one case": f"{QUEUE}/{middle.comment_id}",
            "everything by its source": f"{QUEUE}/{middle.comment_id}/source",
        }
    database.close()
    return Desk(environment, token, pages)


async def in_process(desk: Desk, repeats: int) -> dict[str, tuple[str, str]]:
    """By page, the number of statements and the milliseconds of this processor."""
    app = create_app(settings.load(desk.environment))
    transport = httpx.ASGITransport(app)
    cookies = {"agora_session": desk.cookie}
    found = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies) as client:
        for name, path in desk.pages.items():
            for _ in range(WARM):
                (await client.get(path)).raise_for_status()
            times = []
            with statements() as asked:
                for _ in range(repeats):
                    begun = time.process_time()
                    await client.get(path)
                    times.append((time.process_time() - begun) * 1000)
            found[name] = f"{len(asked) / repeats:.0f}", f"{statistics.median(times):.1f}"
        found[DECISION] = await decided(client, repeats)
    return found


async def decided(client: httpx.AsyncClient, repeats: int) -> tuple[str, str]:
    """The same of a decision, as a script sends it."""
    times, count = [], 0
    for n in range(WARM + repeats):
        path, sent = first_case((await client.get(QUEUE)).text, n)
        with statements() as asked:
            begun = time.process_time()
            (await client.post(path, data=sent)).raise_for_status()
            times.append((time.process_time() - begun) * 1000)
        count = len(asked)
    return str(count), f"{statistics.median(times[WARM:]):.1f}"


@contextmanager
def served(desk: Desk, folder: Path) -> Iterator[httpx.Client]:
    with programs.agora(folder, desk.environment, os.sched_getaffinity(0)) as server:
        cookies = {"agora_session": desk.cookie}
        with httpx.Client(base_url=server.address, cookies=cookies, timeout=60) as client:
            yield client


@dataclass(frozen=True)
class Times:
    """Milliseconds of each answer, and the bytes of the last."""

    milliseconds: list[float]
    size: int


def timed(client: httpx.Client, path: str, repeats: int) -> Times:
    for _ in range(WARM):
        client.get(path).raise_for_status()
    answers = [client.get(path) for _ in range(repeats)]
    return Times([answer.elapsed.total_seconds() * 1000 for answer in answers], len(answers[-1].content))


def decisions(client: httpx.Client, repeats: int) -> tuple[Times, Times]:
    """One at a time as a script sends them; and pages of 25 as a form does, with the page that one is led to."""
    one, many = [], []
    for n in range(repeats):
        path, sent = first_case(client.get(QUEUE).text, n)
        answer = client.post(path, data=sent)
        answer.raise_for_status()
        one.append(answer.elapsed.total_seconds() * 1000)
    for _ in range(max(1, repeats // 4)):
        page = client.get(QUEUE).text
        selected = re.findall(r'name="selected" value="(\d+)"', page)
        begun = time.perf_counter()
        bulk = fields_of(page, "bulk") | {"decision": "spam"}
        client.post(QUEUE, data=bulk | {"selected": selected}, follow_redirects=True).raise_for_status()
        many.append((time.perf_counter() - begun) * 1000)
    return Times(one, 0), Times(many, 0)


def first_case(page: str, n: int) -> tuple[str, dict[str, object]]:
    """Where the form of the first case leads, and what it sends: every other time that it is spam."""
    id_ = re.search(r'<form class="decide" id="case-(\d+)"', page)
    assert id_
    sent = fields_of(page, "case-[0-9]+") | {"decision": ("approve", "spam")[n % 2], "quick": "yes"}
    return f"{QUEUE}/{id_[1]}", sent


def fields_of(page: str, form_id: str) -> dict[str, object]:
    """The hidden fields of the first such form."""
    form = re.search(rf'<form[^>]*id="{form_id}".*?</form>', page, re.S)
    assert form
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in pairs}


def line(name: str, asked: str, cpu: str, times: Times) -> str:
    median = statistics.median(times.milliseconds)
    late = sorted(times.milliseconds)[int(len(times.milliseconds) * 0.95) - 1 if len(times.milliseconds) > 1 else 0]
    size = f"{times.size / 1024:.0f}" if times.size else ""
    over = " **over**" if median > ENOUGH and "25" not in name else ""
    least = min(times.milliseconds)  # what it takes where nothing else runs
    return f"| {name} | {asked} | {cpu} | {least:.1f} | {median:.1f}{over} | {late:.1f} | {size} |"


if __name__ == "__main__":
    main()
