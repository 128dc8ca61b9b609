"""Agora: a blog with moderated discussion."""

__version__ = "0.1.0"
