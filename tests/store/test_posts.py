"""What the public may see of posts, page by page, and how old addresses find the new ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from friends import write_post
from sqlalchemy.orm import Session

from agora.actions import posts as actions
from agora.actions.bylines import BylineDraft, save_byline
from agora.actions.posts import PostDraft
from agora.store import posts, public_lists, public_posts
from agora.store.bylines import Byline
from agora.store.database import Database
from agora.store.posts import FormerSlug, Post
from agora.store.public_lists import EVERYTHING, PostFilter

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
DRAFT = PostDraft("The garden", body="It grows.", language="en")


def write_many(session: Session, count: int, *, at: Callable[[int], datetime], **stated: object) -> list[Post]:
    return [write_post(session, f"Post {n}", now=at(n), **stated) for n in range(count)]


def an_hour_apart(n: int) -> datetime:
    return NOW + timedelta(hours=n)


def all_at_once(n: int) -> datetime:
    return NOW


ASKED: dict[str, Callable[[Session, Post], object]] = {
    "by_slug": lambda session, post: public_posts.by_slug(session, post.slug),
    "current_slug": lambda session, post: public_posts.current_slug(session, "former"),
    "latest": lambda session, post: public_lists.latest(session, EVERYTHING, size=10),
    "feed_page": lambda session, post: public_lists.feed_page(session, EVERYTHING, before=None, size=10),
    "count": lambda session, post: public_lists.count(session),
    "archive": lambda session, post: public_lists.archive(session, before=None, size=10),
    "addresses_for_map": lambda session, post: public_lists.addresses_for_map(session, part=1, size=10),
    "tags_in_use": lambda session, post: public_lists.tags_in_use(session, limit=10),
}


def test_drafts_are_shown_nowhere(database: Database) -> None:
    """Not even those that were public once."""
    with database.write() as session:
        post = write_post(session, now=NOW, tags=["moss"])
        session.add(FormerSlug(slug="former", post_id=post.id))
    with database.read() as session:
        shown = {name: ask(session, post) for name, ask in ASKED.items()}
    assert all(shown.values()), shown

    with database.write() as session:
        actions.unpublish_post(session, session.merge(post), by=None, now=NOW)

    with database.read() as session:
        shown = {name: ask(session, post) for name, ask in ASKED.items()}
    assert not any(shown.values()), shown


@pytest.mark.parametrize("moments", [an_hour_apart, all_at_once])
def test_feed_pages_join_seamlessly(database: Database, moments: Callable[[int], datetime]) -> None:
    """Each post once, also where several were published in the same moment."""
    with database.write() as session:
        written = write_many(session, 7, at=moments)

    read: list[int] = []
    with database.read() as session:
        while page := public_lists.feed_page(session, EVERYTHING, before=key_of(session, read), size=3):
            read += [post.id for post in page]
    assert read == [post.id for post in reversed(written)]


@pytest.mark.parametrize("moments", [an_hour_apart, all_at_once])
def test_archive_pages_join_seamlessly(database: Database, moments: Callable[[int], datetime]) -> None:
    with database.write() as session:
        written = write_many(session, 7, at=moments)

    read: list[int] = []
    with database.read() as session:
        while page := public_lists.archive(session, before=key_of(session, read), size=3):
            read += [line.id for line in page]
    assert read == [post.id for post in reversed(written)]


def key_of(session: Session, read: list[int]) -> tuple[datetime, int] | None:
    """The position after the last post that was read."""
    if not read:
        return None
    published = session.get_one(Post, read[-1]).published_at
    assert published
    return published, read[-1]


@pytest.mark.parametrize("moments", [an_hour_apart, all_at_once])
def test_list_pages_join_both_ways(database: Database, moments: Callable[[int], datetime]) -> None:
    """By their positions, which the links of the pager carry."""
    with database.write() as session:
        moss = {"tags": ["moss"]}
        written = [post.id for post in write_many(session, 6, at=moments, **moss)][::-1]

    with database.read() as session:
        tag = posts.tag_by_slug(session, "moss")
        assert tag
        for kind in (EVERYTHING, PostFilter(tag_id=tag.id)):
            second = public_lists.latest(session, kind, before=key_of(session, written[:2]), size=2)
            third = public_lists.latest(session, kind, before=key_of(session, written[:4]), size=2)
            again = public_lists.latest(session, kind, after=key_of(session, [third[0].id]), size=2)
            assert [[post.id for post in page] for page in (second, third, again)] == [
                written[2:4],
                written[4:],
                written[2:4],
            ]


def test_far_pages_are_found_from_the_end(database: Database) -> None:
    with database.write() as session:
        write_many(session, 7, at=an_hour_apart)

    with database.read() as session:
        pages = [public_lists.latest_by_number(session, EVERYTHING, page=n, size=2, count=7) for n in (1, 2, 3, 4)]
        titles = [[post.title for post in page] for page in pages]
        assert titles == [["Post 6", "Post 5"], ["Post 4", "Post 3"], ["Post 2", "Post 1"], ["Post 0"]]


def test_list_pages_count_from_one(database: Database) -> None:
    with database.write() as session:
        write_many(session, 5, at=an_hour_apart)

    with database.read() as session:
        pages = [public_lists.latest(session, EVERYTHING, skip=n, size=2) for n in (0, 2, 4, 6)]
        assert [[post.title for post in page] for page in pages] == [
            ["Post 4", "Post 3"],
            ["Post 2", "Post 1"],
            ["Post 0"],
            [],
        ]
        assert public_lists.count(session) == 5


def test_lists_follow_byline_and_tag(database: Database) -> None:
    with database.write() as session:
        ines = save_byline(session, None, BylineDraft("Inès"), by=None, language="fr", now=NOW)
        hers = write_post(session, "Hers", now=NOW, byline_ids=[ines.id], tags=["Moss"])
        write_post(session, "Theirs", now=NOW)
        write_post(session, "Her draft", now=NOW, byline_ids=[ines.id], tags=["Moss"], publish=False)

    with database.read() as session:
        moss = posts.tag_by_slug(session, "moss")
        assert moss
        for kind in (PostFilter(byline_id=ines.id), PostFilter(tag_id=moss.id)):
            assert [post.id for post in public_lists.latest(session, kind, size=9)] == [hers.id]
            assert [post.id for post in public_lists.feed_page(session, kind, before=None, size=9)] == [hers.id]
        assert moss.post_count == 1
        assert session.get_one(Byline, ines.id).post_count == 1


def test_bylines_keep_their_order(database: Database) -> None:
    with database.write() as session:
        names = ["Zoé", "Inès", "Ali"]
        chosen = [save_byline(session, None, BylineDraft(n), by=None, language="fr", now=NOW).id for n in names]
        post = write_post(session, now=NOW, byline_ids=[*chosen, chosen[0]])

    with database.read() as session:
        found = public_posts.by_slug(session, post.slug)
        assert found
        assert [byline.name for byline in found.bylines] == names


def test_busiest_tags_come_first(database: Database) -> None:
    with database.write() as session:
        write_post(session, "One", now=NOW, tags=["rare", "moss"])
        write_post(session, "Two", now=NOW, tags=["Moss"])
        write_post(session, "Three", now=NOW, tags=["hidden"], publish=False)

    with database.read() as session:
        assert public_lists.tags_in_use(session, limit=9) == [("moss", "moss"), ("rare", "rare")]
        assert public_lists.tags_in_use(session, limit=1) == [("moss", "moss")]


def rename(session: Session, post: Post, slug: str) -> None:
    actions.save_post(session, post, replace(DRAFT, slug=slug), edition=post.edition, by=None, now=NOW)


def test_former_addresses_lead_on(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        for slug in ("second", "third"):
            rename(session, post, slug)

    with database.read() as session:
        assert public_posts.current_slug(session, "the-garden") == "third"
        assert public_posts.current_slug(session, "second") == "third"
        assert public_posts.current_slug(session, "third") is None


def test_post_takes_its_address_back(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        rename(session, post, "second")
        rename(session, post, "the-garden")

    with database.read() as session:
        assert public_posts.current_slug(session, "second") == "the-garden"
        assert public_posts.current_slug(session, "the-garden") is None


def test_drafts_leave_no_address(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW, publish=False)
        rename(session, post, "second")

    with database.read() as session:
        assert posts.slug_is_free(session, "the-garden", None)


def test_addresses_are_never_shared(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        rename(session, post, "second")

    with database.read() as session:
        free = {slug: posts.slug_is_free(session, slug, None) for slug in ("the-garden", "second", "third")}
        assert free == {"the-garden": False, "second": False, "third": True}
        assert posts.slug_is_free(session, "second", post.id)
        assert posts.slug_is_free(session, "the-garden", post.id)


def test_every_text_is_kept(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW, body="First words.")
        edited = replace(DRAFT, slug=post.slug, body="Second words.")
        actions.save_post(session, post, edited, edition=1, by=None, now=NOW)

    with database.read() as session:
        kept = [posts.revision_of(session, post.id, edition) for edition in (1, 2, 3)]
        assert [revision and revision.body for revision in kept] == ["First words.", "Second words.", None]
