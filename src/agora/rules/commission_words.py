"""The words of the Commission's Transparency Database, version 2 of its schema, and which of ours mean them."""

from dataclasses import dataclass

from agora.rules.errors import N_
from agora.rules.statements import Automation, Category, Ground, Prompt

CATEGORIES = {
    Category.ANIMAL_WELFARE: "ANIMAL_WELFARE",
    Category.CONSUMER_INFORMATION: "CONSUMER_INFORMATION",
    Category.CYBER_VIOLENCE: "CYBER_VIOLENCE",
    Category.CYBER_VIOLENCE_AGAINST_WOMEN: "CYBER_VIOLENCE_AGAINST_WOMEN",
    Category.DATA_PROTECTION: "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    Category.SPEECH: "ILLEGAL_OR_HARMFUL_SPEECH",
    Category.INTELLECTUAL_PROPERTY: "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    Category.CIVIC_DISCOURSE: "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
    Category.NOT_SPECIFIED: "NOT_SPECIFIED_NOTICE",
    Category.OTHER_VIOLATION: "OTHER_VIOLATION_TC",
    Category.MINORS: "PROTECTION_OF_MINORS",
    Category.PUBLIC_SECURITY: "RISK_FOR_PUBLIC_SECURITY",
    Category.SCAMS: "SCAMS_AND_FRAUD",
    Category.SELF_HARM: "SELF_HARM",
    Category.UNSAFE_PRODUCTS: "UNSAFE_AND_PROHIBITED_PRODUCTS",
    Category.VIOLENCE: "VIOLENCE",
}
SOURCES = {
    Prompt.NOTICE: "SOURCE_ARTICLE_16",
    Prompt.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
    Prompt.OTHER: "SOURCE_TYPE_OTHER_NOTIFICATION",
    Prompt.OWN_INITIATIVE: "SOURCE_VOLUNTARY",
}
AUTOMATIONS = {
    Automation.NOT: "AUTOMATED_DECISION_NOT_AUTOMATED",
    Automation.PARTIALLY: "AUTOMATED_DECISION_PARTIALLY",
    Automation.FULLY: "AUTOMATED_DECISION_FULLY",
}
GROUNDS = {
    Ground.LAW: "DECISION_GROUND_ILLEGAL_CONTENT",
    Ground.CHARTER: "DECISION_GROUND_INCOMPATIBLE_CONTENT",
}
TERRITORIES = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI"),
    *("LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
)
_KEYWORDS = """
ADULT_SEXUAL_MATERIAL AGE_SPECIFIC_RESTRICTIONS AGE_SPECIFIC_RESTRICTIONS_MINORS ANIMAL_HARM BIOMETRIC_DATA_BREACH
BULLYING_AGAINST_GIRLS CHILD_SEXUAL_ABUSE_MATERIAL CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE
CONTENT_PROMOTING_EATING_DISORDERS COORDINATED_HARM COPYRIGHT_INFRINGEMENT CYBER_BULLYING_INTIMIDATION
CYBER_HARASSMENT CYBER_HARASSMENT_AGAINST_WOMEN CYBER_INCITEMENT CYBER_STALKING CYBER_STALKING_AGAINST_WOMEN
DATA_FALSIFICATION DEFAMATION DESIGN_INFRINGEMENT DISCRIMINATION FEMALE_GENDERED_DISINFORMATION
GEOGRAPHIC_INDICATIONS_INFRINGEMENT GEOGRAPHICAL_REQUIREMENTS GOODS_SERVICES_NOT_PERMITTED
GROOMING_SEXUAL_ENTICEMENT_MINORS HATE_SPEECH HIDDEN_ADVERTISEMENT HUMAN_EXPLOITATION HUMAN_TRAFFICKING
ILLEGAL_ORGANIZATIONS IMPERSONATION_ACCOUNT_HIJACKING INAUTHENTIC_ACCOUNTS INAUTHENTIC_LISTINGS
INAUTHENTIC_USER_REVIEWS INCITEMENT_AGAINST_WOMEN INCITEMENT_VIOLENCE_HATRED INSUFFICIENT_INFORMATION_ON_TRADERS
LANGUAGE_REQUIREMENTS MISINFORMATION_DISINFORMATION MISLEADING_INFO_CONSUMER_RIGHTS MISLEADING_INFO_GOODS_SERVICES
MISSING_PROCESSING_GROUND NON_CONSENSUAL_IMAGE_SHARING NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN
NON_CONSENSUAL_MATERIAL_DEEPFAKE NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN NONCOMPLIANCE_PRICING NUDITY
PATENT_INFRINGEMENT PHISHING PROHIBITED_PRODUCTS PYRAMID_SCHEMES RIGHT_TO_BE_FORGOTTEN RISK_ENVIRONMENTAL_DAMAGE
RISK_PUBLIC_HEALTH SELF_MUTILATION STALKING SUICIDE TERRORIST_CONTENT TRADE_SECRET_INFRINGEMENT
TRADEMARK_INFRINGEMENT TRAFFICKING_WOMEN_GIRLS UNLAWFUL_SALE_ANIMALS UNSAFE_CHALLENGES UNSAFE_PRODUCTS
VIOLATION_EU_LAW VIOLATION_NATIONAL_LAW OTHER
"""
KEYWORDS = frozenset(_KEYWORDS.split())


@dataclass(frozen=True)
class Effect:
    """What a measure restricts, in the Commission's words, and in a sentence."""

    field: str
    value: str
    end_field: str
    sentence: str


_SHOWN, _SERVED = "end_date_visibility_restriction", "end_date_service_restriction"
# A comment that was rejected or hidden is kept, and its writer can read it: disabled, not removed.
EFFECTS = {
    "not-published": Effect(
        "decision_visibility",
        "DECISION_VISIBILITY_CONTENT_DISABLED",
        _SHOWN,
        N_("A comment that was sent to this site was not published."),
    ),
    "hidden": Effect(
        "decision_visibility",
        "DECISION_VISIBILITY_CONTENT_DISABLED",
        _SHOWN,
        N_("A comment that was published on this site was hidden from readers."),
    ),
    "hidden-until-read": Effect(
        "decision_visibility",
        "DECISION_VISIBILITY_CONTENT_DISABLED",
        _SHOWN,
        N_("A comment that was published on this site was hidden from readers until a person has read it."),
    ),
    "held": Effect(
        "decision_visibility",
        "DECISION_VISIBILITY_OTHER",
        _SHOWN,
        N_("Every comment of one sender is read by a person before it appears."),
    ),
    "warned": Effect(
        "decision_provision",
        "DECISION_PROVISION_PARTIAL_SUSPENSION",
        _SERVED,
        N_("One sender was warned, and cannot comment before having acknowledged it."),
    ),
    "no-reports": Effect(
        "decision_provision",
        "DECISION_PROVISION_PARTIAL_SUSPENSION",
        _SERVED,
        N_("The reports of one sender are not taken for some time (article 23(2))."),
    ),
    "suspended": Effect(
        "decision_provision",
        "DECISION_PROVISION_TOTAL_SUSPENSION",
        _SERVED,
        N_("One sender cannot comment for some time."),
    ),
    "suspended-account": Effect(
        "decision_account",
        "DECISION_ACCOUNT_SUSPENDED",
        "end_date_account_restriction",
        N_("The account of one person was suspended for some time."),
    ),
}
