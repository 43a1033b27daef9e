"""pinejax.data.validate"""

from __future__ import annotations

from pathlib import Path

import pytest

from pinejax.data.importers import read_table
from pinejax.data.validate import checked_bars
from pinejax.errors import DataError

HEAD = "time,open,high,low,close,volume\n"
ROWS = ["1735689600,10,12,9,11,5", "1735689900,11,11,10,10.5,1", "1735690200,10.5,11,10,11,2", "1735690500,11,12,10,11,3"]


def check(rows: list[str], head: str = HEAD):
    return checked_bars(read_table(Path("BTCUSDT_5m.csv"), (head + "\n".join(rows)).encode()))


def with_row(index: int, text: str) -> list[str]:
    return [text if i == index else row for i, row in enumerate(ROWS)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("yesterday,10.5,11,10,11,2", "line 4: time 'yesterday' is no time"),
        (",10.5,11,10,11,2", r"line 4: time \(empty\) is no time"),
        ("1735690200,abc,11,10,11,2", "line 4: open 'abc' is no number"),
        ("1735690200,10.5,11,10,,2", r"line 4: close \(empty\) is no number"),
        ("1735690200,10.5,11,10", r"line 4: close \(empty\) is no number"),
        ("1735690200,nan,11,10,11,2", "line 4: open is nan"),
        ("1735690200,10.5,inf,10,11,2", "line 4: high is inf"),
        ("1735690200,10.5,11,0,11,2", "line 4: low 0.0 is not above zero"),
        ("1735690200,10.5,11,10,11,-2", "line 4: volume -2.0 is below zero"),
        ("1735690200,10.5,11,10,11,", r"line 4: volume \(empty\) is no number"),
        ("1735690200,10.5,11,10,11,nan", "line 4: volume is nan"),
        ("1735690200,10.5,10.9,10,11,2", "line 4: open 10.5, high 10.9, low 10.0, close 11.0: high must be the highest"),
        ("1735690200,10.5,11,10.6,11,2", "line 4: .* low the lowest"),
        ("1735689000,10.5,11,10,11,2", r"line 4: time 2024-12-31 23:50 is before the row above \(2025-01-01 00:05\)"),
        ("1735689900,10.5,11,10,11,2", "line 4: time 2025-01-01 00:05 again, with other values"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_number(row: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        check(with_row(2, row))
    assert "BTCUSDT_5m.csv" in str(error.value)
    assert "nothing was imported" in str(error.value)


def test_blank_lines_do_not_shift_line_numbers() -> None:
    with pytest.raises(DataError, match="line 6: open 'x' is no number"):
        check([ROWS[0], "", "", ROWS[1], "1735690200,x,11,10,11,2"])


def test_the_first_ten_bad_rows_are_listed_in_order() -> None:
    with pytest.raises(DataError) as error:
        check([row.replace("1735", "x") for row in ROWS * 10])
    listed = [line for line in str(error.value).splitlines() if line.startswith("  line")]
    assert [line.split(":")[0] for line in listed] == [f"  line {n}" for n in range(2, 12)]
    assert "and more" in str(error.value)


def test_a_file_with_the_newest_bar_first_is_told_so() -> None:
    with pytest.raises(DataError, match="got the newest first"):
        check(ROWS[::-1])


def test_an_identical_repeat_is_left_out() -> None:
    assert check([ROWS[0], ROWS[0], *ROWS[1:]]).equals(check(ROWS))


def test_a_gap_is_not_filled() -> None:
    assert check([ROWS[0], ROWS[3]])["time"].to_list() == [1_735_689_600_000, 1_735_690_500_000]


@pytest.mark.parametrize("cell", ["", "NaN", " nan "])
def test_a_blank_volume_column_is_nan(cell: str) -> None:
    bars = check([row.rsplit(",", 1)[0] + "," + cell for row in ROWS])
    assert bars["volume"].is_nan().all()
    assert bars.drop("volume").equals(check(ROWS).drop("volume"))


def test_zero_volume_is_fine() -> None:
    assert check(with_row(1, "1735689900,11,11,10,10.5,0"))["volume"][1] == 0.0
