"""Passwords out of everything that is shown or written. Not encryption."""

from __future__ import annotations

import re

_IN_URL = re.compile(r"(?P<head>[A-Za-z][\w+.-]*://[^:@/\s'\"]*):(?P<secret>\S*)@")
"""A password may hold any character but a space: it ends at the last @ of the word, so that nothing of it is left."""
_AS_KEY = re.compile(r"(?P<head>(?:password|passwd|pwd|sslpassword)=)(?P<secret>[^&\s'\"]*)", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """The text with `***` for the password in every URL (`postgresql://me:***@host/db`, `?password=***`)."""
    return _AS_KEY.sub(r"\g<head>***", _IN_URL.sub(r"\g<head>:***@", text))
