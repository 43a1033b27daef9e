"""Cases as Hypothesis draws and shrinks them. Some fixed ones: `fixed`; the comparison: `compare`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.core.orders import LONG, SHORT
from tests.properties.compare import Case
from tests.properties.gates import ACCOUNT_GATES, PLAIN_GATES, POSITION_GATES
from tests.properties.markets import ZONES
from tests.properties.programs import ENTRY_LEGS, EXIT_COMMENTS, EXIT_LEGS, IDS, RAW_LOTS, Call

# Crooked, so that no trade ends even but for its last bit.
COMMISSIONS = {"percent": 0.00053, "cash_per_order": 0.7137, "cash_per_contract": 0.05137}
SIZES = {"fixed": 1.5, "cash": 333.3, "percent_of_equity": 0.99}
# Raw orders have no lot cap: room for what is open when they are called, and what waits.
ROOM = RAW_LOTS + 8


@st.composite
def _entries(draw: st.DrawFn) -> list[Call]:
    """One call per id, with what the id keeps: its kind, its group, its texts."""
    n_ids, group = draw(st.integers(1, 3)), draw(st.sampled_from(("none", "none", "cancel", "reduce")))
    first = []
    for id in IDS[:n_ids]:
        grouped = group != "none" and draw(st.booleans())
        first.append(
            Call(
                draw(st.sampled_from(("entry", "entry", "order"))),
                id,
                side=draw(st.sampled_from((LONG, SHORT))),
                legs=draw(st.sampled_from(ENTRY_LEGS)),
                size=draw(st.sampled_from(("", "qty"))),
                gate=draw(st.sampled_from(PLAIN_GATES)),
                oca=("g", group) if grouped else ("", "none"),
                comments=draw(st.sampled_from(((), (), ("comment",)))),
            )
        )
    return first


def _calls(first: list[Call], comments: tuple[str, ...]) -> st.SearchStrategy[Call]:
    ids = [call.target for call in first]
    gates = st.sampled_from((*PLAIN_GATES, *POSITION_GATES, *ACCOUNT_GATES))
    rhythm, na, immediately = st.sampled_from((True, True, True, False)), st.sampled_from((False, False, True)), st.booleans()
    again = st.builds(
        lambda call, more: replace(call, **more),
        st.sampled_from(first),
        st.fixed_dictionaries(
            {"side": st.sampled_from((LONG, SHORT)), "legs": st.sampled_from(ENTRY_LEGS), "size": st.sampled_from(("", "qty")),
             "gate": gates, "rhythm": rhythm, "sometimes_na": na}
        ),
    )  # fmt: skip
    exit = st.builds(
        Call, st.just("exit"), st.sampled_from((*ids, *ids, "")), st.sampled_from(("X", "Y")),
        legs=st.lists(st.sampled_from(EXIT_LEGS), min_size=1, max_size=4, unique=True).map(tuple),
        size=st.sampled_from(("", "qty", "rate")), gate=st.one_of(st.just("always"), st.just("held"), gates), rhythm=rhythm,
        sometimes_na=na, comments=st.just(comments),
    )  # fmt: skip
    end = st.builds(
        Call, st.sampled_from(("close", "close", "close_all", "cancel", "cancel_all")), st.sampled_from(ids), st.sampled_from(("X", *ids)),
        size=st.sampled_from(("", "qty", "rate")), gate=gates, immediately=immediately,
        comments=st.just(("comment",) if comments else ()),
    )  # fmt: skip
    return st.one_of(again, exit, exit, end)


@st.composite
def programs(draw: st.DrawFn) -> tuple[Call, ...]:
    """One to three ids of entries or raw orders, each called at least once, then anything."""
    first = draw(_entries())
    comments = draw(st.sampled_from(((), EXIT_COMMENTS[:1], EXIT_COMMENTS[1:3], EXIT_COMMENTS)))
    return (*first, *draw(st.lists(_calls(first, comments), min_size=1, max_size=4)))


@st.composite
def risk_rules(draw: st.DrawFn) -> RiskRules:
    """Often none; the limits are within reach of a case's bars, and crooked."""
    kind = st.sampled_from(("cash", "percent_of_equity"))
    drawdown, loss = draw(kind), draw(kind)
    values: dict[str, Any] = {
        "max_intraday_filled_orders": draw(st.sampled_from((2, 5, 9))),
        "allow_entry_in": draw(st.sampled_from((LONG, SHORT))),
        "max_position_size": draw(st.sampled_from((2.2, 40.0))),
        "max_drawdown": draw(st.sampled_from((13.37, 451.19))) if drawdown == "cash" else draw(st.sampled_from((0.003713, 0.05171))),
        "max_intraday_loss": draw(st.sampled_from((7.77, 311.13))) if loss == "cash" else draw(st.sampled_from((0.001931, 0.02371))),
        "max_cons_loss_days": draw(st.integers(1, 3)),
    }
    chosen = draw(st.lists(st.sampled_from(tuple(values)), max_size=2, unique=True))
    return RiskRules(max_drawdown_type=drawdown, max_intraday_loss_type=loss, **{name: values[name] for name in chosen})  # type: ignore[arg-type]


@st.composite
def brokers(draw: st.DrawFn) -> BrokerConfig:
    """Every kind of size, cost, margin and rule."""
    size_type, commission_type = draw(st.sampled_from(tuple(SIZES))), draw(st.sampled_from(tuple(COMMISSIONS)))
    risk = draw(st.one_of(st.just(RiskRules()), risk_rules()))
    # Days are told apart by their equity: without costs two of them may differ in the last bit only.
    costs = 1.0 if risk.max_cons_loss_days else draw(st.sampled_from((0.0, 1.0)))
    return BrokerConfig(
        initial_capital=draw(st.sampled_from((1e7, 1e5, 1e3))),
        size_type=size_type,  # type: ignore[arg-type]
        size=SIZES[size_type] * (draw(st.sampled_from((1.0, 2.0))) if size_type == "percent_of_equity" else 1.0),
        pyramiding=draw(st.integers(0, 4)),
        commission_type=commission_type,  # type: ignore[arg-type]
        commission=COMMISSIONS[commission_type] * costs,
        slippage_ticks=draw(st.sampled_from((0, 1, 3))),
        leverage=draw(st.sampled_from((1.0, 2.0, 5.0))),
        liquidation=draw(st.booleans()),
        process_orders_on_close=draw(st.sampled_from((False, False, True))),
        limit_verify_ticks=draw(st.sampled_from((0, 0, 2))),
        close_entries_rule=draw(st.sampled_from(("FIFO", "ANY"))),  # type: ignore[arg-type]
        risk=risk,
    )


@st.composite
def cases(draw: st.DrawFn, n_bars: int, lanes: int) -> Case:
    """Random programs under random brokers on random bars."""
    program, broker = draw(programs()), draw(brokers())
    if any(call.kind == "order" for call in program):
        broker = replace(broker, max_lots=ROOM)
    zone, has_rate = draw(st.sampled_from(ZONES)), draw(st.booleans())
    return Case(program, broker, draw(st.integers(0, 2**31)), n_bars=n_bars, lanes=lanes, zone=zone, has_rate=has_rate)


def total(many: settings, drawn: st.SearchStrategy[Case], check: Callable[[Case], int]) -> int:
    """The sum of `check` over the drawn cases: how many trades were looked at. What it raises is shrunk and passed on."""
    n = 0

    @many
    @given(case=drawn)
    def one(case: Case) -> None:
        nonlocal n
        n += check(case)

    one()
    return n
