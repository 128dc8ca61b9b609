"""One run of the bench: where, for how long, with which programs."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench import load, programs, site
from bench.programs import Served
from bench.rounds import Length, Work
from bench.site import Place
from bench.stillness import Processors, Watch


@dataclass
class Plan:
    """`length` is that of the comparisons, `requests` the number in the test of memory."""

    folder: Path
    processors: Processors
    watch: Watch
    length: Length
    requests: int

    @cached_property
    def isso(self) -> str:
        """Its version; empty where it could not be installed."""
        return programs.install_isso()

    @cached_property
    def nginx(self) -> str:
        return programs.nginx_version()

    @cached_property
    def wrk(self) -> str:
        return programs.wrk_version()

    @property
    def server(self) -> set[int]:
        return {self.processors.server}

    @property
    def both(self) -> set[int]:
        return self.processors.both

    def new_folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder

    def site(self, name: str) -> Place:
        """A copy of the site for one purpose, on SQLite."""
        return Place(Path(shutil.copytree(self._template.folder, self.folder / name)))

    @cached_property
    def _template(self) -> Place:
        place = Place(self.new_folder("template"))
        site.fill(place)
        return place

    def reads(
        self, served: Served, path: str, *, headers: Mapping[str, str] | None = None, processors: set[int] | None = None
    ) -> Work:
        """Thirty-two readers of one page: requests a second, and what each cost the server's processor."""
        allowed = processors or {self.processors.load}

        def work(seconds: float) -> dict[str, float]:
            before = served.seconds_used()
            found = load.read(served.address, path, seconds, processors=allowed, headers=headers)
            cpu = (served.seconds_used() - before) / max(1, found.requests) * 1000
            return {"rate": found.rate, "cpu": cpu, "wrong": found.wrong}

        return work
