"""A serving process gives memory back, and leaves alone what it shares with others."""

import subprocess
import sys
import textwrap

SCRIPT = """
    import gc
    import threading
    from agora import heap

    heap.keep_small()

    # Blocks as large as pages, taken and freed by several threads, over and over.
    def work():
        for _ in range(3):
            blocks = [bytes(200_000) for _ in range(100)]
            del blocks

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    resident = next(line for line in open("/proc/self/status") if line.startswith("VmRSS"))
    print(gc.get_freeze_count() > 1000, int(resident.split()[1]) < 48 * 1024)
"""


def test_memory_is_given_back() -> None:
    run = [sys.executable, "-c", textwrap.dedent(SCRIPT)]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "True True\n"


# Each is some megabytes in every serving process, and belongs to commands, to tests or to the other database.
SELDOM = {"alembic", "mako", "tqdm", "babel", "httpx", "psycopg", "sqlalchemy.dialects.postgresql"}


def test_only_what_serves_is_loaded() -> None:
    run = [sys.executable, "-c", "import sys, agora.cli, agora.commands.serve; print(*sys.modules, sep='\\n')"]
    loaded = set(subprocess.run(run, capture_output=True, text=True, check=True).stdout.split())
    assert "agora.app" in loaded
    assert loaded & SELDOM == set()
