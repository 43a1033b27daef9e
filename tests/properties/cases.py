"""Random cases: programs and brokers from a seed. The comparison is `compare`."""

from __future__ import annotations

import numpy as np

from pinejax.broker.config import BrokerConfig
from tests.properties.compare import Case
from tests.properties.programs import random_program


def random_broker(rng: np.random.Generator) -> BrokerConfig:
    """Every kind of size, cost and margin."""
    size_type = str(rng.choice(["fixed", "cash", "percent_of_equity"]))
    commission_type = str(rng.choice(["percent", "cash_per_order", "cash_per_contract"]))
    return BrokerConfig(
        initial_capital=float(rng.choice([1_000.0, 100_000.0, 1e7])),
        size_type=size_type,  # type: ignore[arg-type]
        size={"fixed": 1.5, "cash": 333.3, "percent_of_equity": float(rng.choice([0.3, 0.99, 2.0]))}[size_type],
        pyramiding=int(rng.integers(0, 4)),
        commission_type=commission_type,  # type: ignore[arg-type]
        commission={"percent": 0.0005, "cash_per_order": 0.7, "cash_per_contract": 0.05}[commission_type] * float(rng.choice([0.0, 1.0])),
        slippage_ticks=int(rng.choice([0, 0, 1, 3])),
        leverage=float(rng.choice([1.0, 2.0, 5.0])),
        liquidation=bool(rng.random() < 0.7),
        process_orders_on_close=bool(rng.random() < 0.35),
        limit_verify_ticks=int(rng.choice([0, 0, 0, 2])),
    )


def random_case(seed: int, n_bars: int = 400, lanes: int = 32) -> Case:
    """One case from a seed."""
    rng = np.random.default_rng(seed)
    program = random_program(rng, int(rng.integers(2, 8)), two_sided_ids=bool(rng.random() < 0.3))
    return Case(program, random_broker(rng), seed, n_bars=n_bars, lanes=lanes)
