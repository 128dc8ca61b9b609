"""The composition root: settings, database, renderer, worker and pages put together as one ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache

import anyio
from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from agora.clock import clock
from agora.jobs.worker import Worker
from agora.rendering import Renderer
from agora.rules.limits import RATES
from agora.rules.typography import quotable, typeset
from agora.settings import Settings
from agora.store.database import Database
from agora.store.watch import Watch, watch
from agora.tokens import Tokens
from agora.web import errors
from agora.web.batcher import Batcher
from agora.web.context import House
from agora.web.headers import Headers
from agora.web.memory import Memory
from agora.web.metrics import Requests
from agora.web.pages.seeing import sights
from agora.web.proxies import Proxies
from agora.web.routes import ROUTES, Address
from agora.web.throttle import Throttle
from agora.web.writing import write_together

__all__ = ["clock", "create_app", "new_worker", "renderer_for"]

MEBIBYTE = 1024 * 1024
# Forms that share a transaction on SQLite, which writes one at a time. PostgreSQL writes several at once, and their
# commits share the wait for the disk; two that hold many rows would wait there for each other, in a circle.
TOGETHER = 32


@lru_cache(maxsize=4)
def renderer_for(time_zone: str) -> Renderer:
    """One for all who share it: compiling the templates is the largest part of a start."""
    # The same titles, names and tags stand on page after page.
    return Renderer(time_zone, {"typeset": lru_cache(maxsize=1024)(typeset), "quotable": quotable})


def new_worker(settings: Settings, database: Database, *, clock: Callable[[], datetime] = clock) -> Worker:
    return Worker(settings, database, renderer_for(settings.time_zone), Tokens(settings.secret_key), clock)


def create_app(settings: Settings, *, clock: Callable[[], datetime] = clock) -> ASGIApp:
    """The application for these settings. Its lifespan runs the worker and closes the database."""
    database = Database(settings.database_url, connections=settings.threads, patience=settings.database_timeout)
    worker = new_worker(settings, database, clock=clock)
    versions = watch(database)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if settings.inner_worker:
            worker.start()
        yield
        await anyio.to_thread.run_sync(worker.stop)
        await versions.close()
        database.close()

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        exception_handlers={HTTPException: errors.http_error, Exception: errors.our_mistake},
    )
    app.state.paths = {route.name: route.path_format for route in ROUTES if isinstance(route, Route)}
    app.router.redirect_slashes = False  # one page, one address
    renderer, tokens = renderer_for(settings.time_zone), Tokens(settings.secret_key)
    app.state.house = House(settings, database, renderer, tokens, clock, worker.wake)
    app.state.readers = CapacityLimiter(settings.threads)
    app.state.searches = Throttle(RATES["search"])
    app.state.writers = CapacityLimiter(database.writers)
    app.state.batcher = Batcher(write_together, app.state.writers, most=TOGETHER) if database.is_sqlite else None
    requests = Requests({route.endpoint: route.name for route in ROUTES if isinstance(route, Route)})
    # Around Starlette and not inside it, so that the page of our own mistakes carries the headers too.
    wrapped: ASGIApp = Headers(app, https=settings.is_https, requests=requests)
    if settings.trusted_proxies:
        wrapped = Proxies(wrapped, trusted_hosts=list(settings.trusted_proxies))  # type: ignore
    memory = None
    if settings.page_memory:
        memory = wrapped = _memory(wrapped, versions, settings, clock)
    app.state.sights = sights(database, requests, memory, clock)
    return wrapped


def _memory(app: ASGIApp, versions: Watch, settings: Settings, clock: Callable[[], datetime]) -> Memory:
    pages = [route.path_regex for route in ROUTES if isinstance(route, Address) and route.page.seen_in]
    return Memory(app, versions, pages=pages, clock=clock, most=settings.page_memory * MEBIBYTE)
