"""GET with manners: a shared pace, retries with back-off, bodies whole or not at all. Not what is asked for."""

from __future__ import annotations

import logging
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pinejax.core.secrets import without_passwords
from pinejax.errors import DataError

if TYPE_CHECKING:
    import urllib3

NOT_FOUND = 404
_SLOW_DOWN = (418, 429)
"""418 is what Binance answers to an address that went on after 429."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_CHUNK = 1 << 16
_REDIRECTS = 3
"""From http to https, and to another host; one to spare."""
logging.getLogger("stamina").addHandler(logging.NullHandler())
"""Python prints warnings that no handler takes on stderr. A program that configures logging still gets those of retries."""


@dataclass(frozen=True)
class Manners:
    """How politely and how patiently to ask.

    n_per_s: requests a second, all threads together. attempts: of one request. wait_initial_s, wait_max_s: the back-off, doubled each
    time, with jitter; a server's Retry-After goes before it, unless it asks for more than longest_wait_s, which is an error. silence_s:
    without a byte; body_s: for a whole body.
    """

    n_parallel: int = 4
    n_per_s: float = 8.0
    attempts: int = 6
    wait_initial_s: float = 0.5
    wait_max_s: float = 30.0
    longest_wait_s: float = 120.0
    silence_s: float = 20.0
    body_s: float = 300.0

    def __post_init__(self) -> None:
        for name in ("n_parallel", "n_per_s", "attempts"):
            if getattr(self, name) <= 0:
                raise DataError(f"fetch: expected {name} above zero, got {getattr(self, name)}.")


class _Again(Exception):
    """A request that may go better next time; after_s: when the server wants to hear of us again, 0 where it did not say."""

    def __init__(self, reason: str, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Http:
    """A client that threads share."""

    def __init__(self, manners: Manners | None = None) -> None:
        """Errors: DataError where the extra `data` is not installed."""
        try:
            import stamina
            import urllib3
        except ImportError as error:
            raise DataError(f"fetch needs {error.name}. Install it: pip install 'pinejax[data]'") from None
        self.manners = manners or Manners()
        self._retry_context = stamina.retry_context
        pool: dict[str, Any] = {
            "maxsize": self.manners.n_parallel,
            "retries": urllib3.Retry(None, connect=0, read=0, status=0, other=0, redirect=_REDIRECTS, respect_retry_after_header=False),
        }
        self._direct = urllib3.PoolManager(**pool)
        self._proxies = {scheme: urllib3.ProxyManager(url, **pool) for scheme, url in _proxies()}
        self._lock = threading.Lock()
        self._next = 0.0

    def get(self, url: str) -> bytes | None:
        """The body; None where the server has no such thing (404). A password in the URL is in no error.

        Errors: DataError after the last attempt, and at once for an answer that will not change (such as 403).
        """
        m = self.manners
        try:
            for attempt in self._retry_context(
                on=_wait,
                attempts=m.attempts,
                timeout=None,
                wait_initial=m.wait_initial_s,
                wait_max=m.wait_max_s,
                wait_jitter=m.wait_initial_s,
            ):
                with attempt:
                    return self._once(url)
        except _Again as error:
            raise DataError(
                f"{without_passwords(url)}: {error}, after {m.attempts} attempts. Try again later; what was fetched is kept."
            ) from None
        raise AssertionError("a retry context gives a result or raises")

    def _once(self, url: str) -> bytes | None:
        import urllib3

        self._keep_pace()
        try:
            timeout = urllib3.Timeout(connect=self.manners.silence_s, read=self.manners.silence_s)
            response = self._pool(url).request("GET", url, timeout=timeout, preload_content=False, redirect=True)
        except urllib3.exceptions.HTTPError as error:
            raise _Again(f"no answer ({_reason(error)})") from None
        try:
            return self._body(response, url)
        except urllib3.exceptions.HTTPError as error:
            raise _Again(f"the body broke off ({_reason(error)})") from None
        finally:
            response.close()
            response.release_conn()

    def _pool(self, url: str) -> urllib3.PoolManager:
        """Through the proxy that the environment names (`https_proxy`, `no_proxy`), as other programs do; never to this machine itself."""
        split = urllib.parse.urlsplit(url)
        host = split.hostname or ""
        if host in _LOOPBACK or urllib.request.proxy_bypass(host):
            return self._direct
        return self._proxies.get(split.scheme, self._direct)

    def _body(self, response: urllib3.BaseHTTPResponse, url: str) -> bytes | None:
        if response.status == NOT_FOUND:
            response.drain_conn()
            return None
        if response.status in _SLOW_DOWN or response.status >= 500:
            after = _seconds(response.headers.get("Retry-After"))
            if after > self.manners.longest_wait_s:
                raise DataError(
                    f"{without_passwords(url)}: the server answered {response.status} and asks to wait {after:g} s. Try again then; "
                    "what was fetched is kept."
                )
            self._pause(after)
            raise _Again(f"the server answered {response.status}", after)
        if response.status != 200:
            text = response.read(200).decode(errors="replace").strip()
            raise DataError(
                f"{without_passwords(url)}: the server answered {response.status} {text}. Check the address, the market and the symbol."
            )
        deadline, parts = time.monotonic() + self.manners.body_s, []
        for chunk in response.stream(_CHUNK):
            parts.append(chunk)
            if time.monotonic() > deadline:
                raise _Again(f"the body took longer than {self.manners.body_s:g} s")
        return b"".join(parts)

    def _keep_pace(self) -> None:
        with self._lock:
            now = time.monotonic()
            mine = max(now, self._next)
            self._next = mine + 1.0 / self.manners.n_per_s
        time.sleep(max(0.0, mine - now))

    def _pause(self, seconds: float) -> None:
        """No thread asks before: a server that is told to wait by one of them means all."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


def _proxies() -> list[tuple[str, str]]:
    return [(scheme, url) for scheme, url in urllib.request.getproxies().items() if scheme in ("http", "https") and url.startswith("http")]


def _wait(error: Exception) -> bool | float:
    return (error.after_s or True) if isinstance(error, _Again) else False


def _seconds(header: str | None) -> float:
    """Retry-After in seconds; 0 where there is none or it is a date."""
    return float(header) if header and header.strip().isdigit() else 0.0


def _reason(error: Exception) -> str:
    error = getattr(error, "reason", None) or error  # What urllib3 wraps in its count of retries.
    return without_passwords(str(error).split(": ", 1)[-1]) or type(error).__name__
