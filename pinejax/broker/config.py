"""How the broker trades: costs, sizes, margin. Kinds are compile-time choices, numbers are traced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pinejax.errors import ConfigError

SizeType = Literal["fixed", "cash", "percent_of_equity"]
CommissionType = Literal["percent", "cash_per_order", "cash_per_contract"]


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
    max_lots: int = 0

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
            ("max_lots", self.max_lots >= 0, "0 or more"),
        )
        for name, good, expected in checks:
            if not good:
                raise ConfigError(f"broker.{name}: expected {expected}, got {getattr(self, name)!r}.")
        if self.commission_type == "percent" and self.commission >= 0.1:
            raise ConfigError(f"broker.commission: expected a fraction below 0.1 (0.0005 is 5 bps), got {self.commission}.")
