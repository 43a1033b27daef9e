"""The open probes: which strategy, from which bar to which. Bodies and properties are in `probes`; the comparison is in `replay`."""

from __future__ import annotations

from dataclasses import dataclass

from pinejax.broker.config import BrokerConfig
from pinejax.core.inputs import Strategy
from pinejax.job.broker_of import broker_of
from tests.parity.probes import brackets, higher, machines, objects, signals, stops

# First bar fed, and the last bar of the export (bar opens, UTC).
MARCH, APRIL_5, APRIL_20 = "2025-03-31T00:00", "2025-04-05T00:00", "2025-04-20T00:00"
ONE_YEAR, THIRTEEN_MONTHS = "2026-04-01T00:00", "2026-05-01T00:00"


@dataclass(frozen=True)
class Probe:
    """One export: the strategy that made it and the settings it was made with."""

    name: str
    strategy: type[Strategy]
    start: str
    end: str
    broker: BrokerConfig
    timeframe: str = "15m"


def _probe(name: str, strategy: type[Strategy], start: str = MARCH, end: str = THIRTEEN_MONTHS, timeframe: str = "15m") -> Probe:
    broker, _ = broker_of(strategy, BrokerConfig(), ())
    return Probe(f"{name}-01", strategy, start, end, broker, timeframe)


_APRIL = (APRIL_5, "2026-04-05T20:45")
_YEAR = (MARCH, ONE_YEAR)

PROBES: tuple[Probe, ...] = (
    _probe("ta-rsi14-cross-50", signals.TaRsi14Cross50),
    _probe("ta-hma-fast-slow-cross", signals.TaHmaFastSlowCross, *_APRIL),
    _probe("ta-dmi-adx-di-cross", signals.TaDmiAdxDiCross, *_APRIL),
    _probe("ta-pvt-ema-cross", signals.TaPvtEmaCross),
    _probe("vwap-bands-breakout-1sigma", signals.VwapBandsBreakout1Sigma),
    _probe("order-same-id-market-entry-repeat", signals.OrderSameIdMarketEntryRepeat, *_YEAR),
    _probe("ta-ema-ribbon-stack-transition", machines.TaEmaRibbonStackTransition, *_APRIL),
    _probe("ta-cci-threshold-cross", machines.TaCciThresholdCross, *_APRIL),
    _probe("ta-supertrend-direction-flip", machines.TaSupertrendDirectionFlip),
    _probe("ta-keltner-channel-break", machines.TaKeltnerChannelBreak),
    _probe("bracket-atr-trailing-stop-state", machines.BracketAtrTrailingStopState, *_APRIL),
    _probe("order-close-immediate-vs-next-bar", machines.OrderCloseImmediateVsNextBar, *_YEAR),
    _probe("order-process-on-close-true", machines.OrderProcessOnCloseTrue),
    _probe("pyramid-close-id-grouping", machines.PyramidCloseIdGrouping, *_YEAR),
    _probe("pyramid-cash-fractional-commission", machines.PyramidCashFractionalCommission),
    _probe("order-percent-equity-cash-commission", machines.OrderPercentEquityCashCommission, *_YEAR),
    _probe("analyzer-parity-percent-of-equity-sizing", machines.AnalyzerParityPercentOfEquitySizing),
    _probe("anomaly-equity-mirror-strategy-equity", signals.AnomalyEquityMirrorStrategyEquity),
    _probe("cap-max-intraday-filled-orders-isolate", machines.CapMaxIntradayFilledOrdersIsolate),
    _probe("cap-risk-gates-allow-max-intraday", machines.CapRiskGatesAllowMaxIntraday, *_YEAR),
    _probe("order-close-all-cancel-all", machines.OrderCloseAllCancelAll, *_YEAR),
    _probe("session-ny-spring-forward-dst", machines.SessionNySpringForwardDst),
    _probe("bracket-exit-tp-sl-fixed", brackets.BracketExitTpSlFixed, *_YEAR),
    _probe("bracket-entry-exit-same-pass-attach", brackets.BracketEntryExitSamePassAttach, *_YEAR),
    _probe("bracket-partial-exit-qty-percent", brackets.BracketPartialExitQtyPercent, *_YEAR),
    _probe("bracket-trail-points-with-offset-only", brackets.BracketTrailPointsWithOffsetOnly, *_YEAR),
    _probe("bracket-exit-three-way-set-once-entry", brackets.BracketExitThreeWaySetOnceEntry),
    _probe("bracket-exit-stop-limit-trail-same-bar", brackets.BracketExitStopLimitTrailSameBar, *_YEAR),
    _probe("bracket-tp-sl-oca-reduce-isolate", brackets.BracketTpSlOcaReduceIsolate),
    _probe("oca-multi-bracket-isolation", brackets.OcaMultiBracketIsolation),
    _probe("analyzer-parity-stop-limit-timing", brackets.AnalyzerParityStopLimitTiming),
    _probe("order-cross-entry-cancel-same-pass", stops.OrderCrossEntryCancelSamePass, *_YEAR),
    _probe("order-dual-stop-both-touch-priority", stops.OrderDualStopBothTouchPriority, *_YEAR),
    _probe("order-dual-stop-open-tie", stops.OrderDualStopOpenTie, *_YEAR),
    _probe("order-stop-entry-cancel-opposite", stops.OrderStopEntryCancelOpposite),
    _probe("order-deferred-flip-guaranteed-gap-stops", stops.OrderDeferredFlip),
    _probe("order-deferred-flip-pooc-cross-bar", stops.OrderDeferredFlipOnClose),
    _probe("order-opposite-entry-close-same-pass", stops.OrderOppositeEntryCloseSamePass),
    _probe("order-range-expansion-pending-stop", stops.OrderRangeExpansionPendingStop),
    _probe("order-stop-entry-reversal-grouping", stops.OrderStopEntryReversalGrouping, *_YEAR),
    _probe("pyramid-deferred-flip-close-all", stops.PyramidDeferredFlipCloseAll),
    _probe("mtf-htf-60-close-roll", higher.MtfHtf60CloseRoll, APRIL_20, "2026-04-20T20:15", timeframe="15m@1h"),
    _probe("mtf-htf-60-gaps-on-roll", higher.MtfHtf60GapsOnRoll, *_YEAR, timeframe="15m@1h"),
    _probe("mtf-daily-ema26-warmup", higher.MtfDailyEma26Warmup, *_YEAR, timeframe="15m@1D"),
    _probe("mtf-htf-weekly-sma-cross", higher.MtfHtfWeeklySmaCross, timeframe="15m@1W"),
    _probe("mtf-htf-confluence-static-bracket", higher.MtfHtfConfluenceStaticBracket, timeframe="15m@1h"),
    _probe("ta-pivot-array-unshift-pop", objects.TaPivotArrayUnshiftPop, *_APRIL),
    _probe("udt-method-drives-strategy-entry", objects.UdtMethodDrivesStrategyEntry),
    _probe("udt-method-in-for-loop", objects.UdtMethodInForLoop),
    _probe("matrix-covariance-eigen-pca", objects.MatrixCovarianceEigenPca, *_APRIL),
    _probe("composite-vcp-fvg-active-zones", objects.CompositeVcpFvgActiveZones),
)
