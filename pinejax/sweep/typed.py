"""Commands as a user types them again: out of overrides in Hydra's grammar, without passwords. Nothing is run here."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from pinejax.cli import rewrite
from pinejax.core.secrets import without_passwords
from pinejax.errors import ConfigError
from pinejax.sweep.combinations import Combination

MODULES = ("run", "backtest")
_QUOTED = re.compile(r"([\w./-]+)='(.*)'", re.DOTALL)


def command(words: Sequence[str], *flags: str, program: str | None = None) -> str:
    """`python -m pinejax.run -m timeframe=5m,15m`. program: how this process was started, sys.argv[0] unless given."""
    name = Path(sys.argv[0] if program is None else program).stem
    module = name if name in MODULES else MODULES[0]
    return shlex.join(["python", "-m", f"pinejax.{module}", *flags, *(without_passwords(as_typed(word)) for word in words)])


def command_of(one: Combination, program: str | None = None) -> str:
    """One combination alone, on the study that it has in the sweep."""
    own = [] if one.study is None else [f"search.study_name={one.study}", "search.study_template=null"]
    return command([*one.chosen.overrides, *own], program=program)


def as_typed(word: str) -> str:
    """The shortest of the words that the command line rewrites to this one."""
    bare = word.removeprefix("++")
    quoted = _QUOTED.fullmatch(bare)
    plain = f"{quoted[1]}={quoted[2]}" if quoted else bare
    for candidate in (plain.replace("strategy.name=", "strategy=", 1), plain, bare):
        try:
            if rewrite([candidate]) == [word]:
                return candidate
        except ConfigError:
            continue
    return word
