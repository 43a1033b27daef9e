"""The same folds as another library's: skfolio's CombinatorialPurgedCV, where its parts are of equal length as ours are."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from pinejax.selection.splits import Span, combinatorial, n_paths, paths

pytestmark = pytest.mark.slow  # its imports take some seconds


def bars(spans: tuple[Span, ...]) -> list[int]:
    """Their numbers."""
    return [i for s in spans for i in range(s.first, s.stop)]


@pytest.mark.parametrize(
    ("n_bars", "n_groups", "n_test", "purge", "embargo"),
    [(120, 6, 2, 4, 3), (120, 6, 2, 0, 0), (100, 5, 2, 0, 9), (96, 8, 3, 5, 2), (90, 6, 4, 3, 2)],
)
def test_train_test_and_paths_are_skfolios(n_bars: int, n_groups: int, n_test: int, purge: int, embargo: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("skfolio")
        from skfolio.model_selection import CombinatorialPurgedCV  # type: ignore[import-not-found]

        theirs = CombinatorialPurgedCV(n_folds=n_groups, n_test_folds=n_test, purged_size=purge, embargo_size=embargo)
        expected = list(theirs.split(np.zeros((n_bars, 1))))
        path_ids = np.asarray(theirs.get_path_ids())
    ours = combinatorial(n_bars, n_groups, n_test, purge=purge, embargo=embargo)
    assert len(ours) == len(expected)
    for fold, (train, test) in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(bars(fold.train), train)
        np.testing.assert_array_equal(bars(fold.test), np.concatenate(test))
    found = paths(ours, n_groups)
    assert len(found) == n_paths(n_groups, n_test) == theirs.n_test_paths
    for number, path in enumerate(found):
        assert all(path_ids[fold, place] == number for fold, place in path)
