"""due process: cases, reports, statements, appeals, measures, and the sealed log"""

# ruff: noqa: E501, S608 - what the statements are put together from stands in this file

import hashlib
import json
import re
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BATCH = 1000
# The last three decisions, and the last party, are new.
DECISIONS = ("approve", "reject", "spam", "hide", "restore", "withdraw", "hold", "keep", "erase", "undo")
PARTIES = ("commenter", "moderator", "policy", "administrator")


def added() -> list[tuple[str, sa.Column]]:
    """Columns that tables from before get, each with its table."""
    return [
        ("commenters", sa.Column("erase_asked_at", sa.DateTime(timezone=True), nullable=True)),
        ("comments", sa.Column("erase_asked_at", sa.DateTime(timezone=True), nullable=True)),
        ("people", sa.Column("digest_hour", sa.Integer(), nullable=True)),
        ("people", sa.Column("quiet_from", sa.Integer(), nullable=True)),
        ("people", sa.Column("quiet_to", sa.Integer(), nullable=True)),
        ("people", sa.Column("named_in_log", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("posts", sa.Column("slow_seconds", sa.Integer(), nullable=True)),
        ("posts", sa.Column("close_after_days", sa.Integer(), nullable=True)),
        ("site", sa.Column("authors_moderate", sa.Boolean(), nullable=False, server_default=sa.false())),
    ]


def added_indexes() -> list[tuple[str, str, str, str]]:
    """Indexes that tables from before get: name, table, column, and of which rows."""
    return [
        ("ix_commenters_erase_asked_at", "commenters", "erase_asked_at", "erase_asked_at IS NOT NULL"),
        ("ix_comments_erase_asked_at", "comments", "erase_asked_at", "erase_asked_at IS NOT NULL"),
        ("ix_comments_with_source", "comments", "created_at", "source <> ''"),
    ]


def upgrade() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "ledger",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger")),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_kind_number"), ["kind", "number"], unique=False)

    op.create_table(
        "spam_signs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("ham", sa.Integer(), nullable=False),
        sa.Column("slope", sa.BigInteger(), nullable=False),
        sa.Column("energy", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spam_signs")),
    )
    op.create_table(
        "spam_lessons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("is_spam", sa.Boolean(), nullable=False),
        sa.Column("slope", sa.Integer(), nullable=False),
        sa.Column("signs", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_spam_lessons_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spam_lessons")),
    )
    with op.batch_alter_table("spam_lessons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spam_lessons_comment_id_stands"), ["comment_id", "stands"], unique=False)
        batch_op.create_index(batch_op.f("ix_spam_lessons_event_id"), ["event_id"], unique=False)

    op.create_table(
        "ready_reasons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("clause", sa.Integer(), nullable=True),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("category", sa.String(32), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "category IN ('animal_welfare', 'consumer_information', 'cyber_violence', 'women', 'privacy', 'speech', 'intellectual_property', 'civic_discourse', 'not_specified', 'charter', 'minors', 'public_security', 'scams', 'self_harm', 'unsafe_products', 'violence')",
            name=op.f("ck_ready_reasons_category_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ready_reasons")),
    )
    op.create_table(
        "ledger_secrets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["ledger.number"], name=op.f("fk_ledger_secrets_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_secrets")),
    )
    with op.batch_alter_table("ledger_secrets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_secrets_number"), ["number"], unique=False)

    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commenter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["commenters.id"], name=op.f("fk_notes_commenter_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notes_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notes_commenter_id_id"), ["commenter_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notes_person_id"), ["person_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("authority", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carried_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_orders_created_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("reference", name=op.f("uq_orders_reference")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_created_by"), ["created_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_received_at_id"), ["received_at", "id"], unique=False)

    op.create_table(
        "policies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name=op.f("fk_policies_created_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
    )
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policies_created_by"), ["created_by"], unique=False)

    op.create_table(
        "measures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("commenter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("clause", sa.Integer(), nullable=True),
        sa.Column("charter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "commenter_id IS NOT NULL OR person_id IS NOT NULL OR source <> ''",
            name=op.f("ck_measures_against_somebody"),
        ),
        sa.CheckConstraint(
            "kind IN ('warning', 'hold', 'suspension', 'no-reports')", name=op.f("ck_measures_kind_known")
        ),
        sa.ForeignKeyConstraint(["charter_id"], ["charters.id"], name=op.f("fk_measures_charter_id")),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["commenters.id"], name=op.f("fk_measures_commenter_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name=op.f("fk_measures_created_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["people.id"], name=op.f("fk_measures_ended_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_measures_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measures")),
        sa.UniqueConstraint("reference", name=op.f("uq_measures_reference")),
    )
    with op.batch_alter_table("measures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_measures_charter_id"), ["charter_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_measures_commenter_id_ended_at"), ["commenter_id", "ended_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_measures_created_by"), ["created_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_measures_ended_by"), ["ended_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_measures_person_id_ended_at"), ["person_id", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_measures_source_ended_at"), ["source", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_measures_until"), ["until"], unique=False)

    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("ground", sa.String(32), nullable=False),
        sa.Column("clause", sa.Integer(), nullable=True),
        sa.Column("charter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("category", sa.String(32), nullable=False),
        sa.Column("keyword", sa.String(length=80), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("further_addresses", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("commenter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("unfounded", sa.Integer(), nullable=False),
        sa.Column("good_faith_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trusted_flagger", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "category IN ('animal_welfare', 'consumer_information', 'cyber_violence', 'women', 'privacy', 'speech', 'intellectual_property', 'civic_discourse', 'not_specified', 'charter', 'minors', 'public_security', 'scams', 'self_harm', 'unsafe_products', 'violence')",
            name=op.f("ck_reports_category_known"),
        ),
        sa.CheckConstraint("ground IN ('charter', 'law')", name=op.f("ck_reports_ground_known")),
        sa.ForeignKeyConstraint(["charter_id"], ["charters.id"], name=op.f("fk_reports_charter_id")),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["commenters.id"], name=op.f("fk_reports_commenter_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reports_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("reference", name=op.f("uq_reports_reference")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_charter_id"), ["charter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_commenter_id_id"), ["commenter_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_received_at_id"), ["received_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_source_received_at"), ["source", "received_at"], unique=False)

    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("measure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("factors", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('held', 'report', 'appeal')", name=op.f("ck_cases_kind_known")),
        sa.CheckConstraint("(comment_id IS NULL) <> (measure_id IS NULL)", name=op.f("ck_cases_about_one_thing")),
        sa.ForeignKeyConstraint(["claimed_by"], ["people.id"], name=op.f("fk_cases_claimed_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_cases_comment_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.id"], name=op.f("fk_cases_measure_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_cases_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_cases_comment_id")),
        sa.UniqueConstraint("measure_id", name=op.f("uq_cases_measure_id")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_claimed_by_rank_id"), ["claimed_by", "rank", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_kind_rank_id"), ["kind", "rank", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_language_rank_id"), ["language", "rank", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_opened_at"), ["opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_post_id_rank_id"), ["post_id", "rank", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_rank_id"), ["rank", "id"], unique=False)

    op.create_table(
        "sources",
        sa.Column(
            "comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_sources_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_sources")),
    )
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sources_at"), ["at"], unique=False)

    op.create_table(
        "case_reasons",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_reasons_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "code", name=op.f("pk_case_reasons")),
    )
    with op.batch_alter_table("case_reasons", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_case_reasons_code_rank_case_id"), ["code", "rank", "case_id"], unique=False
        )

    op.create_table(
        "report_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('open', 'upheld', 'dismissed', 'moot')", name=op.f("ck_report_items_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_report_items_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_report_items_event_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_items_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["comment_revisions.id"], name=op.f("fk_report_items_revision_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_items")),
    )
    with op.batch_alter_table("report_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_items_comment_id_outcome"), ["comment_id", "outcome"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_items_decided_at_id"), ["decided_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_items_event_id"), ["event_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_report_items_report_id_comment_id"), ["report_id", "comment_id"], unique=True
        )
        batch_op.create_index(batch_op.f("ix_report_items_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "statements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("puid", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("measure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decision", sa.String(32), nullable=True),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(32), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("policy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ground", sa.String(32), nullable=False),
        sa.Column("clause", sa.Integer(), nullable=True),
        sa.Column("charter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("category", sa.String(32), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("prompt", sa.String(32), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("detected_by_program", sa.Boolean(), nullable=False),
        sa.Column("automation", sa.String(32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("content_date", sa.Date(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_known", sa.Boolean(), nullable=False),
        sa.Column("exempt", sa.String(32), nullable=True),
        sa.Column("informed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("informed_by", sa.String(length=16), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("automation IN ('not', 'partially', 'fully')", name=op.f("ck_statements_automation_known")),
        sa.CheckConstraint(
            "category IN ('animal_welfare', 'consumer_information', 'cyber_violence', 'women', 'privacy', 'speech', 'intellectual_property', 'civic_discourse', 'not_specified', 'charter', 'minors', 'public_security', 'scams', 'self_harm', 'unsafe_products', 'violence')",
            name=op.f("ck_statements_category_known"),
        ),
        sa.CheckConstraint(
            "decision IN ('approve', 'reject', 'spam', 'hide', 'restore', 'keep', 'withdraw', 'hold', 'erase', 'undo')",
            name=op.f("ck_statements_decision_known"),
        ),
        sa.CheckConstraint("exempt IN ('no_contact', 'spam_17_2', 'order_9')", name=op.f("ck_statements_exempt_known")),
        sa.CheckConstraint("ground IN ('charter', 'law')", name=op.f("ck_statements_ground_known")),
        sa.CheckConstraint(
            "party IN ('commenter', 'moderator', 'administrator', 'policy')", name=op.f("ck_statements_party_known")
        ),
        sa.CheckConstraint(
            "prompt IN ('notice', 'trusted-flagger', 'other', 'own-initiative')",
            name=op.f("ck_statements_prompt_known"),
        ),
        sa.ForeignKeyConstraint(["charter_id"], ["charters.id"], name=op.f("fk_statements_charter_id")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_statements_comment_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_statements_event_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measures.id"], name=op.f("fk_statements_measure_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_statements_person_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_statements_policy_id")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_statements_report_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["reversed_by"], ["events.id"], name=op.f("fk_statements_reversed_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["comment_revisions.id"], name=op.f("fk_statements_revision_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("puid", name=op.f("uq_statements_puid")),
    )
    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statements_at_id"), ["at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_charter_id"), ["charter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_comment_id_id"), ["comment_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_measure_id"), ["measure_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_policy_id"), ["policy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_report_id"), ["report_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_reversed_by"), ["reversed_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "appeals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("appellant", sa.String(32), nullable=False),
        sa.Column("statement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("report_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("measure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("commenter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lodged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ruling", sa.String(32), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reviewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("same_person", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("appellant IN ('commenter', 'notifier')", name=op.f("ck_appeals_appellant_known")),
        sa.CheckConstraint("ruling IN ('open', 'granted', 'refused', 'moot')", name=op.f("ck_appeals_ruling_known")),
        sa.CheckConstraint(
            "(statement_id IS NULL) <> (report_item_id IS NULL)", name=op.f("ck_appeals_against_one_thing")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_appeals_comment_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["commenter_id"], ["commenters.id"], name=op.f("fk_appeals_commenter_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_appeals_decided_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_appeals_event_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measures.id"], name=op.f("fk_appeals_measure_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["report_item_id"], ["report_items.id"], name=op.f("fk_appeals_report_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["people.id"], name=op.f("fk_appeals_reviewer_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_appeals_statement_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("reference", name=op.f("uq_appeals_reference")),
        sa.UniqueConstraint("report_item_id", name=op.f("uq_appeals_report_item_id")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_appeals_statement_id")),
    )
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeals_comment_id_ruling"), ["comment_id", "ruling"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeals_commenter_id"), ["commenter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeals_decided_by"), ["decided_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeals_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeals_lodged_at_id"), ["lodged_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeals_measure_id_ruling"), ["measure_id", "ruling"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeals_reviewer_id"), ["reviewer_id"], unique=False)

    # Never by copying a table: on SQLite the old one is dropped, and all that refers to its rows would go with them.
    for table, column in added():
        op.add_column(table, column)
    for name, table, column_name, rows in added_indexes():
        op.create_index(name, table, [column_name], postgresql_where=sa.text(rows), sqlite_where=sa.text(rows))
    _know(DECISIONS, PARTIES)
    _know_channels("mail", "service")
    _open_cases()
    _seal_past_decisions()


def downgrade() -> None:
    op.execute("DELETE FROM tallies WHERE name LIKE 'cases-%'")
    _forget_new_words()
    op.execute("DELETE FROM deliveries WHERE channel <> 'mail'")
    _know_channels("mail")
    for name, table, _, _ in added_indexes():
        op.drop_index(name, table_name=table)
    for table, column in added():
        op.drop_column(table, column.name)
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appeals_reviewer_id"))
        batch_op.drop_index(batch_op.f("ix_appeals_measure_id_ruling"))
        batch_op.drop_index(batch_op.f("ix_appeals_lodged_at_id"))
        batch_op.drop_index(batch_op.f("ix_appeals_event_id"))
        batch_op.drop_index(batch_op.f("ix_appeals_decided_by"))
        batch_op.drop_index(batch_op.f("ix_appeals_commenter_id"))
        batch_op.drop_index(batch_op.f("ix_appeals_comment_id_ruling"))

    op.drop_table("appeals")
    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statements_revision_id"))
        batch_op.drop_index(batch_op.f("ix_statements_reversed_by"))
        batch_op.drop_index(batch_op.f("ix_statements_report_id"))
        batch_op.drop_index(batch_op.f("ix_statements_policy_id"))
        batch_op.drop_index(batch_op.f("ix_statements_person_id"))
        batch_op.drop_index(batch_op.f("ix_statements_measure_id"))
        batch_op.drop_index(batch_op.f("ix_statements_event_id"))
        batch_op.drop_index(batch_op.f("ix_statements_comment_id_id"))
        batch_op.drop_index(batch_op.f("ix_statements_charter_id"))
        batch_op.drop_index(batch_op.f("ix_statements_at_id"))

    op.drop_table("statements")
    with op.batch_alter_table("report_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_items_revision_id"))
        batch_op.drop_index(batch_op.f("ix_report_items_report_id_comment_id"))
        batch_op.drop_index(batch_op.f("ix_report_items_event_id"))
        batch_op.drop_index(batch_op.f("ix_report_items_decided_at_id"))
        batch_op.drop_index(batch_op.f("ix_report_items_comment_id_outcome"))

    op.drop_table("report_items")
    with op.batch_alter_table("case_reasons", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_reasons_code_rank_case_id"))

    op.drop_table("case_reasons")
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sources_at"))

    op.drop_table("sources")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_rank_id"))
        batch_op.drop_index(batch_op.f("ix_cases_post_id_rank_id"))
        batch_op.drop_index(batch_op.f("ix_cases_opened_at"))
        batch_op.drop_index(batch_op.f("ix_cases_language_rank_id"))
        batch_op.drop_index(batch_op.f("ix_cases_kind_rank_id"))
        batch_op.drop_index(batch_op.f("ix_cases_claimed_by_rank_id"))

    op.drop_table("cases")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_source_received_at"))
        batch_op.drop_index(batch_op.f("ix_reports_received_at_id"))
        batch_op.drop_index(batch_op.f("ix_reports_person_id"))
        batch_op.drop_index(batch_op.f("ix_reports_commenter_id_id"))
        batch_op.drop_index(batch_op.f("ix_reports_charter_id"))

    op.drop_table("reports")
    with op.batch_alter_table("measures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_measures_until"))
        batch_op.drop_index(batch_op.f("ix_measures_source_ended_at"))
        batch_op.drop_index(batch_op.f("ix_measures_person_id_ended_at"))
        batch_op.drop_index(batch_op.f("ix_measures_ended_by"))
        batch_op.drop_index(batch_op.f("ix_measures_created_by"))
        batch_op.drop_index(batch_op.f("ix_measures_commenter_id_ended_at"))
        batch_op.drop_index(batch_op.f("ix_measures_charter_id"))

    op.drop_table("measures")
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policies_created_by"))

    op.drop_table("policies")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_orders_received_at_id"))
        batch_op.drop_index(batch_op.f("ix_orders_created_by"))

    op.drop_table("orders")
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notes_person_id"))
        batch_op.drop_index(batch_op.f("ix_notes_commenter_id_id"))

    op.drop_table("notes")
    with op.batch_alter_table("ledger_secrets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_secrets_number"))

    op.drop_table("ledger_secrets")
    op.drop_table("ready_reasons")
    op.drop_table("spam_lessons")
    op.drop_table("spam_signs")
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_kind_number"))
        batch_op.drop_index(batch_op.f("ix_ledger_comment_id"))

    op.drop_table("ledger")
    op.drop_table("checkpoints")


def _know(decisions: tuple[str, ...], parties: tuple[str, ...]) -> None:
    """Let the events say these words."""
    checks = {
        "ck_events_decision_known": f"decision IN ({_listed(decisions)})",
        "ck_events_party_known": f"party IN ({_listed(parties)})",
    }
    _replace_checks("events", checks)


def _know_channels(*channels: str) -> None:
    """Let the deliveries go these ways."""
    _replace_checks("deliveries", {"ck_deliveries_channel_known": f"channel IN ({_listed(channels)})"})


def _replace_checks(table: str, checks: dict[str, str]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, check in checks.items():
            op.drop_constraint(op.f(name), table, type_="check")
            op.create_check_constraint(op.f(name), table, check)
    else:
        _rewrite_checks(table, checks)


def _rewrite_checks(table: str, checks: dict[str, str]) -> None:
    """As SQLite's documentation of ALTER TABLE describes it for constraints: what is stored does not change."""
    definition = sa.text("SELECT sql FROM sqlite_master WHERE name = :name")
    sql = op.get_bind().execute(definition, {"name": table}).scalar_one()
    for name, check in checks.items():
        sql, count = re.subn(rf"{name} CHECK \([^()]*\([^()]*\)\)", f"{name} CHECK ({check})", sql)
        if count != 1:
            raise RuntimeError(f"the table {table} has no constraint {name}")
    version = op.get_bind().execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    change = sa.text("UPDATE sqlite_master SET sql = :sql WHERE name = :name")
    op.get_bind().execute(change, {"sql": sql, "name": table})
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _forget_new_words() -> None:
    """What an older Agora would not understand of the events; the comments themselves keep their states."""
    old = f"decision IN ({_listed(DECISIONS[:7])})"
    for name in ("decision", "party"):
        known = old if name == "decision" else f"party IN ({_listed(PARTIES[:3])})"
        op.execute(f"UPDATE events SET {name} = NULL WHERE NOT ({known})")
    _know(DECISIONS[:7], PARTIES[:3])


def _open_cases() -> None:
    """What waits already becomes a case, as old as the comment is."""
    seconds = (
        "strftime('%s', created_at)" if op.get_bind().dialect.name == "sqlite" else "extract(epoch FROM created_at)"
    )
    op.execute(
        "INSERT INTO cases (kind, comment_id, post_id, language, rank, factors, opened_at, version)"
        f" SELECT 'held', id, post_id, language, CAST({seconds} AS bigint), '[]', created_at, 1"
        " FROM comments WHERE state = 'pending' ORDER BY id"
    )
    connection, last = op.get_bind(), 0
    query = sa.text(
        "SELECT cases.id, cases.rank, comment_revisions.reasons FROM cases"
        " JOIN comments ON comments.id = cases.comment_id"
        " JOIN comment_revisions ON comment_revisions.id = comments.revision_id"
        f" WHERE cases.id > :last ORDER BY cases.id LIMIT {BATCH}"
    ).columns(reasons=sa.JSON())
    keep = sa.text("INSERT INTO case_reasons (case_id, code, rank) VALUES (:case_id, :code, :rank)")
    while rows := connection.execute(query, {"last": last}).all():
        found = [
            {"case_id": case_id, "code": code, "rank": rank}
            for case_id, rank, reasons in rows
            for code in sorted({reason["code"] for reason in reasons or []})
        ]
        if found:
            connection.execute(keep, found)
        last = rows[-1][0]
    op.execute(
        "INSERT INTO tallies (name, stripe, count)"
        " SELECT 'cases-held', 0, count(*) FROM cases HAVING count(*) > 0"
        " UNION ALL SELECT 'cases-in-' || language, 0, count(*) FROM cases GROUP BY language"
        " UNION ALL SELECT 'cases-for-' || code, 0, count(*) FROM case_reasons GROUP BY code"
    )


def _seal_past_decisions() -> None:
    """The log begins with what moderators decided before it was sealed. The form is that of rules/ledger.py, for ever."""
    connection, last, number, previous = op.get_bind(), 0, 0, "0" * 64
    query = sa.text(
        "SELECT id, at, comment_id, post_id, decision, before, after, clause, charter_id FROM events"
        f" WHERE kind = 'comment.decided' AND party = 'moderator' AND id > :last ORDER BY id LIMIT {BATCH}"
    ).columns(at=sa.DateTime(timezone=True))
    keep = sa.table(
        "ledger",
        *(sa.column(name) for name in ("number", "kind", "facts", "previous", "seal", "comment_id", "post_id")),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    while rows := connection.execute(query, {"last": last}).all():
        entries = []
        for _id, at, comment, post, decision, before, after, clause, charter in rows:
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            said = {"at": at.astimezone(UTC).isoformat(), "kind": "comment.decided", "role": "moderator"}
            said |= {"comment": comment, "post": post, "decision": decision, "before": before, "after": after}
            said |= {"clause": clause, "charter": charter}
            facts = json.dumps(
                {name: value for name, value in said.items() if value is not None},
                sort_keys=True,
                separators=(",", ":"),
                ensure_ascii=False,
            )
            number += 1
            seal = hashlib.sha256(f"agora-log-1\n{number}\n{previous}\n{facts}".encode()).hexdigest()
            entries.append(
                {"number": number, "kind": "comment.decided", "at": at, "facts": facts, "previous": previous}
                | {"seal": seal, "comment_id": comment, "post_id": post}
            )
            previous = seal
        connection.execute(sa.insert(keep), entries)
        last = rows[-1][0]
