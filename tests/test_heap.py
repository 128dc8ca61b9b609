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
