from __future__ import annotations

import pytest

from pinejax.core.secrets import without_passwords


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:secret@host:5432/db",
        "postgresql://me:se@cret@host/db",
        "mysql://:secret@host",
        "https://me:it's@secret@host/data",
        "https://me:\"secret'@host/data: the server answered 403",
        "postgresql://host/db?user=me&password=secret&x=1",
        "['storage.url=postgresql://me:secret@host/db']",
    ],
)
def test_no_password_is_left_in_a_url(url):
    assert "secret" not in without_passwords(url)
    assert "cret@" not in without_passwords(url)
    assert "host" in without_passwords(url)


@pytest.mark.parametrize(
    "text", ["sqlite:///outputs/studies.db", "mine.py:MyStrategy", "a@b:c", "BINANCE:BTCUSDT 5m@1h", "http://host:80/x"]
)
def test_other_text_stays_as_it_is(text):
    assert without_passwords(text) == text
