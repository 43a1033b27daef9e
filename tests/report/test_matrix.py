from __future__ import annotations

from dataclasses import replace

import pytest

from pinejax.core.timeframe import TimeframePair
from pinejax.report.matrix import Scale, panels, scales
from pinejax.report.sweep_rows import SweepRow


def row(index: int, symbol: str, pair: str, value: float | None, **more) -> SweepRow:
    known = {"objective": "sharpe" if value is not None else "", "values": {"sharpe": value}, **more}
    return SweepRow(index, symbol, TimeframePair.parse(pair), state="done", value=value, **known)


def test_a_panel_has_every_symbol_of_every_view_in_the_order_of_the_sweep():
    rows = [
        row(0, "B", "1h@4h", 1.0, swept={"seed": "1"}),
        row(1, "A", "15m@1h", 1.0, swept={"seed": "1"}),
        row(2, "A", "15m@4h", None, swept={"seed": "1"}),
        row(3, "B", "1h@4h", 1.0, swept={"seed": "2"}),
    ]
    found = panels(rows)
    assert [(dict(panel.view), panel.title) for panel in found] == [({"seed": "1"}, "B"), ({"seed": "1"}, "A"), ({"seed": "2"}, "B")]
    a = found[1]
    assert ([str(ltf) for ltf in a.ltfs], [str(htf) for htf in a.htfs]) == (["15m"], ["1h", "4h"])
    assert [r.index for r in a.at(a.ltfs[0], a.htfs[1])] == [2]


def test_sets_of_symbols_with_one_short_name_have_panels_of_their_own():
    rows = [row(0, "A+1", "1h", 1.0, symbols=("A", "B")), row(1, "A+1", "1h", 1.0, symbols=("A", "C"))]
    assert [panel.title for panel in panels(rows)] == ["A, B", "A, C"]


def test_colours_are_of_the_values_out_of_sample_where_there_are_any():
    rows = [row(0, "A", "1h", 9.0, outside={"holdout": -2.0}), row(1, "B", "1h", 9.0, outside={"holdout": 1.0}), row(2, "C", "1h", 9.0)]
    scale = scales(rows)["sharpe"]
    assert (scale.kind, scale.ends) == ("holdout", (-2.0, 1.0))
    assert [scale.value(r) for r in rows] == [-2.0, 1.0, None]
    assert (scale.place(-2.0), scale.place(0.0), scale.place(1.0)) == (-1.0, 0.0, 0.5)


def test_colours_in_sample_where_nothing_was_kept_back():
    scale = scales([row(0, "A", "1h", 3.0), row(1, "B", "1h", None)])["sharpe"]
    assert (scale.kind, scale.ends) == ("", (3.0, 3.0))


@pytest.mark.parametrize(("low", "high", "side"), [(1.0, 3.0, 1), (-3.0, -1.0, -1)])
def test_values_of_one_sign_stay_on_its_side_of_the_scale(low: float, high: float, side: int):
    scale = Scale("sharpe", "maximize", "", low, high)
    places = [scale.place(low), scale.place((low + high) / 2), scale.place(high)]
    assert places == sorted(places) and all(place * side > 0.1 for place in places)
    assert max(map(abs, places)) == 1.0


def test_of_a_minimised_objective_the_smallest_is_the_bluest():
    rows = [replace(row(i, "A", "1h", value, outside={"holdout": value}), better="minimize") for i, value in enumerate((0.1, 0.3))]
    scale = scales(rows)["sharpe"]
    assert scale.ends == (0.3, 0.1)
    assert scale.place(0.1) == 1.0 > scale.place(0.3) > 0


def test_every_objective_has_a_scale_of_its_own():
    rows = [row(0, "A", "1h", 1.0), row(1, "A", "1h", 900.0, objective="net_profit"), row(2, "A", "1h", None)]
    assert {name: scale.ends for name, scale in scales(rows).items()} == {"sharpe": (1.0, 1.0), "net_profit": (900.0, 900.0)}
