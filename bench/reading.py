"""Pages from memory: Agora beside what only sends the same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import programs, site
from bench.plan import Plan
from bench.programs import Served
from bench.references import ETAG
from bench.rounds import Figure, Rounds, Work, in_turn
from bench.rows import Row, Section, Wanted, compared, ratio_of_at_least

ENOUGH = 0.85  # of what only sends the same bytes


@dataclass(frozen=True)
class Page:
    """A page as a reader asks for it."""

    name: str
    path: str
    headers: Mapping[str, str]

    @property
    def file(self) -> str:
        """Under which its bytes are kept for the references."""
        return self.name.replace(" ", "-").replace(",", "")


POST = f"/posts/{site.READ}"
PAGES = (
    Page("post page", POST, {}),
    Page("post page, gzip", POST, {"Accept-Encoding": "gzip"}),
    Page("post page, Brotli", POST, {"Accept-Encoding": "br"}),
    Page("home page", "/", {}),
)
FILE = "/post-page"  # the first of them, as the references know it
AGAIN = "post page, not modified"
AGORA, RAW, STARLETTE, NGINX = "agora", "raw ASGI", "Starlette `Response`", "nginx"


def measure(plan: Plan) -> Section:
    with ExitStack() as stack:
        place = plan.site("reading")
        agora = stack.enter_context(programs.agora(place.folder, place.environment(), plan.server))
        folder = plan.new_folder("pages")
        sizes = {page.name: size for page in PAGES if (size := _keep(agora, page, folder))}
        raw = stack.enter_context(programs.reference("raw", folder, plan.folder, plan.server))
        starlette = stack.enter_context(programs.reference("starlette", folder, plan.folder, plan.server))
        contests: dict[str, dict[str, Work]] = {
            page.name: {
                AGORA: plan.reads(agora, page.path, headers=page.headers),
                RAW: plan.reads(raw, f"/{page.file}"),
            }
            for page in PAGES
            if page.name in sizes
        }
        contests[AGAIN] = {
            AGORA: plan.reads(agora, POST, headers={"If-None-Match": _etag(agora, POST)}),
            RAW: plan.reads(raw, FILE, headers={"If-None-Match": ETAG}),
        }
        contests[PAGES[0].name][STARLETTE] = plan.reads(starlette, FILE)
        if plan.nginx:
            nginx = stack.enter_context(programs.nginx(folder, plan.folder, plan.server))
            contests[PAGES[0].name][NGINX] = plan.reads(nginx, FILE)
            contests[AGAIN][NGINX] = plan.reads(nginx, FILE, headers={"If-None-Match": _etag(nginx, FILE)})
        found = in_turn(plan.watch, contests, plan.length)
    rows = list(_rows(found, {**sizes, AGAIN: 0}, [STARLETTE, NGINX] if plan.nginx else [STARLETTE]))
    return Section("Pages from memory", rows, {"nginx": plan.nginx} if plan.nginx else {})


def _rows(found: Mapping[str, Rounds], sizes: Mapping[str, int], others: Sequence[str]) -> Iterator[Row]:
    """First what has a goal, then what only shows where the scale ends."""
    against = {page.name: f"{RAW}, same bytes" for page in PAGES} | {AGAIN: f"{RAW}, 304"}
    for page, raw in against.items():
        name = f"{page}, {sizes[page] / 1000:.1f} kB" if sizes.get(page) else page
        if page in found:
            yield _beside(name, found[page], RAW, raw, ratio_of_at_least(ENOUGH))
        else:
            yield Row(name, Figure(None, "Agora does not send it"), "requests/s", raw)
    for page, other in ((PAGES[0].name, STARLETTE), (PAGES[0].name, NGINX), (AGAIN, NGINX)):
        if other in others:
            yield _beside(page, found[page], other, f"{other}, {'304' if page == AGAIN else 'same bytes'}")
        else:
            figure = found[page].figure(AGORA, "rate")
            yield Row(page, figure, "requests/s", other, Figure(None, "it is not installed"))


def _beside(name: str, rounds: Rounds, other: str, against: str, wanted: Wanted | None = None) -> Row:
    return compared(name, rounds, AGORA, "rate", "requests/s", against=against, theirs=other, wanted=wanted)


def _keep(agora: Served, page: Page, folder: Path) -> int:
    """Keep what the page sends for the references to send; gives its bytes, 0 if it is not sent in that encoding."""
    headers = {"Accept-Encoding": "identity", **page.headers}
    with httpx.stream("GET", agora.address + page.path, headers=headers) as answer:
        body = b"".join(answer.iter_raw())
    answer.raise_for_status()
    if answer.headers.get("content-encoding", "identity") != headers["Accept-Encoding"]:
        return 0
    (folder / page.file).write_bytes(body)
    return len(body)


def _etag(served: Served, path: str) -> str:
    """The page's validator, having seen that it is answered with a 304."""
    etag = httpx.get(served.address + path, headers={"Accept-Encoding": "identity"}).headers["etag"]
    again = httpx.get(served.address + path, headers={"Accept-Encoding": "identity", "If-None-Match": etag})
    if again.status_code != 304:
        raise RuntimeError(f"{path} answered {again.status_code} to its own validator")
    return str(etag)
