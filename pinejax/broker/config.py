"""How the broker trades: costs, sizes, margin. Kinds are compile-time choices, numbers are traced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pinejax.core.orders import LONG, SHORT
from pinejax.errors import ConfigError

SizeType = Literal["fixed", "cash", "percent_of_equity"]
CommissionType = Literal["percent", "cash_per_order", "cash_per_contract"]
CloseRule = Literal["FIFO", "ANY"]
LossType = Literal["cash", "percent_of_equity"]

MAX_EQUITY_RATE = 10.0
"""Above it a size in percent was meant; leverage makes sizes above 1 possible."""


@dataclass(frozen=True)
class RiskRules:
    """strategy.risk.*: None is no rule. Compile-time choices. (docs/semantics.md, 7)

    max_intraday_filled_orders: fills per exchange day. allow_entry_in: LONG (1) or SHORT (-1), the only direction that may open a
    position. max_position_size: contracts. max_drawdown, max_intraday_loss: of equity from its highest close, and from its highest
    close of the exchange day; in account currency (`cash`) or as a fraction (`percent_of_equity`, 0.1 is 10 %).
    max_cons_loss_days: exchange days in a row that end with less equity than they began with.
    """

    max_intraday_filled_orders: int | None = None
    allow_entry_in: int | None = None
    max_position_size: float | None = None
    max_drawdown: float | None = None
    max_drawdown_type: LossType = "percent_of_equity"
    max_intraday_loss: float | None = None
    max_intraday_loss_type: LossType = "percent_of_equity"
    max_cons_loss_days: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_intraday_filled_orders", "max_position_size", "max_drawdown", "max_intraday_loss", "max_cons_loss_days"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigError(f"broker.risk.{name}: expected a positive number or null, got {value!r}.")
        if self.allow_entry_in not in (None, LONG, SHORT):
            raise ConfigError(f"broker.risk.allow_entry_in: expected 1 (long), -1 (short) or null, got {self.allow_entry_in!r}.")
        for name in ("max_drawdown", "max_intraday_loss"):
            kind, value = getattr(self, f"{name}_type"), getattr(self, name)
            if kind not in LossType.__args__:
                raise ConfigError(f"broker.risk.{name}_type: expected {' or '.join(LossType.__args__)}, got {kind!r}.")
            if value is not None and kind == "percent_of_equity" and value > 1:
                raise ConfigError(f"broker.risk.{name}: expected a fraction of equity (0.1 is 10 %), got {value}.")


@dataclass(frozen=True)
class BrokerConfig:
    """TradingView's strategy properties, rates as fractions.

    size: contracts (`fixed`), account currency (`cash`) or a fraction of equity (`percent_of_equity`, 0.5 is 50 %).
    commission: a fraction of the traded value (`percent`, 0.0005 is 5 bps), or account currency per order or contract.
    leverage: 1 / margin rate, both sides. liquidation: TradingView's margin calls. limit_verify_ticks: how far price must
    trade through a limit. max_lots: capacity of the lot book; 0 chooses it from pyramiding and the strategy's orders.
    """

    initial_capital: float = 10_000.0
    size_type: SizeType = "percent_of_equity"
    size: float = 0.5
    pyramiding: int = 1
    commission_type: CommissionType = "percent"
    commission: float = 0.0005
    slippage_ticks: int = 0
    leverage: float = 1.0
    liquidation: bool = True
    process_orders_on_close: bool = False
    limit_verify_ticks: int = 0
    close_entries_rule: CloseRule = "FIFO"
    max_lots: int = 0
    currency: str = ""
    risk: RiskRules = field(default_factory=RiskRules)

    def __post_init__(self) -> None:
        checks = (
            ("initial_capital", self.initial_capital > 0, "a positive amount"),
            ("size_type", self.size_type in SizeType.__args__, " or ".join(SizeType.__args__)),
            ("size", self.size > 0, "a positive number"),
            ("pyramiding", self.pyramiding >= 0, "0 or more"),
            ("commission_type", self.commission_type in CommissionType.__args__, " or ".join(CommissionType.__args__)),
            ("commission", self.commission >= 0, "0 or more (a fraction: 0.0005 is 5 bps)"),
            ("slippage_ticks", self.slippage_ticks >= 0, "0 or more"),
            ("leverage", self.leverage > 0, "a positive number"),
            ("limit_verify_ticks", self.limit_verify_ticks >= 0, "0 or more"),
            ("close_entries_rule", self.close_entries_rule in CloseRule.__args__, " or ".join(CloseRule.__args__)),
            ("max_lots", self.max_lots >= 0, "0 or more"),
        )
        for name, good, expected in checks:
            if not good:
                raise ConfigError(f"broker.{name}: expected {expected}, got {getattr(self, name)!r}.")
        if self.size_type == "percent_of_equity" and self.size > MAX_EQUITY_RATE:
            raise ConfigError(f"broker.size: expected a fraction of equity up to {MAX_EQUITY_RATE:g} (0.25 is 25 %), got {self.size}.")
        if self.commission_type == "percent" and self.commission >= 0.1:
            raise ConfigError(f"broker.commission: expected a fraction below 0.1 (0.0005 is 5 bps), got {self.commission}.")
