"""Programs that are measured, started on the server's processor and ended with the block that started them."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from servers import free_port

from bench import PATHS, ROOT
from bench.stillness import processor_seconds

HOST = "127.0.0.1"
READY_WITHIN, STOPPED_WITHIN = 60, 20  # seconds

ISSO = ROOT / ".venv-isso"
ISSO_LOCK = ROOT / "bench" / "isso.lock"
ISSO_SETTINGS = """\
[general]
dbpath = {folder}/isso.db
host = http://{host}:{port}/
log-file = {folder}/isso.log
[moderation]
enabled = false
[guard]
enabled = false
[server]
listen = http://{host}:{port}
"""
NGINX_SETTINGS = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    types {{ text/html html; }}
    default_type text/html;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen {host}:{port}; root {pages}; }}
}}
"""


@dataclass(frozen=True)
class Served:
    """A server that answers: where, since how many seconds after its start, and its first process."""

    process: psutil.Process
    port: int
    seconds: float

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def megabytes(self) -> float:
        """Resident memory of the largest process (1 MB = 10^6 bytes)."""
        return float(max(each.memory_info().rss for each in self.family)) / 1e6

    def megabytes_shared_out(self) -> float:
        """The same, with what several processes share divided among them."""
        return float(max(each.memory_full_info().pss for each in self.family)) / 1e6

    def seconds_used(self) -> float:
        return processor_seconds(self.process)


@contextmanager
def started(
    command: Sequence[str | Path],
    port: int,
    folder: Path,
    processors: set[int],
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """A program that listens on the port; what it says goes to a file in the folder."""
    begun = time.perf_counter()
    with (folder / "programs.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean_environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, processors),
        )
    try:
        _wait_for_first_byte(process, port, folder)
        yield Served(psutil.Process(process.pid), port, time.perf_counter() - begun)
    finally:
        _end(process)


def clean_environment() -> dict[str, str]:
    """Ours without the settings of a site that may run beside."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AGORA_", "ISSO_"))} | {
        "PYTHONPATH": os.pathsep.join(PATHS)
    }


def _wait_for_first_byte(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"it did not start: {(folder / 'programs.log').read_text()[-1500:]}")
        time.sleep(0.002)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=READY_WITHIN) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return bool(connection.recv(1))
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# Each of them


def agora(
    folder: Path, environment: Mapping[str, str], processors: set[int], *, workers: int = 1
) -> AbstractContextManager[Served]:
    port = free_port()
    command = [sys.executable, "-m", "agora", "serve", "--port", str(port), "--workers", str(workers)]
    return started(command, port, folder, processors, environment)


def reference(kind: str, pages: Path, folder: Path, processors: set[int]) -> AbstractContextManager[Served]:
    port = free_port()
    command: list[str | Path] = [sys.executable, "-m", "bench.references", kind, pages, str(port)]
    return started(command, port, folder, processors)


def nginx(pages: Path, folder: Path, processors: set[int]) -> AbstractContextManager[Served]:
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""  # the temporary folder is for its owner alone
    settings = NGINX_SETTINGS.format(user=user, folder=folder, pages=pages, host=HOST, port=port)
    (folder / "nginx.conf").write_text(settings)
    return started([_nginx_program(), "-p", folder, "-c", folder / "nginx.conf"], port, folder, processors)


def isso(folder: Path, processors: set[int]) -> AbstractContextManager[Served]:
    port = free_port()
    (folder / "isso.cfg").write_text(ISSO_SETTINGS.format(folder=folder, host=HOST, port=port))
    command: list[str | Path] = [ISSO / "bin" / "isso", "-c", folder / "isso.cfg", "run"]
    return started(command, port, folder, processors)


# Whether they are there, and which


def _nginx_program() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    return found or ""


def nginx_version() -> str:
    """Empty where there is none."""
    if not _nginx_program():
        return ""
    told = subprocess.run([_nginx_program(), "-v"], check=False, capture_output=True, text=True).stderr
    return told.strip().rpartition("/")[2]


def wrk_version() -> str:
    """Empty where there is none."""
    if not shutil.which("wrk"):
        return ""
    told = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True)
    found = re.search(r"wrk (\S+)", told.stdout + told.stderr)
    return found[1] if found else "unknown"


def install_isso() -> str:
    """Its version, in an environment of its own; empty if it could not be installed."""
    stamp = ISSO / "installed"
    if not stamp.exists() or stamp.read_text() != ISSO_LOCK.read_text():
        print(f"Installing Isso into {ISSO.name} …")
        python = ISSO / "bin" / "python"
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
        ]
        commands: list[list[str | Path]] = [[sys.executable, "-m", "venv", ISSO], [*pip, "-r", ISSO_LOCK]]
        for command in commands:
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                print(f"Isso could not be installed: {done.stderr.strip().splitlines()[-1]}")
                return ""
        stamp.write_text(ISSO_LOCK.read_text())
    found = re.search(r"^isso==(\S+)", ISSO_LOCK.read_text(), re.MULTILINE)
    return found[1] if found else "unknown"
