"""Numbers as people's settings write them: which mark is the decimal one, and the values. Not dates."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

_MINUS = str.maketrans({"−": "-", "–": "-", "‒": "-", "﹣": "-", "－": "-"})
_UNITS = re.compile(r"[^\d.,+\-]")
_SCIENTIFIC = re.compile(r"[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d+")
_NUMBER = {
    mark: re.compile(rf"[-+]?(?:\d+|[1-9]\d{{0,2}}(?:\{other}\d{{2,3}})*\{other}\d{{3}})?(?:\{mark}\d*)?")
    for mark, other in ((".", ","), (",", "."))
}


def decimal_marks(cells: Iterable[str], prefer: str = ".") -> tuple[str, ...]:
    """The marks (`.`, `,`) under which every cell is a number, likeliest first; none where some cell is no number either way.

    One comma before three digits alone (`1,234`) may be either: both marks are returned then.
    """
    bare = [text for text in map(_bare, cells) if "." in text or "," in text]
    if not bare:
        return (".",)
    possible = [mark for mark in (".", ",") if all(_value(text, mark) is not None for text in bare)]
    return tuple(sorted(possible, key=lambda mark: mark != prefer))


def numbers(cells: Sequence[str], mark: str) -> list[float]:
    """The values, NaN for empty cells and dashes. Cells must be numbers under that mark."""
    values = [_value(text, mark) if text else math.nan for text in map(_bare, cells)]
    return [math.nan if value is None else value for value in values]


def is_number(cell: str) -> bool:
    """Whether a cell is a number under some mark: digits, and no words but a currency's short name."""
    text = _bare(cell)
    return bool(text) and len(re.findall(r"[^\W\d_]", cell)) <= 5 and any(_value(text, mark) is not None for mark in (".", ","))


def _bare(cell: str) -> str:
    """Without spaces, apostrophes, currency signs and percent signs; empty for dashes and words."""
    text = cell.strip().translate(_MINUS)
    if _SCIENTIFIC.fullmatch(text):
        return text
    text = _UNITS.sub("", text)
    return text if re.search(r"\d", text) else ""


def _value(text: str, mark: str) -> float | None:
    if _SCIENTIFIC.fullmatch(text):
        return float(text.replace(",", "."))
    if not _NUMBER[mark].fullmatch(text):
        return None
    return float(text.replace("." if mark == "," else ",", "").replace(",", "."))
