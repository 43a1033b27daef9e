"""The probes are importable as `tests.parity` from any working folder, and skip where the exports are not beside the repository."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@pytest.fixture
def _exports() -> None:
    from tests.parity.replay import missing_inputs

    if reason := missing_inputs():
        pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many of TradingView's trades had their twin, by engine: from what the tests recorded as `trades_compared`."""
    compared: dict[str, list[int]] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "trades_compared" and report.when == "call":
                engine = Path(report.nodeid.partition("::")[0]).stem.removeprefix("test_")
                compared.setdefault(engine, []).append(int(value))
    if compared:
        each = [f"{engine} {sum(counts):,} in {len(counts)} exports" for engine, counts in sorted(compared.items())]
        total = sum(sum(counts) for counts in compared.values())
        terminalreporter.write_line(f"TradingView's trades that agree: {total:,} ({', '.join(each)})")
