import subprocess
import sys

import numpy as np

from pinejax.search.light import chi2_ppf, normal_cdf


def test_the_two_functions_give_scipys_bits():
    from scipy import stats

    rng = np.random.default_rng(1)
    x, loc, scale = rng.normal(size=(3, 1000)) * 5
    scale = np.abs(scale) + 1e-3
    assert np.array_equal(normal_cdf(x, loc=loc, scale=scale), stats.norm.cdf(x, loc=loc, scale=scale))
    q = np.r_[0.0, 1.0, rng.random(1000), 1.0 - 1e-12]
    assert np.array_equal(chi2_ppf(q=q), stats.chi2.ppf(q=q, df=1))


def test_cmaes_is_imported_without_scipys_statistics_and_they_can_be_imported_after_it():
    code = (
        "import sys; from pinejax.search.light import import_cmaes, normal_cdf; import_cmaes(); import cmaes._cmawm as m;"
        "assert 'scipy.stats' not in sys.modules; assert m.norm_cdf is normal_cdf;"
        "from scipy import stats; assert stats.norm.cdf(0.0) == 0.5"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
