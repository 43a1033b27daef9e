import signal
import threading
from collections.abc import Callable, Iterator

import pytest
from quadratic import SHARPE, Bowl, Quadratic

from pinejax.search import Progress, SearchConfig, SearchResult, StopRequest, build_space, open_store, run_search
from pinejax.search.interrupts import STOP_SIGNALS, stop_on_signals

CONFIG = SearchConfig("study", 64, sampler="random", batch_size=8)


def sends(number: int) -> Callable[[Progress], None]:
    return lambda _: signal.raise_signal(number)


@pytest.fixture
def schedulers(url: str) -> Iterator[list[tuple[int, int]]]:
    """Handlers as submitit installs them for USR2 and TERM: each call as (signal, trials in the database by then)."""
    calls: list[tuple[int, int]] = []

    def handler(number, frame) -> None:
        store = open_store(url, "study", ["maximize"])
        calls.append((number, len(store.read())))
        store.close()

    previous = {number: signal.signal(number, handler) for number in (signal.SIGUSR2, signal.SIGTERM)}
    yield calls
    for number, old in previous.items():
        signal.signal(number, old)


def test_ctrl_c_ends_the_search_after_the_batch_and_puts_the_handler_back():
    before = signal.getsignal(signal.SIGINT)
    result = run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, [sends(signal.SIGINT)])
    assert (result.stopped, result.n_counted) == ("interrupted", 8)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_stops_at_once():
    with pytest.raises(KeyboardInterrupt):
        run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, [sends(signal.SIGINT), sends(signal.SIGINT)])


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_every_signal_asks_and_the_batch_is_kept(number):
    result = run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, [sends(number)])
    assert (result.stopped, result.n_counted) == ("interrupted", 8)


def test_a_schedulers_further_signals_do_not_break_the_batch():
    several = [sends(signal.SIGUSR2), sends(signal.SIGCONT), sends(signal.SIGTERM), sends(signal.SIGTERM)]
    result = run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, several)
    assert (result.stopped, result.n_counted) == ("interrupted", 8)


def test_a_schedulers_handler_is_called_after_the_batch_is_stored_and_the_process_ends(url, schedulers):
    with pytest.raises(SystemExit) as ended:
        run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), url, [sends(signal.SIGTERM), sends(signal.SIGUSR2)])
    assert ended.value.code == 130
    assert schedulers == [(signal.SIGTERM, 8), (signal.SIGUSR2, 8)]
    assert run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), url).n_new == 56


def test_a_schedulers_handler_is_left_alone_without_its_signal(url, schedulers):
    assert run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), url, [sends(signal.SIGINT)]).stopped == "interrupted"
    assert schedulers == []


def test_a_search_in_another_thread_leaves_signals_alone():
    results: list[SearchResult] = []
    thread = threading.Thread(target=lambda: results.append(run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic())))
    before = signal.getsignal(signal.SIGINT)
    thread.start()
    assert signal.getsignal(signal.SIGINT) is before
    thread.join()
    assert results[0].stopped == "done"


def test_a_request_is_set_by_a_signal_alone():
    request = StopRequest()
    with stop_on_signals(request):
        assert not request.is_set
        signal.raise_signal(signal.SIGTERM)
    assert request.is_set


def test_the_sweeps_own_handler_is_not_called_but_told_after_the_batch():
    told: list[str] = []

    def handler(number, frame) -> None:
        raise AssertionError("a stranger's handler would be called")

    handler.after_batch = lambda: told.append("after")
    previous = signal.signal(signal.SIGINT, handler)
    try:
        result = run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, [sends(signal.SIGINT)])
    finally:
        signal.signal(signal.SIGINT, previous)
    assert (result.stopped, result.n_counted, told) == ("interrupted", 8, ["after"])


def test_searches_one_after_the_other_end_together_where_they_share_a_request():
    stop, before = StopRequest(), signal.getsignal(signal.SIGTERM)
    with stop_on_signals(stop):
        first = run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, [sends(signal.SIGTERM)], stop)
        second = run_search(CONFIG, build_space(Bowl), SHARPE, Quadratic(), None, (), stop)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert (first.stopped, first.n_counted) == ("interrupted", 8)
    assert (second.stopped, second.n_counted) == ("interrupted", 0)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_search_within_another_with_a_request_of_its_own_is_unmoved():
    outer, inner = StopRequest(), StopRequest()
    with stop_on_signals(outer), stop_on_signals(inner):
        assert getattr(signal.getsignal(signal.SIGINT), "request", None) is inner
