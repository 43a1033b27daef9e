"""`cmaes` without SciPy's statistics: importing those takes longer than everything else between start and the first trial but JAX."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from jaxtyping import Float

_STATS = "scipy.stats"


def import_cmaes() -> None:
    """Imports `cmaes` with the two functions it takes from SciPy's statistics made of SciPy's special functions: the same bits.

    Without `scipy.stats` the package falls back on its own. Where the statistics are loaded already there is nothing to save.
    """
    if "cmaes" in sys.modules or _STATS in sys.modules:
        return
    sys.modules[_STATS] = None  # type: ignore[assignment]
    try:
        import cmaes._cmawm as margin
    finally:
        del sys.modules[_STATS]
    if hasattr(margin, "norm_cdf") and hasattr(margin, "chi2_ppf"):
        margin.norm_cdf, margin.chi2_ppf = normal_cdf, chi2_ppf  # type: ignore[attr-defined]


def normal_cdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Float[np.ndarray, "..."]:
    """As `scipy.stats.norm.cdf`."""
    from scipy import special

    return special.ndtr((x - loc) / scale)


def chi2_ppf(q: Any) -> Float[np.ndarray, "..."] | np.float64:
    """As `scipy.stats.chi2.ppf` with one degree of freedom."""
    from scipy import special

    return 2.0 * special.gammaincinv(0.5, q)
