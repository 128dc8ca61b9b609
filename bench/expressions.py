"""Evil expressions in the policy: how long the slowest comment takes, and how long others wait meanwhile.

python -m bench.expressions serves a site and sends it, for each of twenty expressions that take for ever in most
engines, twenty texts that make them do so; then each text once more with all expressions in force. Somebody searches
all the while.
"""

import json
import re
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy.orm import Session

from agora.rules.looking import look_at
from agora.rules.policy import Mode, SiteRules
from agora.store.comments import CommentRevision
from agora.store.policies import Policy
from bench import programs, site
from bench.evil import EXPRESSIONS, TEXTS
from bench.site import Place

FIELDS = re.compile(r'<input type="hidden" name="(token|parent)" value="([^"]*)"')


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        site.fill(place)
        with programs.agora(place.folder, place.environment(), processors={0, 1}) as served:
            calm, _ = _reader_beside(served.address, lambda: time.sleep(5))
            waits, seconds = _reader_beside(served.address, lambda: _all_pairs(place, served.address))
            megabytes = served.megabytes()
        print(f"{len(seconds)} comments, the slowest answered in {1000 * max(seconds):.0f} ms", end="")
        print(f" (median {1000 * statistics.median(seconds):.0f} ms)")
        print(f"the longest look at one text: {1000 * _most_of_the_processor():.0f} ms of the processor")
        print(f"{_held_as_slow(place)} of them wait because an expression took too long")
        print(f"a search beside them: {_told(waits)}; before them: {_told(calm)}")
        print(f"memory of the server's process at the end: {megabytes:.0f} MB")


def _most_of_the_processor() -> float:
    """Seconds of the processor for the longest look at a text: the same, however busy the machine is."""
    longest = 0.0
    for expressions in [*((one,) for one in EXPRESSIONS), EXPRESSIONS]:
        rules = _rules(expressions)
        for text in TEXTS:
            begun = time.process_time()
            look_at(text, rules)
            longest = max(longest, time.process_time() - begun)
    return longest


def _rules(expressions: tuple[str, ...]) -> SiteRules:
    return SiteRules(Mode.POST, held_words=tuple(f"/{source}/" for source in expressions))


def _told(waits: list[float]) -> str:
    slowest, median = 1000 * max(waits), 1000 * statistics.median(waits)
    return f"median {median:.1f} ms, slowest {slowest:.0f} ms of {len(waits)}"


def _reader_beside(address, work):  # type: ignore[no-untyped-def]
    """How long each search took while the work was done, and what came of it."""
    waits: list[float] = []
    over = threading.Event()

    def read() -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            while not over.is_set():
                begun = time.perf_counter()
                client.get("/search", params={"q": f"moss {len(waits)}"}).raise_for_status()
                waits.append(time.perf_counter() - begun)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        return waits, work()
    finally:
        over.set()
        reader.join()


def _all_pairs(place: Place, address: str) -> list[float]:
    database, seconds = place.database(), []
    with httpx.Client(base_url=address, timeout=60) as client:
        hidden = dict(FIELDS.findall(client.get(f"/posts/{site.WRITTEN}").text))
        for number, expressions in enumerate([*((one,) for one in EXPRESSIONS), EXPRESSIONS]):
            with database.write() as session:
                _put_in_force(session, expressions)
            for text in TEXTS:
                # No two are alike: the same form sent twice is one comment.
                sent = hidden | {"name": f"Eve {number}", "email": "eve@example.org", "body": text}
                begun = time.perf_counter()
                answer = client.post(f"/posts/{site.WRITTEN}/comments", data=sent)
                seconds.append(time.perf_counter() - begun)
                assert answer.status_code == 303, answer.text
    database.close()
    return seconds


def _put_in_force(session: Session, expressions: tuple[str, ...]) -> None:
    session.add(Policy(source=_rules(expressions).as_source(), created_at=datetime.now(UTC)))


def _held_as_slow(place: Place) -> int:
    database = place.database()
    with database.read() as session:
        found = sum('"slow-rule"' in json.dumps(reasons) for (reasons,) in session.query(CommentRevision.reasons))
    database.close()
    return found


if __name__ == "__main__":
    main()
