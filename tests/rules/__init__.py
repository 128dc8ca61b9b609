"""Tests of what is true: no database, no web, no clock."""
