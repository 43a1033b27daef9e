"""What the reader of a page has and a test has not: bars of their own, a strategy, an export, an earlier run. All of it is synthetic."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pinejax.data import load_feed, open_store
from tests.docs.pages import Block, blocks

BEGIN_MS = int(datetime(2025, 4, 1, tzinfo=UTC).timestamp() * 1000)
"""Of the bars: a day after the first rate of docs/data.md."""
SYMBOLS: Mapping[str, str] = {
    "BTCUSDT": "SYNTH_A",
    "ETHUSDT": "SYNTH_B",
    "ETHUSDT.P": "SYNTH_B",
    "BINANCE:ENAUSDT": "SYNTH_C",
    "BINANCE:BTCUSDT": "SYNTH_A",
}


def _run(folder: str) -> list[str]:
    return ["pinejax.run", f"symbol=SYNTH_A search.n_trials=16 verdict=none hydra.run.dir={folder}"]


def _study(name: str) -> list[str]:
    return ["pinejax.run", f"symbol=SYNTH_A search.n_trials=4 verdict=none search.study_name={name}"]


_OWN_CHART = "data.root=data/real symbol=ETHUSDT.P timeframe=15m hydra.run.dir=outputs/own"
_STUDY = "BTCUSDT_5m_1h_ema_cross_72d83fe5"
_OWN_EXPORT: list[Any] = [["pinejax.backtest", f"{_OWN_CHART} strategy=mine.py:MyStrategy"], ("outputs/own/trades.csv", "export.csv")]
BEFORE: Mapping[str, list[Any]] = {
    "README.md": [*_OWN_EXPORT, _run("outputs/first")],
    "docs/getting-started.md": _OWN_EXPORT,
    "docs/report.md": [_study(_STUDY), _study("my_study")],
    "docs/results.md": [_run("outputs/mine")],
    "docs/search.md": [_run("outputs/btc_5m"), _run("outputs/2026-01-31_12-00-00_BTCUSDT_5m_1h"), _study(_STUDY)],
    "docs/tradingview.md": [
        ["pinejax.backtest", f"{_OWN_CHART} strategy=mine.py:Mine data.rates=rates.csv"],
        ("outputs/own/trades.csv", "export.csv"),
    ],
}
"""What was done before a page's first line: a module with its words, or a file that is copied."""


def furnish(folder: Path, page: Path) -> None:
    """Puts bars, strategies and files into a page's folder."""
    for name, bars in {name: _rows(symbol, "5m") for name, symbol in SYMBOLS.items()}.items():
        _write(folder / "stored" / f"{name.replace(':', '_')}_5m.csv", "time,open,high,low,close,volume", bars)
    own = _rows("SYNTH_A", "5m")
    for file in ("BTCUSDT_5m.csv", "ETHUSDT_5m.csv", "ES_5m.csv", "bars/BTCUSDT_5m.csv"):
        _write(folder / file, "time,open,high,low,close,volume", _rows("SYNTH_B", "5m") if file.startswith("ETH") else own)
    chart = [[bar[0] // 1000, *bar[1:]] for bar in _rows("SYNTH_B", "15m")]
    _write(folder / "BINANCE_ETHUSDT.P, 15.csv", "time,open,high,low,close,Volume", chart)
    klines = "\n".join(",".join(map(str, [*bar, bar[0] + 299_999, 0, 1, 0, 0, 0])) for bar in own)
    with zipfile.ZipFile(folder / "BTCUSDT-5m-2024-01.zip", "w") as archive:
        archive.writestr("BTCUSDT-5m-2024-01.csv", klines)
    for name in ("usdt_usd.csv", "rates.csv"):
        (folder / name).write_text("utc_date,rate\n2025-03-31,1.00000\n2025-04-01,0.99979\n")
    for block in blocks(page):
        if block.kind == "yaml" and "hydra:" in block.text:
            preset = folder / "mine" / "hparams_search" / "pairs.yaml"
            preset.parent.mkdir(parents=True)
            preset.write_text(block.text)
    strategies = [block.text for block in blocks(page) if _is_strategy(block)]
    if strategies:
        (folder / "mine.py").write_text(_named(strategies[0]))


def imports() -> list[list[str]]:
    """The command lines that fill `data/real`."""
    return [
        ["import", f"stored/{name.replace(':', '_')}_5m.csv", "--root", "data/real", "--symbol", name, "--timeframe", "5m"]
        for name in SYMBOLS
    ]


def _is_strategy(block: Block) -> bool:
    return block.kind == "python" and not block.note and "(Strategy)" in block.text


def _named(text: str) -> str:
    """A page's first strategy under both names that pages call it by."""
    name = text.partition("(Strategy)")[0].rpartition("class ")[2]
    return text if name == "MyStrategy" else f"{text}\n\nclass Mine({name}):\n    pass\n"


def _rows(symbol: str, timeframe: str) -> list[list[Any]]:
    """Bars of 20 days of the sample, moved to BEGIN_MS: time, open, high, low, close, volume."""
    bars = load_feed(open_store(None), symbol, timeframe, end="2024-01-21").ltf
    times = bars.time - bars.time[0] + BEGIN_MS
    columns = (times, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return [list(bar) for bar in zip(*(column.tolist() for column in columns), strict=True)]


def _write(path: Path, header: str, bars: list[list[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(bars)
