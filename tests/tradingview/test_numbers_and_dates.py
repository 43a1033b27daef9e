"""pinejax.tradingview.numbers and .dates: cells"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from pinejax.tradingview.dates import DAY_FIRST, MONTH_FIRST, YEAR_FIRST, date_orders, moment
from pinejax.tradingview.numbers import decimal_marks, numbers


@pytest.mark.parametrize(
    ("cells", "marks"),
    [
        (["1.5", "2"], (".",)),
        (["1,5", "2"], (",",)),
        (["1,234.5", "-7"], (".",)),
        (["1.234,5"], (",",)),
        (["1,234"], (".", ",")),
        (["0,123"], (",",)),
        (["1,234,567"], (".",)),
        (["12,34,567.8"], (".",)),
        (["7", "12"], (".",)),
        (["1.5", "1,5"], ()),
        (["1.2.3"], ()),
        (["", "n/a", "—"], (".",)),
    ],
)
def test_decimal_marks_are_those_under_which_all_cells_are_numbers(cells: list[str], marks: tuple[str, ...]) -> None:
    assert decimal_marks(cells) == marks


@pytest.mark.parametrize(
    ("cell", "mark", "value"),
    [
        ("1 234.5", ".", 1234.5),
        ("1\u00a0234,5", ",", 1234.5),
        ("1'234.5", ".", 1234.5),
        ("−14,533.78", ".", -14533.78),
        ("-1.47%", ".", -1.47),
        ("$1,000.00", ".", 1000.0),
        ("12 USD", ".", 12.0),
        ("1e-05", ".", 1e-5),
        ("+3", ".", 3.0),
    ],
)
def test_a_cell_is_read_without_its_ornaments(cell: str, mark: str, value: float) -> None:
    assert numbers([cell], mark) == [value]


def test_an_empty_cell_is_nan() -> None:
    assert all(math.isnan(x) for x in numbers(["", " ", "—"], "."))


@pytest.mark.parametrize(
    ("cell", "order", "expected"),
    [
        ("2025-03-31 08:15", YEAR_FIRST, "2025-03-31T08:15"),
        ("2025-03-31", YEAR_FIRST, "2025-03-31T00:00"),
        ("2025-03-31T08:15:30", YEAR_FIRST, "2025-03-31T08:15:30"),
        ("2025-03-31T08:15:00+05:30", YEAR_FIRST, "2025-03-31T02:45"),
        ("2025-03-31 08:15 UTC", YEAR_FIRST, "2025-03-31T08:15"),
        ("2025-03-31 08:15 UTC-4", YEAR_FIRST, "2025-03-31T12:15"),
        ("2025年3月31日 下午 8:15", YEAR_FIRST, "2025-03-31T20:15"),
        ("03/31/2025 8:15 AM", MONTH_FIRST, "2025-03-31T08:15"),
        ("03/31/2025 12:05 AM", MONTH_FIRST, "2025-03-31T00:05"),
        ("3/31/25, 12:05 p.m.", MONTH_FIRST, "2025-03-31T12:05"),
        ("31.03.2025 08:15", DAY_FIRST, "2025-03-31T08:15"),
        ("31/03/2025 08h15", DAY_FIRST, "2025-03-31T08:15"),
        ("Mon, Mar 31, 2025 8:15 PM", YEAR_FIRST, "2025-03-31T20:15"),
        ("31 Mar 2025", YEAR_FIRST, "2025-03-31T00:00"),
    ],
)
def test_a_date_is_read(cell: str, order: str, expected: str) -> None:
    found = moment(cell, order)
    assert found is not None
    assert found.ms == round(datetime.fromisoformat(expected).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("cells", "orders"),
    [
        (["03/04/2025 08:15"], (MONTH_FIRST, DAY_FIRST)),
        (["03/04/2025 08:15", "13/04/2025 08:15"], (DAY_FIRST,)),
        (["03/04/2025 08:15", "04/13/2025 08:15"], (MONTH_FIRST,)),
        (["03.04.2025"], (DAY_FIRST,)),
        (["2025-04-03"], (YEAR_FIRST,)),
        (["13/13/2025"], ()),
        (["2025-02-30"], ()),
        (["3.5"], ()),
        ([], ()),
    ],
)
def test_orders_are_those_under_which_all_cells_are_dates(cells: list[str], orders: tuple[str, ...]) -> None:
    assert date_orders(cells) == orders
