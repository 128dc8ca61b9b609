"""The command line, as somebody types it: in a process of its own, in an empty folder."""

import atexit
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO, Self

import httpx
from servers import HOST, free_port

from .starter import Begun, Starter

STARTED_WITHIN = 120  # seconds, on a machine that is busy with other things
ENDED_WITHIN = 60  # seconds, on a machine that is busy with other things
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading the system's certificates takes longer than a request
SECRET_KEY = "a secret of the command line, long enough"
Command = Callable[..., subprocess.CompletedProcess[str]]


def environment(folder: Path, **stated: str) -> dict[str, str]:
    """What the process knows of the world; settings are given without their prefix."""
    settings = {"data_dir": str(folder / "var"), "language": "en", "secret_key": SECRET_KEY} | stated
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    return kept | {f"AGORA_{name.upper()}": value for name, value in settings.items() if value}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "agora", *arguments]


def agora(folder: Path, *arguments: str, typed: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(folder, **settings),
        input=typed if typed is not None else "",
        capture_output=True,
        text=True,
        timeout=120,
    )


@cache
def starter() -> Starter:
    """One for all tests of this process."""
    begun = Starter()
    atexit.register(begun.close)
    return begun


class Serving:
    """`agora serve` in a process of its own: `with` waits until it says that it is ready, and ends it afterwards.

    It has loaded the program beforehand, unless it is started `anew`.
    """

    anew = False

    def __init__(self, folder: Path, *arguments: str, port: int | None = None, **settings: str) -> None:
        self.port = port or free_port()
        self.base_url = f"http://{HOST}:{self.port}"
        self._folder = folder
        self._command = command("serve", "--port", str(self.port), *arguments)
        self._environment = environment(folder, **settings)
        self.process: subprocess.Popen[str] | Begun | None = None
        self.said = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.kill()

    def start(self) -> str:
        """The line that says where it listens. The log goes on in the same file after a restart."""
        with (self._folder / "serve.log").open("a") as log:
            self.process = self._new_process(log)
        assert self.process.stdout
        alarm = threading.Timer(STARTED_WITHIN, os.killpg, (self.process.pid, signal.SIGKILL))
        alarm.start()
        self.said = self.process.stdout.readline()
        alarm.cancel()
        assert self.said.startswith("Agora is ready on"), (self.said, self.log)
        return self.said

    def _new_process(self, log: IO[str]) -> subprocess.Popen[str] | Begun:
        plain = command()
        if not self.anew and self._command[: len(plain)] == plain:
            return starter().begin(self._command[len(plain) :], self._folder, self._environment, log)
        return subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )

    @property
    def log(self) -> str:
        return (self._folder / "serve.log").read_text()

    @property
    def running(self) -> subprocess.Popen[str] | Begun:
        assert self.process
        return self.process

    def end(self, by: signal.Signals) -> int:
        """The exit code after this signal."""
        self.running.send_signal(by)
        code = self.running.wait(ENDED_WITHIN)
        self._forget()
        return code

    def kill(self) -> None:
        """Pull the plug: this process and all that it started, without a last word."""
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait(ENDED_WITHIN)
        self._forget()

    def _forget(self) -> None:
        assert self.running.stdout
        self.running.stdout.close()
        self.process = None

    def client(self, **options: object) -> httpx.Client:
        return httpx.Client(
            base_url=self.base_url, **({"timeout": 120, "verify": NO_TLS, "trust_env": False} | options)
        )
