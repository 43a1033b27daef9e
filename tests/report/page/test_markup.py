from __future__ import annotations

import json

import numpy as np

from pinejax.report.page.embed import packed, script_json, seconds
from pinejax.report.page.markup import Markup, el, join, table


def test_text_is_escaped_in_content_and_in_attributes():
    made = el("a", "<script>&", title='"><script>', data_x=1, hidden=True, open=False)
    assert made == '<a title="&quot;&gt;&lt;script&gt;" data-x="1" hidden>&lt;script&gt;&amp;</a>'


def test_markup_is_not_escaped_again():
    assert join([el("b", "x"), Markup("<i>"), None, 3, ["<"]]) == "<b>x</b><i>3&lt;"


def test_a_table_heads_its_rows():
    made = table(["a", "b"], [["<x>", 1]], caption="c")
    assert '<th scope="row">&lt;x&gt;</th><td>1</td>' in made and '<caption class="sr">c</caption>' in made


def test_json_in_a_script_can_neither_end_it_nor_break_a_line():
    value = {"</script><!--": "a\u2028b\u2029c &", "nan": float("nan"), "n": np.float32(2)}
    text = script_json(value)
    assert not any(character in text for character in "<>&\u2028\u2029")
    assert json.loads(text) == {"</script><!--": "a\u2028b\u2029c &", "nan": None, "n": 2.0}


def test_columns_are_little_endian_bytes():
    import base64

    assert np.frombuffer(base64.b64decode(packed([1.5, -2.0])), "<f4").tolist() == [1.5, -2.0]
    assert np.frombuffer(base64.b64decode(seconds([4_000_000_000_000])), "<u4").tolist() == [4_000_000_000]
