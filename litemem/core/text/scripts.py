"""Normal forms of words in every script, so that a word is found however it is written.

A form has no case, accents, vowel points and other marks that writers leave out, and one letter for
those that keyboards exchange. Words of scripts without spaces between words are runs of clusters: a
letter with its marks, and traditional Chinese characters are simplified. `variants` adds the other
forms under which a written word is looked for: "köln" as "koln koeln", and an Arabic or Hebrew word
without a prefix of one letter.
"""

import re
import unicodedata
from functools import cache
from importlib import resources
from itertools import groupby, pairwise
from typing import Literal

SIMPLIFIED = resources.files("litemem.core.text") / "simplified.txt"
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

# -- classes of characters

HANGUL = r"\uac00-\ud7af"
HAN = r"\u3005-\u3007\u3400-\u9fff\U00020000-\U0003ffff"
KANA = r"\u3040-\u30ff"
_STACKED = r"\u0e00-\u0e3a\u0e40-\u0e4e\u0e80-\u0eff\u1000-\u1049\u1050-\u109f\u1780-\u17d3"
UNSPACED = rf"{HAN}{KANA}{HANGUL}{_STACKED}"  # Korean has spaces, but joins particles to words
MARKED = (  # letters and marks where `re` and FTS5 take marks for borders
    r"\u0900-\u0963\u0966-\u096f\u0971-\u0df3\u0df5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u0f00"
    r"\u0f18\u0f19\u0f20-\u0f39\u0f3e-\u1049\u104c-\u135f\u1369-\u167f\u1681-\u17d3\u17dc-\u17ff"
    r"\u1810-\u1cff\ua800-\uabff"
)
_CLUSTER = re.compile(
    r"[\u0e40-\u0e44]?[\u0e01-\u0e2e][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*[\u0e30\u0e32\u0e45]*"
    r"|[\u0ec0-\u0ec4]?[\u0e81-\u0eae\u0edc-\u0edf]"
    r"[\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece]*[\u0eb0\u0eb2\u0ebd]*"
    r"|[\u1000-\u102a\u103f\u1050-\u1055]"
    r"(?:\u1039[\u1000-\u1021]|[\u102b-\u1038\u103a-\u103e\u1056-\u1059])*"
    r"|[\u1780-\u17b3](?:\u17d2[\u1780-\u17a2]|[\u17b4-\u17d1\u17d3])*"
    r"|."
)
CONTROL_TOKENS = re.compile(
    r"<\|[^|<>]{1,40}\|>|<｜[^｜<>]{1,40}｜>|</?s>|<(?:bos|eos)>|<</?SYS>>|</?(?:start|end)_of_turn>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
)
_RUN = re.compile(rf"[{UNSPACED}]+")
_PART = re.compile(rf"[{UNSPACED}]+|[^\s{UNSPACED}]+")
_NO_WORD = re.compile(rf"[^\w\n {MARKED}]+")

# -- marks and letters

_ACCENTS = re.compile(r"[\u0300-\u036f]")  # not the vowel signs of Indian scripts, nor dakuten
_LEFT_OUT = re.compile(  # accents, Hebrew and Arabic points, nukta
    r"[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    r"\u0670\u06d6-\u06ed\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc]+"
)
_KEPT = ("й", "ў", "ї")  # letters to which FTS5 leaves their accents
_INVISIBLE = re.compile(  # soft hyphens, joiners, marks of direction
    r"[\u00ad\u034f\u061c\u180b-\u180e\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    r"\ufe00-\ufe0f\ufeff]+"
)
_INDIC_JOINER = re.compile(r"(?<=[\u0900-\u0dff])\u200c")  # a border of words in Persian
_MARKS = re.compile(r"[^\w\s\x00-\x7f]{32,}")  # no script stacks 32 accents
_SAME = {
    pair[0]: pair[1:]
    for pair in """
    øo đd łl ıi ðd ħh ŧt ŋn ĸk ŀl ɓb ɗd ƙk əe æae œoe þth ٱا ىي یي ےي ېي کك ڪك ةه ہه ۂه ھه ەه ۃه ۀه
    ںن ךכ םמ ןנ ףפ ץצ ँं ॉा ऑआ ঁং ਁਂ ੰਂ ઁં ఁం ಁಂ""".split()
}
_HIRAGANA = {chr(i): chr(i - 0x60) for i in range(0x30A1, 0x30F7)}  # of katakana
_ZEROS = (0x660, 0x6F0, *range(0x966, 0xD70, 0x80), 0xE50, 0xED0, 0x1040, 0x17E0)
_DIGITS = {chr(zero + i): str(i) for zero in _ZEROS for i in range(10)}
_ONE_FOR = {**_SAME, **_HIRAGANA, **_DIGITS}
_EXCHANGED = re.compile(f"[{''.join(_ONE_FOR)}]")
_DEVANAGARI_NASAL = re.compile(r"ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")

_PLAIN = {i: chr(i).lower() if chr(i).isalnum() or chr(i) == "\n" else " " for i in range(128)}

# -- letters by how a model for English reads them
_LETTER = re.compile(r"[^\W\d_]|[\uff10-\uff19]")
_HAN = re.compile(f"[{HAN}]")
_NOT_HAN = re.compile(f"[^{HAN}]")
_UNREAD = re.compile(  # Armenian, Thai, Lao, Tibetan, Burmese, Ethiopic, Khmer, full width
    r"(?!\W)(?:(?!\d)[\u0530-\u058f\u0e00-\u109f\u1200-\u139f\u1780-\u17ff]|[\uff10-\uffdc])"
)
_SPELT = re.compile(  # Greek, Cyrillic, Hebrew, Arabic, Indian scripts, Georgian, kana, Hangul
    r"(?![\d\W])[\u0370-\u052f\u0590-\u0dff\u10a0-\u11ff\u1f00-\u1fff\u3040-\u30ff\uac00-\ud7af"
    r"\ufb1d-\ufeff]"
)

# -- forms of words

_DIGRAPHS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}
_UMLAUT = re.compile("[äöüøå]")
_ARABIC_ARTICLE = re.compile(r"(?!والد)و?(?:[بكف]?ال|لل)(?=..)")
_ARABIC_ENDING = re.compile(
    r"(?<=...)(?:(?:ت(?:ها|هم|نا|كم|ي|ك|ه))|ها|هم|هن|نا|كم|ات|ون|ين|ان|يه|ه|ي|ا)\Z"
)
_ARABIC_PREFIX = re.compile(r"[وبلكف](?=...)")
_HEBREW_ENDING = re.compile(r"(?<=...)(?:ימ|ות)\Z")
_HEBREW_PREFIX = re.compile(r"ה(?=..)|[ובכלמש](?=...)")
_DEVANAGARI_ENDING = re.compile(r"(?<=[क-ह])(?:िय)?[ा-ौं]+\Z")
_SCRIPTED = re.compile(r"[\u05d0-\u05ea\u0620-\u06ff\u0900-\u0963\u0971-\u097f]+")

_ROMAN = {
    pair[0]: pair[1:]
    for pair in """
    аa бb вv гg ґg дd еe єe жj зz иi іi їi йi кk лl мm нn оo пp рr сs тt уu фf хh цts чch шsh щsh ыi
    эe юu яia ь ъ""".split()
}
_SOUNDS = [  # as they are written, and one form for each, the longest first
    pair.split("=")
    for pair in """
    sch=sh ck=k qu=kv ph=f oo=u ee=i ts=c dj=j ch=c sh=s th=t kh=h w=v y=i x=ks c=k q=k""".split()
]
_DOUBLED = re.compile(r"(.)\1")

# -- the index

_MARK = re.compile(rf"(?:(?!\w)[{MARKED}])+")
_PRIVATE = 0xE000 - 0x900
_LAST_PRIVATE = 0x1D00


def normalized(form: Form, text: str) -> str:
    """Return a text in a normal form of Unicode, as `unicodedata.normalize`, in linear time.

    Python sorts the accents of one letter by moving each past the others: 100,000 of two kinds take
    it minutes. Long runs are sorted before.
    """
    return unicodedata.normalize(form, _MARKS.sub(lambda run: _sorted(form, run.group()), text))


def fold(text: str) -> str:
    """Return a text without case and accents, with compatible characters as one."""
    if text.isascii():
        return text.casefold()
    plain = _ACCENTS.sub("", normalized("NFKD", text))
    return unicodedata.normalize("NFKC", plain).casefold()


def composed(text: str) -> str:
    """Return a text without marks that are no part of a letter, and with compatible characters."""
    return _LEFT_OUT.sub("", normalized("NFKC", _INVISIBLE.sub("", text)))


def normal_forms(text: str, *, variants: bool = False) -> str:
    """Return the normal forms of the words of a text, with spaces instead of symbols.

    Line breaks stay. With `variants`, the further forms of a word are behind it.
    """
    parts = text.replace("\n", " \n ").split(" ")  # most parts of Western texts are plain
    special = "\n".join(part for part in parts if not part.isascii())
    forms = iter(_forms(special, variants=variants).split("\n"))
    whole = " ".join(part if part.isascii() else next(forms) for part in parts)
    if whole.isascii():
        return whole.translate(_PLAIN)
    return _NO_WORD.sub(" ", whole.lower().replace("_", " "))


def _forms(text: str, *, variants: bool) -> str:
    """Return the lines of a text in normal form, with the variants of its words."""
    plain = _INVISIBLE.sub("", _INDIC_JOINER.sub("", text))
    if variants and _UMLAUT.search(lowered := normalized("NFC", plain).lower()):
        words = lowered.split("\n")
        plain = "\n".join(f"{w} {digraphs(w)}" if _UMLAUT.search(w) else w for w in words)
    plain = normalized("NFKD", plain).casefold()
    for kept in _KEPT:
        plain = plain.replace(unicodedata.normalize("NFD", kept), kept)
    plain = unicodedata.normalize("NFC", _LEFT_OUT.sub("", plain))
    plain = _EXCHANGED.sub(lambda letter: _ONE_FOR[letter[0]], plain)
    plain = plain.translate(_simplified()) if _HAN.search(plain) else plain
    plain = _DEVANAGARI_NASAL.sub("ं", plain)
    plain = _NO_WORD.sub(" ", plain.replace("_", " "))
    plain = _RUN.sub(r" \g<0> ", plain)
    return _SCRIPTED.sub(lambda word: _scripted(word[0], variants=variants), plain)


@cache
def _simplified() -> dict[int, str]:
    """Return the simplified character for each traditional one."""
    lines = SIMPLIFIED.read_text(encoding="utf-8").splitlines()
    pairs = "".join(line for line in lines if not line.startswith("#"))
    return {ord(old): new for old, new in zip(pairs[::2], pairs[1::2], strict=True)}


def sounds(word: str) -> str:
    """Return the consonants and inner vowels of a folded name, alike in Latin and Cyrillic letters.

    "октави" and "octavia" have one form, "хонд" and "honda" too.
    """
    plain = "".join(_ROMAN.get(sign, sign) for sign in word)
    for written, one in _SOUNDS:
        plain = plain.replace(written, one)
    return _DOUBLED.sub(r"\1", plain).rstrip("aeiou")


def digraphs(word: str) -> str:
    """Return a word in lower case with letters for umlauts: "köln" as "koeln"."""
    return _UMLAUT.sub(lambda letter: _DIGRAPHS[letter[0]], word)


def clusters(run: str) -> list[str]:
    """Return the letters of a run of a script without spaces, each with its marks."""
    return _CLUSTER.findall(run)


def is_unspaced(word: str) -> bool:
    """Return True if a word in normal form begins with a script without spaces."""
    return _RUN.match(word) is not None


def is_han(word: str) -> bool:
    """Return True if all letters of a word are Chinese characters."""
    return _NOT_HAN.search(word) is None


def runs(word: str) -> list[str]:
    """Return a word parted between scripts with spaces and scripts without."""
    return _PART.findall(word)


def parts(forms: str) -> list[str]:
    """Return what normal forms are looked for by: words, and pairs of clusters of unspaced runs.

    A run of one cluster is a part too.
    """
    found: list[str] = []
    for part in _PART.findall(forms):
        found += _pairs(clusters(part)) if _RUN.match(part) else [part]
    return found


def indexed(forms: str) -> str:
    """Return normal forms as words of FTS5: pairs for scripts without spaces, no marks.

    The last cluster of a run is a word too, so any single one begins a word.
    """
    return as_letters(" ".join(_RUN.sub(_index_run, forms).split()))


def as_letters(forms: str) -> str:
    """Return normal forms with private characters for marks, which FTS5 takes for borders."""
    return _MARK.sub(lambda marks: "".join(map(_as_letter, marks[0])), forms)


def english_share(text: str) -> float:
    """Return how far a model for English reads a text, from 0 to 1.

    Such a model reads Latin letters, spells most other alphabets, knows few of the Chinese
    characters, and takes all words of some scripts for the same one.
    """
    letters = len(_LETTER.findall(text))
    lost = 0.5 * len(_SPELT.findall(text)) + 0.75 * len(_HAN.findall(text))
    return 1 - (lost + len(_UNREAD.findall(text))) / letters if letters else 1.0


def is_special(text: str) -> bool:
    """Return True if FTS5's tokenizer does not make the normal forms of a text's words."""
    return _special().search(text) is not None


def _is_special(letter: str) -> bool:
    """Return True if FTS5 keeps or drops a mark of a letter that the normal form does not."""
    normal = unicodedata.normalize("NFKD", letter)
    base = unicodedata.normalize("NFD", letter)[0]
    if not letter.isalnum():
        return False
    if base.isascii():
        return fold(letter) != base.casefold()
    is_composed = len(normal) > 1 and letter.lower() not in "йўї"
    return is_composed or letter.lower() in _ONE_FOR or letter in "ßẞ"


@cache
def _special() -> re.Pattern[str]:
    letters = map(chr, (*range(0x80, 0x530), *range(0x1E00, 0x2000)))
    return re.compile(
        f"[{''.join(filter(_is_special, letters))}"
        r"\u00ad\u0250-\u036f\u0483-\u0489\u0591-\u109f\u1100-\u11ff\u1700-\u18ff\u1900-\u1dff"
        r"\u200b-\u200d\u2060\u2070-\u209f\u2100-\u218f\u2460-\u24ff\u2e80-\u2fff\u3005-\u3007"
        r"\u3021-\ua4cf\ua800-\ud7ff\uf900-\ufb4f\ufb50-\ufdff\ufe70-\ufefc\uff10-\uffef"
        r"\U0001d400-\U0001d7ff\U00020000-\U0003ffff]"
    )


def _pairs(found: list[str]) -> list[str]:
    return [one + other for one, other in pairwise(found)] or found


def _index_run(run: re.Match[str]) -> str:
    found = clusters(run[0])
    return f" {' '.join(dict.fromkeys([*_pairs(found), found[-1]]))} "


def _as_letter(mark: str) -> str:
    return chr(ord(mark) + _PRIVATE) if ord(mark) < _LAST_PRIVATE else ""


def _scripted(word: str, *, variants: bool) -> str:
    """Return the stem of an Arabic, Hebrew or Devanagari word, and its further forms."""
    if word[0] >= "\u0900":
        letters = sum("\u0904" <= letter <= "\u0939" for letter in word)
        return _DEVANAGARI_ENDING.sub("", word) if letters > 1 else word
    if word[0] >= "\u0600":
        bare = _ARABIC_ARTICLE.sub("", word, count=1) if _ARABIC_ARTICLE.match(word) else word
        prefix, ending = _ARABIC_PREFIX, _ARABIC_ENDING
    else:
        bare, prefix, ending = word, _HEBREW_PREFIX, _HEBREW_ENDING
    forms = [ending.sub("", bare)]
    while variants and prefix.match(bare) and len(forms) < 3:
        bare = bare[1:]
        forms.append(ending.sub("", bare))
    return " ".join(dict.fromkeys(forms))


def _sorted(form: Form, marks: str) -> str:
    """Return decomposed marks in canonical order; those of class 0 stay where they are."""
    decomposed: Form = "NFKD" if "K" in form else "NFD"
    parts = groupby("".join(unicodedata.normalize(decomposed, mark) for mark in marks), _combines)
    return "".join(
        "".join(sorted(part, key=unicodedata.combining) if combines else part)
        for combines, part in parts
    )


def _combines(character: str) -> bool:
    return unicodedata.combining(character) != 0


def without_control_tokens(text: str) -> str:
    """Return a text without the tokens by which chat templates begin and end messages."""
    return CONTROL_TOKENS.sub(" ", text)
