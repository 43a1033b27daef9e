"""`symbols.yaml` of a store: other names of symbols, and what is given of their instruments. Not what bars or exchanges tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pinejax.core.clock import zone_of
from pinejax.core.feed import Instrument
from pinejax.core.session import Session
from pinejax.data.findings import KINDS
from pinejax.errors import ConfigError, DataError, did_you_mean

FILE = "symbols.yaml"
_NUMBERS = ("tick_size", "lot_step", "point_value")
_TEXTS = {"currency": None, "zone": zone_of, "session": Session.parse}
_EXTRA = ("calendar", "accept", "commission")


@dataclass(frozen=True)
class Symbols:
    """aliases: another name -> the name bars are stored under.

    given: name -> fields of its `Instrument`; `calendar`, the exchange's name in exchange-calendars; `accept`, kinds of findings that were
    looked at; `commission`, a fraction of the traded value.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def named(self, symbol: str) -> str:
        """The name bars are stored under."""
        return self.aliases.get(symbol, symbol)

    def instrument(self, symbol: str, known: Instrument) -> Instrument:
        """`known` with what is given for the symbol in its place."""
        given = {key: value for key, value in self.given.get(symbol, {}).items() if key not in _EXTRA}
        return Instrument(**{**{item.name: getattr(known, item.name) for item in fields(known)}, **given}) if given else known

    def calendar(self, symbol: str) -> str | None:
        """The exchange's name in exchange-calendars, such as XNYS."""
        return self.given.get(symbol, {}).get("calendar")

    def accepted(self, symbol: str) -> tuple[str, ...]:
        """The kinds of findings that are no reason to warn."""
        return self.given.get(symbol, {}).get("accept", ())

    def commission(self, symbol: str) -> float | None:
        """The fee, as a fraction of the traded value."""
        return self.given.get(symbol, {}).get("commission")


def read_symbols(root: Path) -> Symbols:
    """The store's `symbols.yaml`; empty where there is none. Errors: DataError naming the key, what was expected and what was found."""
    path = root / FILE
    if not path.exists():
        return Symbols()
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path}: expected YAML, got something unreadable ({str(error).splitlines()[0]}). Correct it.") from None
    tree = _mapping(tree, path, "the file")
    for key in tree:
        if key not in ("aliases", "instruments"):
            raise DataError(f"{path}: {key}: there is no such key. {did_you_mean(str(key), ('aliases', 'instruments'))}")
    aliases = {str(old): str(new) for old, new in _mapping(tree.get("aliases"), path, "aliases").items()}
    for old, new in aliases.items():
        if new in aliases:
            raise DataError(f"{path}: aliases.{old}: expected a name that bars are stored under, got {new}, which is an alias itself.")
    given = {
        str(symbol): _instrument(_mapping(values, path, f"instruments.{symbol}"), path, f"instruments.{symbol}")
        for symbol, values in _mapping(tree.get("instruments"), path, "instruments").items()
    }
    return Symbols(aliases, given)


def _mapping(value: Any, path: Path, where: str) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise DataError(f"{path}: {where}: expected keys and values, got {value!r}.")
    return value


def _instrument(values: Mapping[Any, Any], path: Path, where: str) -> dict[str, Any]:
    known = (*_NUMBERS, *_TEXTS, *_EXTRA)
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise DataError(f"{path}: {where}.{key}: there is no such key. {did_you_mean(str(key), known)}")
        if key in _NUMBERS:
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value) or value <= 0:
                raise DataError(f"{path}: {where}.{key}: expected a number above zero, got {value!r}.")
            found[key] = float(value)
            continue
        if key == "accept":
            kinds = value if isinstance(value, list) else [value]
            wrong = [kind for kind in kinds if kind not in KINDS]
            if wrong:
                raise DataError(f"{path}: {where}.accept: expected kinds among {', '.join(KINDS)}, got {wrong[0]!r}.")
            found[key] = tuple(kinds)
            continue
        if key == "commission":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 0.1:
                raise DataError(f"{path}: {where}.commission: expected a fraction below 0.1 (0.0005 is 5 bps), got {value!r}.")
            found[key] = float(value)
            continue
        check = _TEXTS.get(key)
        try:
            _ = check and check(str(value))
        except ConfigError as error:
            raise DataError(f"{path}: {where}.{key}: {error}") from None
        found[key] = str(value)
    return found
