"""Tests in a real Chromium: whole journeys, and every page and state as people meet it."""
