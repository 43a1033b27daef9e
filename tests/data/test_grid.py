"""pinejax.data.grid"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.core.timeframe import Timeframe
from pinejax.data.grid import bucket_open, require_gridded
from pinejax.errors import DataError

GRIDDED = ["30s", "1m", "3m", "5m", "15m", "1h", "4h", "1D", "1W"]


@given(st.integers(-(10**12), 4 * 10**12), st.sampled_from(GRIDDED))
@settings(deadline=None)
def test_a_bucket_holds_its_time_and_opens_on_the_grid(time: int, text: str) -> None:
    timeframe = Timeframe.parse(text)
    opened = int(bucket_open(np.array([time]), timeframe)[0])
    assert opened <= time < opened + timeframe.ms
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=opened)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if text == "1W":
        assert (moment, moment.weekday()) == (midnight, 0)
    else:
        assert (moment - midnight) % timedelta(seconds=timeframe.seconds) == timedelta(0)


@pytest.mark.parametrize("text", ["7m", "5h", "2D", "2W"])
def test_a_timeframe_without_a_grid_of_the_day_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=f"divides a day .* got {text}"):
        require_gridded(Timeframe.parse(text))
