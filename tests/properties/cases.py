"""Cases as Hypothesis draws and shrinks them, and some fixed ones. The comparison is `compare`."""

from __future__ import annotations

from hypothesis import strategies as st

from pinejax.broker.config import BrokerConfig
from pinejax.core.orders import LONG, SHORT
from tests.properties.compare import Case
from tests.properties.programs import ENTRY_LEGS, EXIT_LEGS, IDS, Call

COMMISSIONS = {"percent": 0.0005, "cash_per_order": 0.7, "cash_per_contract": 0.05}
SIZES = {"fixed": 1.5, "cash": 333.3, "percent_of_equity": 0.99}
NO_COSTS = BrokerConfig(initial_capital=1e6, size_type="fixed", size=2.0, commission=0.0)


def _calls(n_ids: int) -> st.SearchStrategy[Call]:
    target, rhythm, na = st.sampled_from(IDS[:n_ids]), st.sampled_from((True, True, True, False)), st.sampled_from((False, False, True))
    timing = {"rhythm": rhythm, "sometimes_na": na, "immediately": st.sampled_from((False, False, True))}
    entry = st.builds(
        Call, st.just("entry"), target, st.just(""), st.sampled_from((LONG, SHORT)), st.sampled_from(ENTRY_LEGS),
        st.sampled_from(("", "qty")), st.sampled_from(("clock", "up", "down", "flat", "always")), **timing,
    )  # fmt: skip
    exit = st.builds(
        Call, st.just("exit"), target, st.sampled_from(("X", "Y")), st.just(LONG),
        st.lists(st.sampled_from(EXIT_LEGS), min_size=1, max_size=4, unique=True).map(tuple),
        st.sampled_from(("", "qty", "rate")), st.sampled_from(("always", "held", "clock", "up")), **timing,
    )  # fmt: skip
    close = st.builds(
        Call, st.sampled_from(("close", "close_all", "cancel", "cancel_all")), target, st.sampled_from(("X", *IDS[:n_ids])), st.just(LONG),
        st.just(()), st.sampled_from(("", "qty", "rate")), st.sampled_from(("clock", "up", "down", "long", "short", "held")),
        st.just(True), immediately=timing["immediately"],
    )  # fmt: skip
    return st.one_of(entry, exit, exit, close)


@st.composite
def programs(draw: st.DrawFn) -> tuple[Call, ...]:
    """One to three entry ids, each entered at least once, then anything."""
    n_ids = draw(st.integers(1, 3))
    first = []
    for id in IDS[:n_ids]:
        legs, side = draw(st.sampled_from(ENTRY_LEGS)), draw(st.sampled_from((LONG, SHORT)))
        first.append(Call("entry", id, side=side, legs=legs, gate=draw(st.sampled_from(("clock", "up", "always")))))
    return (*first, *draw(st.lists(_calls(n_ids), min_size=1, max_size=4)))


@st.composite
def brokers(draw: st.DrawFn) -> BrokerConfig:
    """Every kind of size, cost and margin."""
    size_type, commission_type = draw(st.sampled_from(tuple(SIZES))), draw(st.sampled_from(tuple(COMMISSIONS)))
    return BrokerConfig(
        initial_capital=draw(st.sampled_from((1e7, 1e5, 1e3))),
        size_type=size_type,  # type: ignore[arg-type]
        size=SIZES[size_type] * (draw(st.sampled_from((1.0, 2.0))) if size_type == "percent_of_equity" else 1.0),
        pyramiding=draw(st.integers(0, 3)),
        commission_type=commission_type,  # type: ignore[arg-type]
        commission=COMMISSIONS[commission_type] * draw(st.sampled_from((0.0, 1.0))),
        slippage_ticks=draw(st.sampled_from((0, 1, 3))),
        leverage=draw(st.sampled_from((1.0, 2.0, 5.0))),
        liquidation=draw(st.booleans()),
        process_orders_on_close=draw(st.sampled_from((False, False, True))),
        limit_verify_ticks=draw(st.sampled_from((0, 0, 2))),
    )


def cases(n_bars: int, lanes: int) -> st.SearchStrategy[Case]:
    """Random programs under random brokers on random bars."""
    return st.builds(Case, programs(), brokers(), st.integers(0, 2**31), st.just(n_bars), st.just(2), st.just(lanes))


FIXED = {
    "pyramids_with_partial_brackets_and_trails": Case(
        (
            Call("entry", "A", side=LONG, gate="up"),
            Call("entry", "B", side=LONG, legs=("stop",), gate="clock"),
            Call("exit", "A", "X", legs=("limit", "loss_ticks"), size="rate", gate="always", rhythm=False),
            Call("exit", "A", "Y", legs=("stop", "trail_ticks"), gate="always", rhythm=False),
            Call("exit", "B", "X", legs=("trail_price", "trail_ticks"), size="qty", gate="held"),
        ),
        BrokerConfig(initial_capital=1e5, size_type="cash", size=900.0, pyramiding=3, slippage_ticks=1, leverage=2.0),
        seed=1,
    ),
    "stop_limits_both_ways_on_close": Case(
        (
            Call("entry", "A", side=LONG, legs=("stop", "limit"), sometimes_na=True),
            Call("entry", "A", side=SHORT, legs=("stop",), gate="down"),
            Call("entry", "B", side=SHORT, legs=("limit",), size="qty"),
            Call("exit", "A", "X", legs=("stop", "limit"), gate="clock"),
            Call("close", "A", size="rate", gate="held", immediately=True),
            Call("cancel", "B", "B", gate="up"),
        ),
        BrokerConfig(initial_capital=1e5, size_type="fixed", size=1.0, pyramiding=2, process_orders_on_close=True, limit_verify_ticks=1),
        seed=2,
    ),
    "shorts_under_margin": Case(
        (
            Call("entry", "A", side=SHORT, gate="down"),
            Call("entry", "B", side=LONG, gate="up"),
            Call("close_all", gate="held"),
        ),
        BrokerConfig(initial_capital=1e4, size=2.0, leverage=5.0, commission_type="cash_per_order", commission=1.5),
        seed=3,
    ),
}
