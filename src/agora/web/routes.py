"""The sitemap of Agora: every address, what answers it, and who may come in."""

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from agora.rules import limits
from agora.rules.permissions import Deed
from agora.store.versions import COMMENTS, LOG, SITE
from agora.web.body_limit import BodyLimit
from agora.web.boundary import endpoint
from agora.web.guards import Guard, Handler, Page
from agora.web.pages import (
    commenter,
    comments,
    desk_bylines,
    desk_data,
    desk_measures,
    desk_moderation,
    desk_orders,
    desk_people,
    desk_policy,
    desk_posts,
    desk_queue,
    desk_reasons,
    desk_sources,
    feeds,
    letters,
    log,
    machines,
    my_data,
    my_measure,
    notices,
    reading,
    search,
    seeing,
    sign_in,
    transparency,
)

DESK, TOKEN = Guard.DESK, Guard.TOKEN


class Address(Route):
    """One address. `body` is the most bytes that a form may have here."""

    def __init__(self, path: str, name: str, page: Page, *, body: int = limits.PUBLIC_BODY) -> None:
        limited = [Middleware(BodyLimit, most=body)]
        super().__init__(path, endpoint(page), methods=page.methods, name=name, middleware=limited)
        self.page = page


at = Address


def public(path: str, name: str, get: Handler, *seen_in: str) -> Address:
    """A page for everyone, which memory keeps until something changes in these scopes (store/versions.py)."""
    return at(path, name, Page(get, seen_in=seen_in))


def desk(path: str, name: str, page: Page, *, body: int = limits.DESK_BODY) -> Address:
    return at(path, name, page, body=body)


ROUTES: list[BaseRoute] = [
    # Reading
    public("/", "home", reading.home, SITE, COMMENTS),
    public("/posts/{slug}", "post", reading.post, SITE),  # and the discussion it shows
    public("/authors", "authors", reading.authors, SITE),
    public("/authors/{slug}", "byline", reading.byline, SITE, COMMENTS),
    public("/tags/{slug}", "tag", reading.tag, SITE, COMMENTS),
    at("/search", "search", Page(search.show)),
    public("/archive", "archive", reading.archive, SITE),
    at("/portraits/{portrait}", "portrait", Page(reading.portrait)),
    public("/charter", "charter", reading.show_charter, SITE),
    public("/moderation/log", "log", log.show, SITE, LOG),
    public("/moderation/log.atom", "log_feed", log.feed, SITE, LOG),
    at("/moderation/log.jsonl", "log_file", Page(log.file)),
    public("/moderation/report", "report_of_year", transparency.show, SITE, LOG),
    public("/moderation/report/{part}.csv", "report_part", transparency.part, SITE, LOG),
    public("/moderation/report.json", "report_data", transparency.whole, SITE, LOG),
    at("/moderation/statements.jsonl", "report_statements", Page(transparency.statements)),
    # Commenting
    at(
        "/posts/{slug}/comments",
        "comments",
        Page(post=comments.create, again=comments.form_again, prepare=comments.prepare, together=True),
    ),
    at("/comments/{id}", "comment", Page(comments.permalink)),
    public("/comments/{id}/thread", "thread", comments.thread, SITE),  # and the discussion of its post
    at("/comments/{id}/reply", "reply", Page(comments.reply)),
    at(
        "/my/comment/{token}",
        "my_comment",
        Page(commenter.show, commenter.edit, commenter.edit_again, TOKEN, prepare=commenter.prepare_edit),
    ),
    at("/my/comment/{token}/withdraw", "my_withdraw", Page(post=commenter.withdraw, guard=TOKEN)),
    at("/my/comment/{token}/follow", "my_follow", Page(post=commenter.follow_replies, guard=TOKEN)),
    at(
        "/my/comment/{token}/appeal",
        "my_appeal",
        Page(post=commenter.appeal, again=commenter.appeal_again, guard=TOKEN),
    ),
    at("/my/address/{token}", "confirm", Page(commenter.show_confirm, commenter.confirm, guard=TOKEN)),
    at("/my/letters/{token}", "unsubscribe", Page(commenter.show_unsubscribe, commenter.unsubscribe, guard=TOKEN)),
    at("/my/comment/{token}/erase", "my_erase", Page(post=my_data.erase_comment, guard=TOKEN)),
    at("/my/comment/{token}/data", "my_data_letter", Page(post=my_data.ask, guard=TOKEN)),
    at("/my/data/{token}", "my_data", Page(my_data.show_or_farewell, my_data.erase, my_data.erase_again, guard=TOKEN)),
    at("/my/data/{token}/export", "my_data_export", Page(my_data.export, guard=TOKEN)),
    at("/my/measure/{token}", "my_measure", Page(my_measure.show, my_measure.act, my_measure.act_again, TOKEN)),
    # Reporting
    at("/comments/{id}/report", "report", Page(notices.form, notices.send, notices.form_again)),
    at("/my/report/{token}", "my_report", Page(notices.show, guard=TOKEN)),
    at(
        "/my/report/{token}/appeal/{item}",
        "my_report_appeal",
        Page(post=notices.appeal, again=notices.appeal_again, guard=TOKEN),
    ),
    at("/my/reporter/{token}", "confirm_report", Page(notices.show_confirm, notices.confirm, guard=TOKEN)),
    # Subscribing
    public("/feed.atom", "feed", feeds.site_feed, SITE, COMMENTS),
    public("/authors/{slug}/feed.atom", "byline_feed", feeds.byline_feed, SITE, COMMENTS),
    public("/tags/{slug}/feed.atom", "tag_feed", feeds.tag_feed, SITE, COMMENTS),
    public("/comments.atom", "comments_feed", feeds.comments_feed, SITE, COMMENTS),
    public("/posts/{slug}/comments.atom", "post_comments_feed", feeds.post_comments_feed, SITE),
    # Signing in
    at("/sign-in", "sign_in", Page(sign_in.show, sign_in.sign_in, prepare=sign_in.prepare)),
    at("/sign-in/{token}", "sign_in_link", Page(sign_in.show_link, sign_in.use_link, guard=TOKEN)),
    at("/sign-out", "sign_out", Page(post=sign_in.sign_out)),
    at(
        "/account",
        "account",
        Page(sign_in.account, sign_in.save_account, sign_in.account_again, DESK, prepare=sign_in.prepare_account),
    ),
    # The desk
    desk("/admin", "desk", Page(desk_posts.desk, guard=DESK)),
    desk("/admin/posts", "desk_posts", Page(desk_posts.list_posts, guard=DESK, deed=Deed.WRITE_POSTS)),
    desk(
        "/admin/posts/new",
        "desk_new_post",
        Page(
            desk_posts.new,
            desk_posts.create,
            desk_posts.editor_again,
            DESK,
            Deed.WRITE_POSTS,
            prepare=desk_posts.prepare,
        ),
    ),
    desk(
        "/admin/posts/{id}",
        "desk_post",
        Page(
            desk_posts.edit,
            desk_posts.save,
            desk_posts.editor_again,
            DESK,
            Deed.WRITE_POSTS,
            prepare=desk_posts.prepare,
        ),
    ),
    desk("/admin/posts/{id}/history", "desk_history", Page(desk_posts.history, guard=DESK, deed=Deed.WRITE_POSTS)),
    desk("/admin/bylines", "desk_bylines", Page(desk_bylines.list_bylines, guard=DESK, deed=Deed.EDIT_BYLINES)),
    desk(
        "/admin/bylines/new",
        "desk_new_byline",
        Page(
            desk_bylines.new,
            desk_bylines.save,
            desk_bylines.form_again,
            DESK,
            Deed.EDIT_BYLINES,
            prepare=desk_bylines.prepare,
        ),
        body=limits.UPLOAD_BODY,
    ),
    desk(
        "/admin/bylines/{id}",
        "desk_byline",
        Page(
            desk_bylines.edit,
            desk_bylines.save,
            desk_bylines.form_again,
            DESK,
            Deed.EDIT_BYLINES,
            prepare=desk_bylines.prepare,
        ),
        body=limits.UPLOAD_BODY,
    ),
    desk(
        "/admin/moderation",
        "desk_moderation",
        Page(desk_queue.show, desk_moderation.decide_many, desk_moderation.decide_many_again, DESK, Deed.MODERATE_OWN),
    ),
    desk(
        "/admin/moderation/{id}",
        "desk_decision",
        Page(desk_queue.show_case, desk_moderation.decide, desk_moderation.decide_again, DESK, Deed.MODERATE_OWN),
    ),
    desk(
        "/admin/moderation/{id}/claim",
        "desk_claim",
        Page(post=desk_moderation.claim, again=desk_moderation.claim_again, guard=DESK, deed=Deed.MODERATE_OWN),
    ),
    desk(
        "/admin/moderation/{id}/source",
        "desk_source",
        Page(desk_sources.show, desk_sources.act, desk_sources.act_again, DESK, Deed.MODERATE),
    ),
    desk(
        "/admin/moderation/addresses/{id}",
        "desk_commenter",
        Page(desk_sources.commenter, guard=DESK, deed=Deed.MODERATE),
    ),
    desk(
        "/admin/moderation/addresses/{id}/notes",
        "desk_note",
        Page(post=desk_measures.note, again=desk_measures.note_again, guard=DESK, deed=Deed.MODERATE),
    ),
    desk(
        "/admin/moderation/addresses/{id}/data",
        "desk_data",
        Page(desk_data.show, desk_data.act, desk_data.act_again, DESK, Deed.MANAGE_PEOPLE),
    ),
    desk(
        "/admin/moderation/addresses/{id}/data/export",
        "desk_data_export",
        Page(desk_data.export, guard=DESK, deed=Deed.MANAGE_PEOPLE),
    ),
    desk("/admin/measures", "desk_measures", Page(desk_measures.list_measures, guard=DESK, deed=Deed.MODERATE)),
    desk(
        "/admin/measures/new",
        "desk_new_measure",
        Page(desk_measures.new, desk_measures.create, desk_measures.form_again, DESK, Deed.MODERATE),
    ),
    desk(
        "/admin/measures/{id}",
        "desk_measure",
        Page(desk_measures.show, desk_measures.act, desk_measures.act_again, DESK, Deed.MODERATE),
    ),
    desk("/admin/reasons", "desk_reasons", Page(desk_reasons.list_reasons, guard=DESK, deed=Deed.MODERATE)),
    desk(
        "/admin/reasons/new",
        "desk_new_reason",
        Page(desk_reasons.new, desk_reasons.save, desk_reasons.form_again, DESK, Deed.MODERATE),
    ),
    desk(
        "/admin/reasons/{id}",
        "desk_reason",
        Page(desk_reasons.edit, desk_reasons.save, desk_reasons.form_again, DESK, Deed.MODERATE),
    ),
    desk(
        "/admin/people",
        "desk_people",
        Page(desk_people.list_people, desk_people.change_people, desk_people.people_again, DESK, Deed.MANAGE_PEOPLE),
    ),
    desk(
        "/admin/settings",
        "desk_settings",
        Page(desk_people.settings, desk_people.save_settings, desk_people.settings_again, DESK, Deed.MANAGE_SITE),
    ),
    desk(
        "/admin/policy",
        "desk_policy",
        Page(
            desk_policy.show,
            desk_policy.save,
            desk_policy.again,
            DESK,
            Deed.MANAGE_SITE,
            prepare=desk_policy.prepare,
        ),
    ),
    desk(
        "/admin/charter",
        "desk_charter",
        Page(desk_people.charter, desk_people.save_charter, desk_people.charter_again, DESK, Deed.MANAGE_SITE),
    ),
    desk(
        "/admin/orders",
        "desk_orders",
        Page(desk_orders.show, desk_orders.act, desk_orders.again, DESK, Deed.MANAGE_SITE),
    ),
    at("/letters/decide/{token}", "letter_decision", Page(letters.show, letters.act, letters.again, TOKEN)),
    # Programs
    Route("/healthz", seeing.healthz, name="healthz"),
    Route("/readyz", seeing.readyz, name="readyz"),
    Route("/metrics", seeing.show_metrics, name="metrics"),
    at("/robots.txt", "robots", Page(machines.robots)),
    public("/sitemap.xml", "sitemap", machines.sitemap, SITE),
    public("/sitemap-{part}.xml", "sitemap_part", machines.sitemap_part, SITE),
    at("/.well-known/security.txt", "security", Page(machines.security)),
    Route("/static/{version}/{path:path}", machines.static, name="static"),
]
