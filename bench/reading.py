"""Pages from memory: Agora beside what only sends the same bytes."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import programs, site
from bench.plan import Plan
from bench.programs import Served
from bench.references import ETAG
from bench.rows import Row, Section, ratio_of_at_least
from bench.samples import Figure, Series, Work, in_turn

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


def measure(plan: Plan) -> Section:
    with ExitStack() as stack:
        place = plan.site("reading")
        agora = stack.enter_context(programs.agora(place.folder, place.environment(), plan.server))
        pages = plan.new_folder("pages")
        sizes = {page.name: _keep(agora, page, pages) for page in PAGES}
        raw = stack.enter_context(programs.reference("raw", pages, plan.folder, plan.server))
        starlette = stack.enter_context(programs.reference("starlette", pages, plan.folder, plan.server))
        works: dict[str, Work] = {}
        for page in PAGES:
            if sizes[page.name]:
                works[page.name] = plan.reads(agora, page.path, headers=page.headers)
                works[f"raw {page.name}"] = plan.reads(raw, f"/{page.file}")
        works["304"] = plan.reads(agora, POST, headers={"If-None-Match": _etag(agora, POST)})
        works["raw 304"] = plan.reads(raw, "/post-page", headers={"If-None-Match": ETAG})
        works["starlette"] = plan.reads(starlette, "/post-page")
        if plan.nginx:
            nginx = stack.enter_context(programs.nginx(pages, plan.folder, plan.server))
            works["nginx"] = plan.reads(nginx, "/post-page")
            works["nginx 304"] = plan.reads(nginx, "/post-page", headers={"If-None-Match": _etag(nginx, "/post-page")})
        found = in_turn(plan.watch, works, plan.seconds)
    return Section("Pages from memory", _rows(found, sizes), {"nginx": plan.nginx} if plan.nginx else {})


def _rows(found: Mapping[str, Series], sizes: Mapping[str, int]) -> list[Row]:
    rates = {name: series.figure("rate") for name, series in found.items()}
    nothing = Figure(None, "Agora does not send it")
    rows = [
        Row(
            f"{name}, {size / 1000:.1f} kB" if size else name,
            rates.get(name, nothing),
            "requests/s",
            "raw ASGI, same bytes",
            rates.get(f"raw {name}"),
            ratio_of_at_least(ENOUGH),
        )
        for name, size in sizes.items()
    ]
    rows.append(
        Row(
            "post page, not modified (304)",
            rates["304"],
            "requests/s",
            "raw ASGI, 304",
            rates["raw 304"],
            ratio_of_at_least(ENOUGH),
        )
    )
    rows.append(
        Row("post page", rates["post page"], "requests/s", "Starlette `Response`, same bytes", rates["starlette"])
    )
    absent = Figure(None, "nginx is not installed")
    rows.append(Row("post page", rates["post page"], "requests/s", "nginx, a file", rates.get("nginx", absent)))
    rows.append(Row("304", rates["304"], "requests/s", "nginx, a file, 304", rates.get("nginx 304", absent)))
    return rows


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
