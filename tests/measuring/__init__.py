"""What the bench says of its runs: a figure only where nothing disturbed them."""

import sys

from house import ROOT

sys.path.insert(0, str(ROOT))
