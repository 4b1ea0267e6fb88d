"""What kind of values stand at a place of samples: days, addresses, shares, messages, ids; for `kb formats guess`."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from kb.model import Json
from kb.sources.formats.functions import date, number

_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9][\w.:/+-]{0,79}", re.ASCII)
_MESSAGE = re.compile(
    r"error|fail|fatal|cannot|can't|could not|unable|invalid|missing|not found|denied|refused|unexpected|undefined|"
    r"exception|warning|错误|失败|无法|エラー",
    re.IGNORECASE,
)

DAY_FORMS = (
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%Y年%m月%d日",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y%m%d",
)
"""Forms of days but for the one that begins with the year; of two that fit, the first is taken, as it is the commoner."""


def share(values: Sequence[Json], holds: Callable[[Json], object]) -> float:
    """The share of values of which something holds; 0 where there are none."""
    return sum(bool(holds(value)) for value in values) / len(values) if values else 0.0


def is_text(value: Json) -> bool:
    return isinstance(value, str)


def is_url(value: Json) -> bool:
    return isinstance(value, str) and _URL.fullmatch(value.strip()) is not None


def is_rate(value: Json) -> bool:
    """Whether a value is a share, from 0 to 1 or in percent."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    amount = number(value) if isinstance(value, str) else value
    return amount is not None and 0 <= amount <= 1


def is_percent(value: Json) -> bool:
    """Whether a value is a number from 2 to 100 without a mark: a share only if a name says so."""
    amount = number(value) if isinstance(value, str) else value
    return isinstance(amount, int | float) and not isinstance(amount, bool) and 1 < amount <= 100


def is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_id(value: Json) -> bool:
    """Whether a value can be the name of a record: one word."""
    return isinstance(value, str | int) and not isinstance(value, bool) and _ID.fullmatch(str(value)) is not None


def is_word(value: Json) -> bool:
    """Whether a value is a word or three."""
    return isinstance(value, str) and len(value) <= 40 and len(value.split()) <= 3 and not is_url(value)


def is_message(value: Json) -> bool:
    """Whether a text reads as what a program prints when something goes wrong."""
    return isinstance(value, str) and 8 <= len(value) <= 400 and _MESSAGE.search(value) is not None


def is_prose(value: Json) -> bool:
    """Whether a text is a sentence or more; some scripts put no blanks between words."""
    return isinstance(value, str) and (len(value.split()) >= 4 or (len(value) >= 6 and not value.isascii()))


def is_list_of_objects(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def is_list_of_texts(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def day_form(values: Sequence[Json]) -> str | None:
    """The form in which the values are days: "" for the one that begins with the year; None where they are none."""
    texts = [value for value in values if isinstance(value, str)]
    if not texts or len(texts) < len(values):
        return None
    if all(date(text) for text in texts):
        return ""
    return next((form for form in DAY_FORMS if all(date(text, form) for text in texts)), None)


def separator(values: Sequence[Json]) -> str | None:
    """What separates the parts of texts that are lists: most of them have it."""
    texts = [value for value in values if isinstance(value, str)]
    for mark in ("\n", ";", "；", "|", "、"):
        if share([mark in text.strip() for text in texts], bool) >= 0.5:
            return mark
    has_words = share(texts, lambda text: all(len(part.split()) <= 2 for part in text.split(",")))
    return "," if has_words >= 0.8 and share(texts, lambda text: "," in text) >= 0.3 else None


def commonest(values: Sequence[Json], most: int) -> list[Json]:
    """The values that stand there most often, as far as they are words, numbers or truth values."""
    plain = [value for value in values if isinstance(value, str | int | float)]
    return [value for value, _ in Counter(plain).most_common(most)]
