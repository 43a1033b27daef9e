"""Where the configuration that travels with the code lies, in a checkout and in an installed wheel. Not a user's own files."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def conf_dir() -> Path:
    """The folder with `config.yaml` and its groups."""
    installed = _PACKAGE / "_bundled" / "conf"
    return installed if installed.is_dir() else _PACKAGE.parent / "conf"
