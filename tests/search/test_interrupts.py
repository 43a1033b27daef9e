import signal
import threading

import pytest
from quadratic import SHARPE, Bowl, Quadratic

from pinejax.search import Progress, SearchConfig, SearchResult, StopRequest, build_space, run_search
from pinejax.search.interrupts import stop_on_signals

CONFIG = SearchConfig("study", 64, sampler="random", batch_size=8)


def interrupt(_: Progress) -> None:
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_ends_the_search_after_the_batch_and_puts_the_handler_back():
    before = signal.getsignal(signal.SIGINT)
    result = run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, [interrupt])
    assert (result.stopped, result.n_counted) == ("interrupted", 8)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_stops_at_once():
    with pytest.raises(KeyboardInterrupt):
        run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, [interrupt, interrupt])


def test_a_search_in_another_thread_leaves_signals_alone():
    results: list[SearchResult] = []
    thread = threading.Thread(target=lambda: results.append(run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic())))
    before = signal.getsignal(signal.SIGINT)
    thread.start()
    assert signal.getsignal(signal.SIGINT) is before
    thread.join()
    assert results[0].stopped == "done"


def test_sigterm_asks_too():
    request = StopRequest()
    with stop_on_signals(request):
        signal.raise_signal(signal.SIGTERM)
    assert request.is_set
