"""The measurements of Agora: `make bench`. What each figure means stands in docs/performance.md."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What is measured is the code beside, whatever is installed.
PATHS = (str(ROOT), str(ROOT / "src"))
# The PostgreSQL server that the tests start and end themselves serves here too.
sys.path[:0] = [*PATHS, str(ROOT / "tests")]
