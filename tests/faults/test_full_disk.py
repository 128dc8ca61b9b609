"""A full disk: what cannot be saved is not acknowledged, reading goes on, and room makes all well again."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import _prepared
from friends import Site, comment_on
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from agora.store import posts
from agora.store.comments import Comment

MISSING = "NO FULL DISK WAS TRIED: mounting a small file system needs root."


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "agora-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip(MISSING)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def site_on_small_disk(small_disk: Path) -> Iterator[Site]:
    url = _prepared(f"sqlite:///{small_disk / 'agora.db'}", small_disk)
    with Site(url, small_disk / "data") as site:
        yield site


def fill(disk: Path) -> Path:
    """Take the last byte there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


def post_until_refused(client: httpx.Client, post: posts.Post) -> tuple[int, httpx.Response]:
    """How many comments were taken until the disk was full, and the answer to the first that was not."""
    for taken in range(200):
        answer = comment_on(client, post, f"Thought {taken}. " + "It goes on and on. " * 400)
        if answer.status_code != 303:
            return taken, answer
    raise AssertionError("the disk never was full")


def count(site: Site) -> int:
    with site.database.read() as session:
        assert posts.wrong_counts(session) == 0
        return session.scalar(select(func.count(Comment.id))) or 0


def test_full_disk_refuses_honestly(site_on_small_disk: Site, small_disk: Path) -> None:
    site = site_on_small_disk
    post, client = site.post(moderation="post"), site.client()
    ballast = fill(small_disk)

    taken, refused = post_until_refused(client, post)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert "keep your text" in refused.text
    assert count(site) == taken
    for path in ("/", f"/posts/{post.slug}", "/feed.atom", "/readyz"):
        assert client.get(path).status_code == 200, path

    ballast.unlink()
    assert comment_on(client, post, "Room at last.").status_code == 303
    assert count(site) == taken + 1


def test_full_disk_loses_no_letter(site_on_small_disk: Site, small_disk: Path) -> None:
    site = site_on_small_disk
    comment_on(site.client(), site.post(), letters="yes")
    (site.settings.data_dir / "letters").mkdir()
    ballast = fill(small_disk)

    sent_on_full_disk = deliver_as_far_as_possible(site)
    assert [path.suffix for path in (site.settings.data_dir / "letters").glob("*.eml")] == []
    assert sent_on_full_disk == 0

    ballast.unlink()
    site.clock.forward(minutes=10)
    assert site.deliver() == 1
    assert [letter["To"] for letter in site.letters()] == ["bob@example.org"]


def deliver_as_far_as_possible(site: Site) -> int:
    try:
        return site.deliver()
    except OperationalError:  # the claim itself could not be written: the worker logs it and tries again
        return 0
