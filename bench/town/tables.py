"""The tables of a large site that are written, with their columns in the order of the rows."""

from typing import Any

Row = tuple[Any, ...]
BATCH = 10_000  # rows that are written at once

COLUMNS = {
    "tags": "id name slug post_count",
    "bylines": "id name slug bio bio_html renderer links post_count",
    "commenters": "id email created_at verified_at proven_from",
    "posts": "id title slug summary body body_html renderer words language source_title source_url state"
    " discussion_open created_at published_at changed_at edition comment_count thread_count",
    "post_search": "post_id title words",
    "post_tags": "post_id tag_id listed_at",
    "post_bylines": "post_id byline_id position listed_at",
    "comments": "id post_id parent_id root_id commenter_id name website language state mode version revision_id letters"
    " source fingerprint created_at published_at shown_in_thread thread_number path",
    "comment_revisions": "id comment_id number body html renderer reasons created_at",
    "events": "id kind at party comment_id post_id revision_id decision before after clause charter_id explanation"
    " details",
    "cases": "id kind comment_id post_id language rank factors opened_at version",
    "case_reasons": "case_id code rank",
    "tallies": "name stripe count",
}
