from __future__ import annotations

import pytest

from pinejax.core.timeframe import TimeframePair
from pinejax.errors import ConfigError
from pinejax.report.naming import Names, check_template, render, require_different


def names(symbols=("BINANCE:ENAUSDT",), pairs=("5m@1h",), **more) -> Names:
    return Names.of(symbols, [TimeframePair.parse(pair) for pair in pairs], **more)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{symbol_slug}_{ltf_slug}_{htf_slug}", "BINANCE_ENAUSDT_5m_1h"),
        ("{ltf_slug}_{htf_slug}_{index:02d}", "5m_1h_03"),
        ("{symbol} {ltf}@{htf} {index}/{total}", "BINANCE:ENAUSDT 5m@1h 3/12"),
        ("{ltf}_{suffix}", "5m_supertrend-x_seed-2"),
        ("fixed", "fixed"),
    ],
)
def test_placeholders_are_filled_in(template, name):
    filled = names(index=3, total=12, swept=[("x/supertrend", "x"), ("search.seed", "2")])
    assert render("search.study_template", template, filled) == name


def test_an_empty_suffix_leaves_no_separator_behind():
    assert render("k", "{ltf}_{suffix}", names()) == "5m"


def test_without_a_higher_timeframe_htf_is_ltf_and_without_symbols_it_is_all():
    assert render("k", "{symbol}_{ltf}_{htf}", names(symbols=(), pairs=("15",))) == "all_15m_15m"


def test_several_symbols_and_pairs_have_short_names():
    assert render("k", "{symbol_slug}_{ltf_slug}_{htf_slug}", names(("A", "B", "C"), ("5m@1h", "15m@1h"))) == "A+2_5m+15m_1h"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{symbl}", "there is no placeholder {symbl}. Did you mean symbol"),
        ("{}", "there is no placeholder {}"),
        ("{ltf", "is no template"),
        ("{ltf:02d}", "cannot be filled in"),
        ("{symbol.upper}", "there is no placeholder"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(template, said):
    with pytest.raises(ConfigError) as raised:
        check_template("search.study_template", template)
    assert said in str(raised.value)


def test_a_template_that_gives_nothing_is_refused():
    with pytest.raises(ConfigError, match="empty name"):
        render("search.study_template", "{suffix}", names())


def test_one_name_for_two_combinations_is_refused_with_both():
    with pytest.raises(ConfigError, match="'x' would be the name of two combinations, a=1 and a=2"):
        require_different("search.study_template", ["x", "y", "x"], ["a=1", "a=3", "a=2"])
