"""A search's session without the bars that are kept back. How they are divided is `pinejax.selection.divide`."""

from __future__ import annotations

from pinejax.job.session import Session
from pinejax.selection.divide import divide
from pinejax.selection.timeline import Timeline


def divided(session: Session) -> Session:
    """As `validation` says, in calendar time common to all feeds. Errors: ConfigError, DataError."""
    return session.divided(divide(session.config.validation, Timeline.of(session.feeds)))
