"""Symbol and timeframe as file names tell them. Not what is in the files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pinejax.core.timeframe import Timeframe
from pinejax.errors import ConfigError, DataError

_TRADINGVIEW = re.compile(r"(?P<exchange>[^,]+)_(?P<symbol>[^_,]+), (?P<tf>\d*[SDWMH]?)(?:[_ ].*)?")
_BINANCE = re.compile(r"(?P<symbol>[^-]+)-(?P<tf>\d+(?:mo|[smhdwM]))-\d{4}-\d{2}(?:-\d{2})?(?:[ _].*)?")
_TRADES = re.compile(r"(?P<symbol>[^-]+)-(?P<kind>aggTrades|trades)-\d{4}-\d{2}(?:-\d{2})?(?:[ _].*)?")
_PLAIN = re.compile(r"(?P<symbol>.+?)[_-](?P<tf>\d+(?:min|[smhdwDWHM]))(?:[_ .-].*)?")
_BARE = re.compile(r"[A-Za-z0-9.!]*[A-Za-z][A-Za-z0-9.!]*")


@dataclass(frozen=True)
class Naming:
    """What a file is called after; None where its name does not say."""

    symbol: str | None = None
    timeframe: Timeframe | None = None


def trades_kind(name: str) -> str | None:
    """`trades` or `aggTrades` of Binance's files of trades, by their names; None for others."""
    match = _TRADES.fullmatch(Path(name).stem)
    return match["kind"] if match else None


@dataclass(frozen=True)
class NamePattern:
    """How names of files are written, such as `{symbol}_{timeframe}_*` or `{exchange}/{symbol}/{timeframe}`.

    Without a slash it is compared with the name less its extension, with n slashes also with n folders above. `*` is anything.
    An exchange goes before the symbol, as TradingView writes it: `BINANCE:ETHUSDT`.
    """

    text: str
    regex: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> NamePattern:
        """Errors: DataError for a pattern without `{symbol}`, with an unknown field, or with one twice."""
        fields = re.findall(r"\{(.*?)\}", text)
        if "symbol" not in fields or set(fields) - {"symbol", "timeframe", "exchange"} or len(set(fields)) != len(fields):
            raise DataError(
                f"--pattern: expected {{symbol}} and perhaps {{timeframe}} and {{exchange}}, each once, as in "
                f"'{{symbol}}_{{timeframe}}_*', got {text!r}."
            )
        parts = re.split(r"(\{.*?\}|\*)", text)
        regex = "".join(f"(?P<{part[1:-1]}>[^/]+?)" if part[:1] == "{" else "[^/]*" if part == "*" else re.escape(part) for part in parts)
        return cls(text, re.compile(regex))

    def read(self, path: Path) -> Naming:
        """What the path is called after. Errors: DataError where it is not of the pattern, or its timeframe is none."""
        depth = self.text.count("/")
        name = "/".join((*path.absolute().parts[-1 - depth : -1], path.stem) if depth else (path.stem,))
        match = self.regex.fullmatch(name)
        if not match:
            raise DataError(
                f"{path}: expected a name like {self.text!r}, got {name!r}. Give another --pattern, or import other files alone."
            )
        found = match.groupdict()
        symbol = f"{found['exchange']}:{found['symbol']}" if found.get("exchange") else found["symbol"]
        return Naming(symbol, _timeframe(found["timeframe"], path) if found.get("timeframe") else None)


def is_tradingview_name(path: Path) -> bool:
    """Whether the name is that of a TradingView chart export: `EXCHANGE_SYMBOL, TF[_hash].csv`."""
    match = _TRADINGVIEW.fullmatch(path.stem)
    return bool(match and match["tf"])


def names_from(path: Path) -> Naming:
    """Read `BTCUSDT_5m.csv`, `ETHUSDT.P_15m_tv.csv`, `BTCUSDT-5m-2024-01.zip`, `BINANCE_ETHUSDT.P, 15_1a2b3.csv`, `BTCUSDT.csv`.

    A TradingView export's symbol is `EXCHANGE:SYMBOL`, as the charts write it.
    Errors: DataError for a timeframe that has no fixed length (months).
    """
    if is_tradingview_name(path):
        match = _TRADINGVIEW.fullmatch(path.stem)
        assert match
        return Naming(f"{match['exchange']}:{match['symbol']}", _timeframe(match["tf"], path))
    trades = _TRADES.fullmatch(path.stem)
    if trades:
        return Naming(trades["symbol"])
    for pattern in (_BINANCE, _PLAIN):
        match = pattern.fullmatch(path.stem)
        if match:
            return Naming(match["symbol"], _timeframe(match["tf"], path))
    return Naming(path.stem) if _BARE.fullmatch(path.stem) else Naming()


def _timeframe(text: str, path: Path) -> Timeframe:
    text = text.replace("min", "m").replace("S", "s")
    try:
        if text.endswith("mo"):
            raise ConfigError("months have no fixed length")
        return Timeframe.parse(text)
    except ConfigError as error:
        raise DataError(f"{path.name}: cannot use the timeframe {text!r} in the file's name ({error}). Give --timeframe.") from None
