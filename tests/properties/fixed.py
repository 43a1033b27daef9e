"""Cases that always run: each is about a few rules at once."""

from __future__ import annotations

from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.core.orders import LONG, SHORT
from tests.properties.compare import Case
from tests.properties.programs import EXIT_COMMENTS, Call

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
    "raw_orders_in_a_group_that_reduces": Case(
        (
            Call("order", "A", side=LONG, legs=("stop",), size="qty", oca=("g", "reduce"), comments=("comment",)),
            Call("order", "B", side=SHORT, legs=("limit",), size="qty", gate="few", oca=("g", "reduce")),
            Call("entry", "C", side=SHORT, legs=("stop",), size="qty", gate="down", oca=("g", "reduce")),
            Call("exit", "", "X", legs=("stop", "limit"), size="rate", gate="held", comments=EXIT_COMMENTS),
            Call("close", "A", gate="aged"),
        ),
        BrokerConfig(initial_capital=1e6, size_type="fixed", size=1.0, pyramiding=2, max_lots=14),
        seed=4,
        has_rate=True,
    ),
    "any_rule_with_groups_that_cancel": Case(
        (
            Call("entry", "A", side=LONG, legs=("stop",), gate="up", oca=("g", "cancel")),
            Call("entry", "B", side=LONG, legs=("limit",), size="qty", oca=("g", "cancel")),
            Call("entry", "C", side=LONG, size="qty", gate="few", comments=("comment",)),
            Call("close", "C", size="rate", gate="won"),
            Call("exit", "B", "X", legs=("profit_ticks", "loss_ticks"), size="qty", gate="always", comments=("comment_profit",)),
            Call("exit", "A", "Y", legs=("trail_ticks",), gate="held", comments=("comment_trailing",)),
            Call("entry", "A", side=SHORT, gate="deep", oca=("g", "cancel")),
        ),
        BrokerConfig(initial_capital=1e5, size_type="cash", size=900.0, pyramiding=4, close_entries_rule="ANY", slippage_ticks=1),
        seed=5,
    ),
    "equity_sizes_in_another_currency": Case(
        (
            Call("entry", "A", side=LONG, gate="up"),
            Call("entry", "B", side=SHORT, legs=("stop",), gate="calm"),
            Call("exit", "A", "X", legs=("stop", "profit_ticks"), gate="held"),
        ),
        BrokerConfig(initial_capital=1e5, size=0.95, commission_type="cash_per_order", commission=1.5137, leverage=2.0),
        seed=6,
        has_rate=True,
    ),
    "days_end_by_their_loss_in_new_york": Case(
        (
            Call("entry", "A", side=LONG, legs=("stop",), size="qty", gate="up"),
            Call("entry", "B", side=SHORT, size="qty", gate="down"),
            Call("exit", "", "X", legs=("trail_ticks", "loss_ticks"), gate="held"),
        ),
        BrokerConfig(
            initial_capital=1e5,
            size_type="fixed",
            size=2.0,
            commission=0.00053,
            risk=RiskRules(max_intraday_loss=7.77, max_intraday_loss_type="cash", max_cons_loss_days=9),
        ),
        seed=7,
        zone="America/New_York",
    ),
    "runs_end_by_their_drawdown_on_close": Case(
        (
            Call("entry", "A", side=LONG, size="qty", gate="up"),
            Call("entry", "B", side=SHORT, legs=("limit",), size="qty", gate="down"),
            Call("order", "C", side=SHORT, legs=("stop", "limit"), size="qty"),
            Call("close", "A", gate="aged", immediately=True, comments=("comment",)),
        ),
        BrokerConfig(
            initial_capital=1e4,
            size_type="fixed",
            size=2.0,
            pyramiding=3,
            process_orders_on_close=True,
            max_lots=14,
            risk=RiskRules(max_drawdown=0.0213, max_position_size=4.0),
        ),
        seed=8,
    ),
}
