"""Which duties of the Digital Services Act the operator of a site owes: it depends on who that is."""

from agora.rules.errors import N_

PRIVATE, ASSOCIATION, PUBLIC_BODY = "private", "association", "public-body"
OPERATORS = (PRIVATE, ASSOCIATION, PUBLIC_BODY)

OPERATOR_NAMES = {
    PRIVATE: N_("a private person or an enterprise"),
    ASSOCIATION: N_("an association"),
    PUBLIC_BODY: N_("a public body"),
}
_SMALL = N_(
    "Below 50 people and 10 million euros a year it would not have to publish this report, nor to take appeals "
    "(articles 15, 19 and 24). It does so all the same."
)
# Recommendation 2003/361/EC, annex, art. 3(4); recital 13 of the Digital Services Act.
_PUBLIC = N_(
    "What public bodies hold a quarter of is never a small enterprise, so this report is owed, and appeals too, unless "
    "comments are a minor and purely ancillary feature of the site."
)
DUTIES = {PRIVATE: _SMALL, ASSOCIATION: _SMALL, PUBLIC_BODY: _PUBLIC}
# What whoever runs the site has to do by themselves.
TO_DO = {
    PRIVATE: (),
    ASSOCIATION: (),
    PUBLIC_BODY: (
        N_("Publish the report of a year within two months of its end, and keep it for five years."),
        N_("Send statements of reasons to the Commission: they are ready as JSON Lines."),
        N_("Write the eleventh part of the report, in your own words."),
    ),
}
