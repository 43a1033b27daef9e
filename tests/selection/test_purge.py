"""What is left out between train and test is said with its reasons."""

from __future__ import annotations

import pytest

from pinejax.selection.purge import Purge, memory_of


def test_memory_is_the_longest_length_in_bars_traded_on():
    assert memory_of(50) == 50 and memory_of(0) == 0
    assert memory_of(50, [(20, 12), (3, 48)]) == 252


@pytest.mark.parametrize(("parts", "bars"), [((180, 12, None), 180), ((10, 12, None), 12), ((180, 12, 400), 400)])
def test_the_longest_part_decides(parts, bars):
    assert Purge(*parts).bars == Purge(*parts).needed == bars and not Purge(*parts).warning


def test_the_sentence_names_the_parts():
    assert str(Purge(180, 12, 212)) == "purge 212 bars: 180 of the longest indicator, 12 of a higher bar, 212 of the longest holding time"
    assert str(Purge(180)) == "purge 180 bars: 180 of the longest indicator, the longest holding time is not known yet"


def test_a_smaller_purge_is_used_and_said():
    small, large = Purge(180, 12, 20, given=50), Purge(180, 12, 20, given=500)
    assert small.bars == 50 and small.needed == 180
    assert small.warning.startswith("WARNING: validation.purge=50 bars is less than the 180 that are needed (180 of the longest indicator")
    assert large.bars == 500 and not large.warning and str(large).startswith("purge 500 bars as given:")
