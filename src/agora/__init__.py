"""Agora: a blog with moderated discussion."""

import gc

__version__ = "0.1.0"

# A program that is being loaded makes no garbage, and a page makes little: looking for it after every 700 new objects,
# as Python does, takes a tenth of the start.
gc.set_threshold(10_000, 20, 20)
