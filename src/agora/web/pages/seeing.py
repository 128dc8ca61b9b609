"""What those who keep the site running ask: does it live, can it work, how is it doing."""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from agora.settings import Settings, last_backup
from agora.store import figures
from agora.store.database import Database
from agora.store.figures import Failures, Figures
from agora.store.migrations import is_behind
from agora.web import metrics
from agora.web.memory import Memory
from agora.web.metrics import Requests, Sheet
from agora.web.seldom import Seldom

# A proxy that is not ours says in these that it stands between us and whoever asks.
PROXIES_SAY = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
FRESH = {"Cache-Control": "no-store"}
# What a look at the database told holds for so long: all may ask, as often as they like.
READY_HOLDS, FIGURES_HOLD = timedelta(seconds=1), timedelta(seconds=5)


@dataclass(frozen=True)
class Sights:
    """What this process can tell of itself and of the site."""

    requests: Requests
    memory: Memory | None
    database: Database
    failures: Failures
    readiness: Seldom[str]
    site: Seldom[Figures | None]


def sights(database: Database, requests: Requests, memory: Memory | None, clock: Callable[[], datetime]) -> Sights:
    return Sights(
        requests,
        memory,
        database,
        Failures(database),
        Seldom(lambda: _why_not_ready(database), otherwise="database", holds=READY_HOLDS, clock=clock),
        Seldom(lambda: _figures(database, clock), otherwise=None, holds=FIGURES_HOLD, clock=clock),
    )


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers=FRESH)


async def readyz(request: Request) -> Response:
    """The process can do its work; if not, a word says why: `database`, `migrations` or `read-only`."""
    reason = await request.app.state.sights.readiness.answer()
    if reason:
        return PlainTextResponse(f"not ready: {reason}\n", status_code=503, headers=FRESH | {"Retry-After": "5"})
    return PlainTextResponse("ready\n", headers=FRESH)


async def show_metrics(request: Request) -> Response:
    """Figures for Prometheus, for those whom the settings name."""
    settings: Settings = request.app.state.house.settings
    if not _may_see_metrics(request, settings):
        raise HTTPException(404)
    seen: Sights = request.app.state.sights
    sheet = _sheet(seen, await seen.site.answer(), last_backup(settings.data_dir))
    return Response(sheet.text, headers={"Content-Type": metrics.CONTENT_TYPE} | FRESH)


def _sheet(seen: Sights, site: Figures | None, backed_up: float | None) -> Sheet:
    sheet, own = Sheet(), {"pid": os.getpid()}
    metrics.add_requests(sheet, seen.requests, own)
    if seen.memory is not None:
        metrics.add_memory(sheet, seen.memory, own)
    in_use, failed = figures.connections_in_use(seen.database), seen.failures.count
    sheet.number("agora_database_up", "Whether the database answers.", int(site is not None))
    sheet.number("agora_database_connections_in_use", "Connections at work now.", in_use, own)
    sheet.number("agora_database_errors_total", "How often it could not do as asked.", failed, own, grows=True)
    if site is not None:
        metrics.add_site(sheet, site)
    if backed_up is not None:
        sheet.number("agora_last_backup_time_seconds", "When `agora backup` last ended well.", backed_up)
    metrics.add_process(sheet, own)
    return sheet


def _may_see_metrics(request: Request, settings: Settings) -> bool:
    said = request.headers.get("authorization", "").encode()
    if settings.metrics_token and hmac.compare_digest(said, f"Bearer {settings.metrics_token}".encode()):
        return True
    # Behind a proxy that the settings do not name, everybody seems to come from its address.
    if not settings.trusted_proxies and any(name in request.headers for name in PROXIES_SAY):
        return False
    return _is_among(request.client.host if request.client else "", settings.metrics_networks)


def _is_among(host: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in ip_network(network) for network in networks)


def _why_not_ready(database: Database) -> str:
    try:
        if is_behind(database):
            return "migrations"
        return "" if figures.is_writable(database) else "read-only"
    except SQLAlchemyError:
        return "database"


def _figures(database: Database, clock: Callable[[], datetime]) -> Figures | None:
    try:
        return figures.figures(database, clock())
    except SQLAlchemyError:
        return None
