"""Walk-forward spans from what a user gave: lengths in bars or time, or how many windows there are to be. Cutting them is `splits`."""

from __future__ import annotations

from dataclasses import dataclass

from pinejax.errors import ConfigError
from pinejax.selection.config import Length, ValidationConfig
from pinejax.selection.splits import MOST_FOLDS, Fold, walk_forward
from pinejax.selection.timeline import Timeline


@dataclass(frozen=True)
class Lengths:
    """In bars of the line. train: of the first train span, the purge included; step: from one test span's first bar to the next one's."""

    train: int
    test: int
    step: int


def lengths_of(config: ValidationConfig, line: Timeline, n_bars: int) -> Lengths:
    """Of `validation.train`, `test` and `step`. What is not given follows from `n_windows` and `train_ratio`, and leaves few bars over.

    n_bars: the bars of the line that may be used. Errors: ConfigError for a length that is none, or that leaves nothing for the others.
    """
    given = {key: _bars(line, key, getattr(config, key)) for key in ("train", "test", "step")}
    train, test, step = given["train"], given["test"], given["step"]
    if test is None:
        # n_bars = train + (n_windows - 1) step + test, where a train span that is not given is train_ratio tests long.
        n_moves = config.n_windows - 1
        left = n_bars - (train or 0) - n_moves * (step or 0)
        test = int(left / ((0.0 if train else config.train_ratio) + (1 if step else config.n_windows)))
        if test < 1:
            raise ConfigError(
                f"validation: {n_bars} bars hold no {config.n_windows} test windows beside the train span. Choose fewer "
                "(validation.n_windows), a shorter train span or step, or more bars."
            )
        if train is None:
            train = n_bars - test - n_moves * (step or test)
    if train is None:
        train = max(1, round(config.train_ratio * test))
    return Lengths(train, test, test if step is None else step)


def walk_folds(config: ValidationConfig, line: Timeline, n_bars: int, purge: int = 0) -> list[Fold]:
    """The folds of `validation=walk_forward` in the first `n_bars` bars of the line: what lies behind them is the holdout.

    Errors: ConfigError where not one fits, or there would be too many.
    """
    lengths = lengths_of(config, line, n_bars)
    if lengths.train + lengths.test > n_bars:
        kept = f" ({line.n_bars - n_bars} more are kept for the holdout)" if line.n_bars > n_bars else ""
        raise ConfigError(
            f"validation: expected at least train + test = {lengths.train} + {lengths.test} = {lengths.train + lengths.test} bars, found "
            f"{n_bars}{kept}. Choose shorter spans (validation.train, validation.test), or more bars."
        )
    n_folds = (n_bars - lengths.train - lengths.test) // lengths.step + 1
    if n_folds > MOST_FOLDS:
        raise ConfigError(f"validation.step: {lengths.step} bars make {n_folds:,} windows. At most {MOST_FOLDS:,} are made.")
    return walk_forward(
        n_bars, train=lengths.train, test=lengths.test, step=lengths.step, anchored=config.anchored, purge=purge
    )  # fmt: skip


def _bars(line: Timeline, key: str, length: Length | None) -> int | None:
    if length is None:
        return None
    bars = line.bars_of(length, f"validation.{key}")
    if bars < 1:
        raise ConfigError(f"validation.{key}: expected 1 bar or more, got {length}.")
    return bars
