"""Two processes keep pages in memory: after a decision's answer has arrived, none of them serves the old page."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cli import Serving
from friends import decide, write_comment, write_post

from agora.actions import people as people_actions
from agora.app import clock
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from agora.store.database import Database

READERS, DECISIONS = 6, 8


@dataclass
class Reader:
    """Asks for the page again and again on a connection of its own; notes when each request began."""

    served: Serving
    path: str
    seen: list[tuple[float, str]] = field(default_factory=list)

    def read_until(self, end: threading.Event) -> None:
        with self.served.client() as client:
            while not end.is_set():
                began = time.monotonic()
                self.seen.append((began, client.get(self.path).raise_for_status().text))


def test_no_process_serves_the_old_page(tmp_path: Path, database_url: str) -> None:
    database = Database(database_url)
    with database.write() as session:
        ada = people_actions.add_person(
            session, name="Ada", email="ada@example.org", role=Role.MODERATOR, language="en", password=None, now=clock()
        )
        cookie = people_actions.open_session(session, ada, browser="a test", now=clock())
        post = write_post(session, now=clock())
        waiting = [
            write_comment(session, post, f"Thought {n}.", now=clock(), mode=Mode.PRE).id for n in range(DECISIONS)
        ]
    database.close()

    decided: list[tuple[float, str, bool]] = []  # when it was known, of which comment, and whether it is shown now
    end = threading.Event()
    with Serving(tmp_path, "--workers", "2", database_url=database_url) as served:
        readers = [Reader(served, f"/posts/{post.slug}") for _ in range(READERS)]
        threads = [threading.Thread(target=reader.read_until, args=(end,)) for reader in readers]
        for thread in threads:
            thread.start()
        try:
            with served.client(cookies={"agora_session": cookie}) as maud:
                for n, comment_id in enumerate(waiting):
                    decided.append((settled(decide(maud, comment_id, "approve")), f"Thought {n}.", True))
                for n, comment_id in enumerate(waiting[::2]):
                    hidden = decide(maud, comment_id, "hide", state="published", reason="1")
                    decided.append((settled(hidden), f"Thought {2 * n}.", False))
                # Each reader asks once more after the last decision.
                counts = [len(reader.seen) for reader in readers]
                wait_for_more(readers, counts)
        finally:
            end.set()
            for thread in threads:
                thread.join(timeout=30)

    for reader in readers:
        for began, page in reader.seen:
            truth = {words: shown for known, words, shown in decided if known < began}
            stale = [
                words
                for words, shown in truth.items()
                if (words in page) != shown and not changing(words, decided, began)
            ]
            assert stale == []


def settled(answer: httpx.Response) -> float:
    assert answer.status_code == 303, answer.text
    return time.monotonic()


def changing(words: str, decided: list[tuple[float, str, bool]], began: float) -> bool:
    """Whether a later decision about the same comment may have been under way when the page was asked for."""
    return any(known >= began and own == words for known, own, _ in decided)


def wait_for_more(readers: list[Reader], counts: list[int]) -> None:
    deadline = time.monotonic() + 60
    while any(len(reader.seen) < count + 2 for reader, count in zip(readers, counts, strict=True)):
        assert time.monotonic() < deadline, "a reader got no answer any more"
        time.sleep(0.01)
