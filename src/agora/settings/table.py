"""The table of settings: what an administrator sets outside the desk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agora.settings.values import (
    address,
    items,
    networks,
    number,
    one_of,
    positive,
    switch,
    text,
    time_zone,
)


@dataclass(frozen=True)
class Setting:
    """One line of the table: its name in the file (and, as AGORA_NAME, in the environment) and what it is for."""

    name: str
    default: Any
    read: Callable[[Any], Any]
    sentence: str
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("data_dir", "var", text, "Folder for the database, letters and the secret key."),
    Setting(
        "database_url",
        "",
        address(("sqlite", "postgresql", "postgres", "postgresql+psycopg")),
        "Where the database is; empty means SQLite in the data folder, else postgresql://user@host/name.",
        secret=True,
    ),
    Setting(
        "base_url",
        "",
        address(("http", "https")),
        "The address at which readers reach the site, such as https://example.org; empty means where it listens.",
    ),
    Setting(
        "secret_key",
        "",
        text,
        "Signs links, forms and cookies; empty means one that is made on first start and kept in the data folder.",
        secret=True,
    ),
    Setting(
        "mail_url",
        "",
        address(("smtp", "smtps")),
        "Where letters go: smtp://user:password@host:587 (STARTTLS when offered) or smtps://; empty writes .eml files.",
        secret=True,
    ),
    Setting("mail_from", "", text, "The sender of letters; empty means agora@ the host of the site's address."),
    Setting(
        "trusted_proxies",
        (),
        networks,
        "Addresses or networks of your own proxies, whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    ),
    Setting(
        "allow_private_hosts",
        (),
        items,
        "Names or networks that outgoing web requests may reach although private: so far those to akismet_url.",
    ),
    Setting("language", "fr", one_of("fr", "en"), "The language of the site: fr or en."),
    Setting("time_zone", "Europe/Paris", time_zone, "The time zone in which dates and hours are shown."),
    Setting(
        "moderation",
        "first-time",
        one_of("pre", "first-time", "post"),
        "When comments appear: pre, first-time or post, unless chosen otherwise at the desk.",
    ),
    Setting(
        "max_links",
        2,
        number,
        "A comment with more links than this waits for a moderator, unless the desk says otherwise.",
    ),
    Setting(
        "held_words",
        (),
        items,
        "A comment with one of these words waits for a moderator, unless the desk says otherwise.",
    ),
    Setting(
        "reports_hide",
        0,
        number,
        "A comment is hidden until it is read when its reports weigh this much (one confirmed reader: 1); 0 is never.",
    ),
    Setting(
        "akismet_url",
        "",
        address(("http", "https")),
        "A service asked about comments as Akismet is, such as https://rest.akismet.com/1.1; empty asks none.",
    ),
    Setting("akismet_key", "", text, "The key for that service.", secret=True),
    Setting("trusted_flaggers", (), items, "E-mail addresses of trusted flaggers (Digital Services Act, article 22)."),
    Setting("appeal_days", 15, positive, "Within how many days the site promises to answer an appeal."),
    Setting("edit_minutes", 30, number, "How many minutes commenters may edit what they sent."),
    Setting(
        "keep_sources",
        True,
        switch,
        "Keep from where each comment was sent (address, port, time), apart from it, as French law asks of hosts.",
    ),
    Setting(
        "retention_sources_days", 365, number, "After how many days that is destroyed, and hashes of networks with it."
    ),
    Setting(
        "retention_identity_days",
        1826,
        number,
        "How many days after somebody's last comment or report their e-mail address is forgotten.",
    ),
    Setting(
        "retention_accounts_days", 365, number, "How many days after an account was closed its owner is forgotten."
    ),
    Setting("posts_per_page", 10, positive, "How many posts one page of the home page shows."),
    Setting("threads_per_page", 50, positive, "How many threads one page of a discussion shows."),
    Setting("replies_per_page", 100, positive, "How many replies of a thread one page shows."),
    Setting("thread_depth", 5, positive, "How many levels of comments are drawn; deeper ones say to whom they answer."),
    Setting("rate_limits", True, switch, "Limits per source on comments and sign-ins; off only for load tests."),
    Setting("inner_worker", True, switch, "Send letters from the server's own process; off if `agora worker` runs."),
    Setting("page_memory", 16, number, "MiB in which each process keeps public pages ready to be sent; 0 keeps none."),
    Setting(
        "request_timeout",
        20,
        positive,
        "Seconds that a browser may take to send a request; a form that keeps arriving has one more per 500 bytes.",
    ),
    Setting("database_timeout", 15, positive, "Seconds after which a request no longer waits for the database."),
    Setting(
        "operator",
        "private",
        one_of("private", "association", "public-body"),
        "Who runs the site: private, association or public-body; it decides which duties the report names.",
    ),
    Setting("log_format", "text", one_of("text", "json"), "How lines of the log are written: text or json."),
    Setting(
        "metrics_networks",
        ("127.0.0.0/8", "::1/128"),
        networks,
        "Addresses or networks that may read /metrics.",
    ),
    Setting(
        "metrics_token",
        "",
        text,
        "Whoever sends this as a bearer token may read /metrics too, from anywhere; empty means nobody.",
        secret=True,
    ),
    Setting("threads", 4, positive, "How many requests one process works on at once; also its database connections."),
)
