"""Twenty expressions that take for ever in most engines, and twenty texts that make them do so."""

EXPRESSIONS = (
    r"(a+)+$",
    r"([a-zA-Z]+)*$",
    r"(a|aa)+$",
    r"(a|a?)+$",
    r"(.*a){25}$",
    r"((a+)+)+$",
    r"(\w+\s?)*$",
    r"(\d+)*x",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(x+x+)+y",
    r"(?:a?){40}a{40}$",
    r"(.*)*(.*)*(.*)*!!",
    r"((.*,){11}P)",
    r"(a*)*b",
    r"(\S+\s*)+:$",
    r"(?:(?:a|b)*)*c",
    r"^(?=(a+)+$)",
    r'([^"]+|"")*"$x',
    r"(\p{L}+)\1+~",
    r"(?:(\w+)\b.*?){30}~",
)
_PIECES = ("a", "aa", "ab", "a ", "x", "1", "a,", '"', "ss", "é")
TEXTS = tuple((piece * 10_000)[: 9_990 - n] + end for n, end in enumerate(("!", "\nA")) for piece in _PIECES)
