"""A mistake in a strategy's body in a user's words: whose line it was, and what to write instead. Not the tracing (`body`)."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import tokenize
import traceback
from collections.abc import Iterator

import jax

from pinejax.broker.recorder import Broker
from pinejax.core.inputs import Strategy
from pinejax.engine.context import Context
from pinejax.errors import StrategyError, did_you_mean
from pinejax.ta import Ta

_BRANCH = (
    "a Python `if`, `and`, `or`, `not` or `int()` on a value that differs from lane to lane. Use where(...), &, |, ~ or ctx.when(...)."
)
_COMPARISON = "`&`, `|` and `~` bind before comparisons: put parentheses around comparisons, (r < 70) & (r > 30)."
_INDEX = "an index on a value, which is this bar's alone. For the value n bars ago write ctx.history(x, n): ctx.history(bar.high, 2)."

_CALL = re.compile(r"(\w+)\.(\w+)\(\) ((?:missing|got|takes) .*)")
_UNKNOWN = re.compile(r"got an unexpected keyword argument '(\w+)'")
_OWNERS = {"broker": Broker, "ta": Ta, "ctx": Context}
_PINE_ARGUMENTS = {
    "trail_points": "trail_ticks", "trail_offset": "trail_offset_ticks", "profit": "profit_ticks", "loss": "loss_ticks",
    "qty_percent": "qty_rate", "source": "x", "length": "n", "timezone": "zone", "expression": "body",
}  # fmt: skip
_RATE = " (a fraction: 0.5 is 50 %)"


def users_line(strategy: type[Strategy], error: Exception) -> str:
    """Where in the strategy's own file an exception passed, as `file:line: code`; empty if nowhere."""
    path = inspect.getsourcefile(strategy)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return f"{frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line}" if frames else ""


def users_error(strategy: type[Strategy], error: Exception) -> StrategyError:
    """The body's exception, told by the user's own line."""
    return _untraceable(strategy, users_line(strategy, error) or "on_bar", _told(error))


def check_comparisons(strategy: type[Strategy]) -> None:
    """Refuse `a & b < c` and `a < b & c` in a strategy's methods: Python reads (a & b) < c, which may trace and mean nothing.

    Code whose text is not at hand is let through. Errors: StrategyError.
    """
    for _, method in inspect.getmembers(strategy, inspect.isfunction):
        for number, line in _bare_comparisons(method):
            raise _untraceable(strategy, f"{method.__code__.co_filename}:{number}: {line}", _COMPARISON)


def _untraceable(strategy: type[Strategy], where: str, what: str) -> StrategyError:
    return StrategyError(f"{strategy.__name__}.on_bar could not be traced.\n  {where}\n  {what}")


def _told(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    if isinstance(error, (jax.errors.TracerBoolConversionError, jax.errors.ConcretizationTypeError)) or "truth value of an array" in text:
        return _BRANCH
    if isinstance(error, TypeError) and re.match(r"(and|or|xor|not) does not accept dtype float", text):
        return _COMPARISON
    # Of no lanes at all (`program.discover`), where an index picks a lane.
    lane = text == "index is out of bounds for axis 0 with size 0"
    if text.startswith("Too many indices: array is 0-dim") or lane or text == "'Bounded' object is not subscriptable":
        return _INDEX
    return _misused_call(text) or f"{type(error).__name__}: {text}"


def _misused_call(text: str) -> str:
    """Arguments that a call does not take, by the name under which a body knows the call; empty for any other error."""
    match = _CALL.match(text)
    if match is None:
        return ""
    kind, call, problem = match.groups()
    for name, owner in _OWNERS.items():
        if call in dir(owner) and kind in {base.__name__ for base in owner.__mro__}:
            return _misused(f"{name}.{call}", inspect.signature(getattr(owner, call)), problem)
    return ""


def _misused(call: str, signature: inspect.Signature, problem: str) -> str:
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name != "self"]
    known = [p.name for p in parameters]
    unknown = _UNKNOWN.match(problem)
    if not unknown:
        what = "too many arguments without a name" if problem.startswith("takes") else problem
        return f"{call}: {what}. The call is {call}{inspect.Signature(parameters)}."
    given = unknown[1]
    if given in ("alert_message", "disable_alert"):
        return f"{call} has no argument {given}: there are no alerts. Leave it out."
    meant = _PINE_ARGUMENTS.get(given)
    if meant not in known:
        return f"{call} has no argument {given}. {did_you_mean(given, known)}"
    return f"{call} has no argument {given}: write {meant}{_RATE if meant == 'qty_rate' else ''}."


def _bare_comparisons(method: object) -> Iterator[tuple[int, str]]:
    """Lines with a comparison one of whose sides is an `&` or `|` without parentheses, and their numbers in the file."""
    try:
        lines, first = inspect.getsourcelines(method)  # type: ignore[arg-type]
        text = textwrap.dedent("".join(lines))
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError, tokenize.TokenError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        for side in (node.left, *node.comparators):
            if isinstance(side, ast.BinOp) and isinstance(side.op, (ast.BitAnd, ast.BitOr)) and not _enclosed(text, node, side):
                yield first + side.lineno - 1, lines[side.lineno - 1].strip()


def _enclosed(text: str, comparison: ast.Compare, side: ast.expr) -> bool:
    """Whether a side of a comparison stands in parentheses of its own."""
    if side is comparison.left:
        return (comparison.lineno, comparison.col_offset) != (side.lineno, side.col_offset)
    before = text.splitlines()[side.lineno - 1].encode()[: side.col_offset]
    return before.rstrip().endswith(b"(")
