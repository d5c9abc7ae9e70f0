"""Chinese, Japanese and Korean numerals in digits: 三万 is 30000, 60만 is 600000."""

import re

from litemem.core.text import lexicon

LONGEST = 8  # signs of a numeral
_WITHOUT_SPACES = ("zh", "ja")
_NUMERALS = "〇零一二两兩三四五六七八九十百千万"
_DIGITS = {
    sign: value
    for value, signs in enumerate("〇零 一 二两兩 三 四 五 六 七 八 九".split())
    for sign in signs
}
_POWERS = {"十": 10, "百": 100, "千": 1_000}
_NUMERAL = re.compile(rf"(?<![\d{_NUMERALS}])(\d*+)([{_NUMERALS}]++)(半?)")
_SEVERAL = re.compile("[一二两兩三四五六七八九][十百千万]")  # not in names: 三亚
_KOREAN = re.compile(r"(?<![\d.,])(?:(\d{1,4})만(?: ?(\d)천)?|(\d)천)(?!\d)")
_MIXED = re.compile(r"(?<![\d.,])(\d{1,4})万(\d)千(?!\d)")
_HALF_PAST = re.compile(r"(?<!\d)(\d{1,2})[点點时時]半")


def in_digits(text: str, code: str) -> str:
    """Write the numerals of a text in Chinese, Japanese or Korean in digits: "七点" is "7点"."""
    if code == "ko":
        return _KOREAN.sub(lambda found: str(_korean_value(found)), text)
    if code not in _WITHOUT_SPACES:
        return text
    text = _MIXED.sub(lambda found: str(_korean_value(found)), text)
    counters, single = (lexicon.words_in(code, "slots", key) for key in ("counters", "single"))

    def digits(match: re.Match[str]) -> str:
        counter = text[match.end() : match.end() + 1]
        allowed = single if match[0] == "一" else counters
        is_counted = counter in allowed or bool(match[1] and match[2] == "万")
        if not (is_counted or _SEVERAL.search(match[2])) or len(match[2]) > LONGEST:
            return match[0]
        value = _value(match[2], int(match[1] or 0), is_brief=code == "zh")
        return str(value) + match[3]

    return _HALF_PAST.sub(r"\1:30点", _NUMERAL.sub(digits, text))


def _korean_value(found: re.Match[str]) -> int:
    """Return the value of "60만", "3만 5천" or "5천", and of "8万5千"."""
    thousands = next(filter(None, found.groups()[1:]), 0)
    return int(found[1] or 0) * 10_000 + int(thousands) * 1_000


def _value(numeral: str, before: int, *, is_brief: bool) -> int:
    """Return the value of a numeral: 二十五 is 25, and a brief 三万五 is 35,000."""
    total, part, digit = 0, 0, before
    for sign in numeral:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign == "万":
            total, part, digit = (total + part + digit) * 10_000, 0, 0
        else:
            part, digit = part + (digit or 1) * _POWERS[sign], 0
    last = _POWERS.get(numeral[-2:-1], 10_000 if numeral[-2:-1] == "万" else 10)
    return total + part + digit * (last // 10 if is_brief else 1)
