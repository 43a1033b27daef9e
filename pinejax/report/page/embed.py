"""Values inside a page's script elements: JSON that cannot end the element, and columns of numbers as base64. Not what is in them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import numpy as np

from pinejax.report.atomic import plain
from pinejax.report.page.markup import Markup

_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def script_json(value: Any) -> Markup:
    """Compact JSON for `<script type="application/json">`: no `<`, so neither `</script>` nor `<!--`; NaN is null."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, written in _UNSAFE.items():
        text = text.replace(character, written)
    return Markup(text)


def packed(values: Any, kind: str = "f4") -> str:
    """Numbers as base64 of their little-endian bytes. kind: `f4` (seven digits; NaN allowed), `u4`, `i4`."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()).decode("ascii")


def seconds(time_ms: Any) -> str:
    """Times in milliseconds since 1970 as packed seconds."""
    return packed(np.asarray(time_ms, np.int64) // 1000, "u4")


def script_hash(text: str) -> str:
    """What a Content-Security-Policy names a script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
