"""How a restriction is told to whom it concerns (art. 17(3) and (4)): one sentence for each thing they must know."""

import calendar
from datetime import datetime

from agora.rules.errors import N_
from agora.rules.measures import EFFECTS, STATED_AS
from agora.rules.reasons import ABOUT_THE_ADDRESS, ABOUT_THE_SENDER
from agora.rules.statements import APPEAL_MONTHS, Automation, Prompt

# What was done, by the measure that a statement names.
DONE = {
    "not-published": N_("Your comment is not published: only you and the moderators can read it."),
    "hidden": N_("Your comment is no longer shown, here or in the feeds: only you and the moderators can read it."),
    "hidden-until-read": N_("Your comment is not shown until a moderator has read it."),
    **{stated: EFFECTS[kind] for kind, stated in STATED_AS.items()},
}

DONE_AS_SPAM = N_("Your comment was taken for unwanted advertising: only you and the moderators can read it.")

# For how long, where no end was set.
WITHOUT_END = N_("On this site, without an end, unless the decision is changed.")
UNTIL_ACKNOWLEDGED = N_("Until you have read it and said so.")
UNTIL_READ = N_("On this site, until a moderator has decided.")

PROMPTED = {
    Prompt.NOTICE: N_("A reader reported it. Who that was is not told to you, nor your address to them."),
    Prompt.TRUSTED_FLAGGER: N_("It was reported by a trusted flagger (Digital Services Act, article 22)."),
    Prompt.OTHER: N_("Somebody told us of it."),
    Prompt.OWN_INITIATIVE: N_("Nobody reported it: it was seen when comments were read."),
}
POINTED_OUT = N_("Nobody reported it: a program pointed it out.")

DECIDED = {
    Automation.NOT: N_("A person took this decision, not a program."),
    Automation.PARTIALLY: N_("A program proposed this decision, and a person took it."),
    Automation.FULLY: N_("A program took this decision by itself, by rules that this site has set."),
}

BY_PERSON = N_("A person decided, not a program.")
BY_PROGRAM = N_("A program decided, by rules that this site has set.")

# Reasons of the policy that lie elsewhere than in the text. A service is told of the sender, but reads the text too.
NOT_IN_TEXT = (ABOUT_THE_ADDRESS | ABOUT_THE_SENDER | {"premoderated", "disowned", "reported"}) - {"akismet"}


def contest_until(informed_at: datetime) -> datetime:
    """When the time to contest a decision ends, by the calendar: a month that is too short ends it on its last day."""
    years, month = divmod(informed_at.month - 1 + APPEAL_MONTHS, 12)
    year, month = informed_at.year + years, month + 1
    day = min(informed_at.day, calendar.monthrange(year, month)[1])
    return informed_at.replace(year=year, month=month, day=day)
