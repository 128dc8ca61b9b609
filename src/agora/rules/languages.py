"""Which language a text is written in, as far as frequent words and letters tell; short texts tell nothing."""

import re
from bisect import bisect_right
from collections import Counter

# Latin words that are frequent in one of these languages, and not in most others.
_FREQUENT = {
    "fr": "le la les un une des du de et est dans que qui ne pas pour sur avec plus ce cette il elle je nous vous on au"
    " aux mais ou où donc par sont être avoir fait très bien aussi comme tout leur ses mon votre notre j c d l n s qu"
    " y en à même ici cela ça était ont été merci c’est si sans peut encore trop chez toujours",
    "en": "the of and to in is that it was for on are with as you be this have from not they by but what all were we"
    " when your can said there an which their if will how about would i my me he she his her do has had been who more"
    " so no out up them than just like get don t s very thanks here our these should could really think",
    "es": "el la los las un una de y en que es por para con no se su al del lo como más pero sus le ya o este sí porque"
    " esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante uno ni contra ese eso"
    " había ante ellos e esto mí antes algunos qué unos yo otro otras él tanto esa estos mucho nada muchos gracias está"
    " son soy ser tiene usted aquí bien",
    "de": "der die das und ist in zu den mit von nicht ein eine auf für im dem des auch es sich an als wie dass so sie"
    " ich er wir ihr man aber oder wenn nur noch war sind haben hat werden wird kann bei nach aus um einen einer einem"
    " mir mich dich uns euch was wer wo schon sehr danke hier mehr immer durch über unter kein keine gegen vor zum zur",
    "it": "il lo la gli le un una di e è che in per non con del della dei delle si sono come da più ma anche nel nella"
    " alla al ho hai ha abbiamo hanno questo questa quello cosa mi ti ci vi se perché quando dove chi molto sempre solo"
    " essere stato grazie qui loro suo sua io noi voi lui lei ogni tutti tutto dopo prima senza fare era già così",
    "pt": "o a os as um uma de e é que em para por não com do da dos das no na nos nas se mais como mas ao ele ela eu"
    " você nós foi são ser está isso este esta esse essa também já só muito quando onde quem porque seu sua meu minha"
    " tem ter há pelo pela até sem sobre entre depois mesmo aos à às obrigado obrigada aqui tudo bem eles",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij nog uit door over ze zo"
    " heb hij zij wij ik je jij u we was naar heeft hebben kan geen wat wie waar deze dit die al wel meer moet worden"
    " werd tot of onder tegen veel hoe haar hem mijn jouw ons onze hun goed dank hier toch alleen altijd",
}
NAMES = {
    "fr": "français",
    "en": "English",
    "es": "español",
    "de": "Deutsch",
    "it": "italiano",
    "pt": "português",
    "nl": "Nederlands",
    "el": "ελληνικά",
    "cyrillic": "кириллица",
    "hebrew": "עברית",
    "arabic": "العربية",
    "indic": "देवनागरी",
    "thai": "ไทย",
    "ko": "한국어",
    "ja": "日本語",
    "zh": "中文",
}
# What can be asked for at the desk: those that are told apart by their words or letters.
KNOWN = tuple(NAMES)

_WORD = re.compile(r"[^\W\d_]+")
_LANGUAGES_OF: dict[str, tuple[str, ...]] = {}
for _language, _words in _FREQUENT.items():
    for _word in set(_words.split()):
        _LANGUAGES_OF[_word] = (*_LANGUAGES_OF.get(_word, ()), _language)

# Below so many words, or so many letters of another alphabet, a text tells nothing.
FEWEST_WORDS = 8
FEWEST_LETTERS = 10
# The language needs so many of its frequent words, and so many for each one of the best expected language's.
FEWEST_HITS = 4
CLEARLY = 2.0
# Looked at of a long text.
ENOUGH = 1_000

# Where the letters of an alphabet begin, in Unicode; "" stands for Latin and all that is not known.
_ALPHABETS = (
    (0x0000, ""),
    (0x0370, "el"),
    (0x0400, "cyrillic"),
    (0x0530, ""),
    (0x0590, "hebrew"),
    (0x0600, "arabic"),
    (0x0780, ""),
    (0x0900, "indic"),
    (0x0E00, "thai"),
    (0x0E80, ""),
    (0x1100, "ko"),
    (0x1200, ""),
    (0x3040, "ja"),
    (0x3130, "ko"),
    (0x3190, ""),
    (0x3400, "zh"),
    (0xA000, ""),
    (0xAC00, "ko"),
    (0xD7B0, ""),
)
_BEGIN = [first for first, _ in _ALPHABETS]


def language_of(text: str, expected: tuple[str, ...] = ()) -> str:
    """A key of NAMES; "" where the text is short, not clear, or as much in one of the expected languages."""
    words = _WORD.findall(text[:ENOUGH].casefold())
    return _by_letters("".join(words)) or _by_words(words, expected)


def unexpected(text: str, expected: tuple[str, ...]) -> str:
    """The language of a text that is clearly in none of the expected ones, else ""."""
    found = language_of(text, expected)
    return "" if found in expected else found


def _by_letters(letters: str) -> str:
    if letters.isascii() or len(letters) < FEWEST_LETTERS:
        return ""
    alphabets = Counter(_ALPHABETS[bisect_right(_BEGIN, ord(letter)) - 1][1] for letter in letters)
    if alphabets["ja"]:  # Japanese writes with Chinese characters too, Chinese never with Japanese ones
        alphabets["ja"] += alphabets.pop("zh", 0)
    alphabet, count = alphabets.most_common(1)[0]
    return alphabet if count >= FEWEST_LETTERS and 2 * count > len(letters) else ""


def _by_words(words: list[str], expected: tuple[str, ...]) -> str:
    if len(words) < FEWEST_WORDS:
        return ""
    hits = Counter(language for word in words for language in _LANGUAGES_OF.get(word, ()))
    if not hits:
        return ""
    best, count = hits.most_common(1)[0]
    rival = max((hits[language] for language in expected if language != best), default=0)
    is_clear = count >= max(FEWEST_HITS, len(words) // 6) and count >= CLEARLY * rival
    return best if is_clear else ""
