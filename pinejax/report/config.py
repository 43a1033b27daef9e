"""What a run leaves to look at, as it is configured. What a report is, is `pinejax.report.page`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportConfig:
    """html: whether a search and a backtest leave report.html in their folder."""

    html: bool = True
