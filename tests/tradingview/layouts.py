"""A few trades written as exports of many kinds: languages, separators, numbers, dates, orders of rows. Not the code that reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

ENGLISH = (
    "Trade #", "Type", "Date and time", "Signal", "Price USDT", "Position size (qty)", "Position size (value)", "Net P&L USDT", "Net P&L %",
    "Favorable excursion USDT", "Favorable excursion %", "Adverse excursion USDT", "Adverse excursion %", "Cumulative P&L USDT",
    "Cumulative P&L %",
)  # fmt: skip
TYPES = ("Entry long", "Exit long", "Entry short", "Exit short")
FIELDS = ("number", "type", "date", "signal", "price", "qty", "value", "pnl", "pnl%", "mfe", "mfe%", "mae", "mae%", "cum", "cum%")


@dataclass(frozen=True)
class Plain:
    """One trade as it is meant. Times are the chart's wall clock."""

    number: int
    direction: int
    entry: str
    entry_price: float
    leave: str
    exit_price: float
    qty: float
    pnl: float
    mfe: float = 5.25
    mae: float = -3.5
    signal: str = "L"
    exit_signal: str = "flat"


# A gain and a loss of a thousand, prices above a thousand, a short, an open one; a size with four decimals.
TRADES = (
    Plain(1, 1, "2025-03-31 08:15", 1807.82, "2025-03-31 09:45", 1781.28, 547.6178, -14533.78),
    Plain(2, -1, "2025-03-31 14:30", 1780.5, "2025-04-01 00:00", 1762.25, 1.0, 18.25),
    Plain(3, 1, "2025-04-13 23:45", 1564.0, "2025-04-14 12:00", 1566.69, 12.5, 33.63),
    Plain(4, -1, "2025-05-02 07:00", 2001.0, "2025-05-02 22:15", 1999.99, 0.25, 0.25, exit_signal="Open"),
)


@dataclass(frozen=True)
class Layout:
    """How a file is written. numbers: from a value to a cell; dates: from a wall-clock time to a cell; drop: columns left out."""

    header: Sequence[str] = ENGLISH
    types: Sequence[str] = TYPES
    open_word: str = "Open"
    separator: str = ","
    numbers: Callable[[float], str] = lambda x: f"{x:.10g}"
    dates: Callable[[datetime], str] = lambda t: t.strftime("%Y-%m-%d %H:%M")
    entry_first: bool = False
    encoding: str = "utf-8-sig"
    line_end: str = "\n"
    drop: tuple[str, ...] = ()
    order: Sequence[str] = field(default=FIELDS)

    def write(self, trades: Sequence[Plain] = TRADES, shift: timedelta = timedelta(), scale: float = 1.0) -> bytes:
        """The file's bytes. shift: added to every time; scale: every price times that."""
        names = dict(zip(FIELDS, self.header, strict=True))
        wanted = [name for name in self.order if name not in self.drop]
        lines = [self.separator.join(self._quoted(names[name]) for name in wanted)]
        total = 0.0
        for trade in trades:
            total += trade.pnl
            rows = [self._row(trade, False, total, shift, scale), self._row(trade, True, total, shift, scale)]
            for row in rows[::-1] if self.entry_first else rows:
                lines.append(self.separator.join(self._quoted(row[name]) for name in wanted))
        return self.line_end.join(lines).encode(self.encoding)

    def _row(self, trade: Plain, is_entry: bool, total: float, shift: timedelta, scale: float) -> dict[str, str]:
        when = datetime.fromisoformat(trade.entry if is_entry else trade.leave) + shift
        exit_signal = self.open_word if trade.exit_signal == "Open" else trade.exit_signal
        n = self.numbers
        return {
            "number": str(trade.number), "type": self.types[(0 if is_entry else 1) + (0 if trade.direction > 0 else 2)],
            "date": self.dates(when), "signal": trade.signal if is_entry else exit_signal,
            "price": n(scale * (trade.entry_price if is_entry else trade.exit_price)), "qty": n(trade.qty),
            "value": n(trade.qty * trade.entry_price),
            "pnl": n(trade.pnl), "pnl%": n(1.5), "mfe": n(trade.mfe), "mfe%": n(0.15), "mae": n(trade.mae), "mae%": n(-0.5),
            "cum": n(total), "cum%": n(total / 1e4),
        }  # fmt: skip

    def _quoted(self, cell: str) -> str:
        return f'"{cell}"' if self.separator in cell or '"' in cell else cell


def grouped(mark: str, thousands: str, minus: str = "-") -> Callable[[float], str]:
    """Numbers such as 14.533,78: with a decimal mark, a thousands separator and a minus sign."""

    def write(value: float) -> str:
        whole, _, rest = f"{abs(value):,.4f}".rstrip("0").rstrip(".").partition(".")
        return (minus if value < 0 else "") + whole.replace(",", thousands) + (mark + rest if rest else "")

    return write


def named(header: str, types: str, open_word: str, **more: object) -> Layout:
    """A layout in another language; the header's words separated by `|`."""
    return replace(Layout(tuple(header.split("|")), tuple(types.split("|")), open_word), **more)  # type: ignore[arg-type]


COMMA = {"separator": ";", "numbers": grouped(",", ".")}
LANGUAGES = {
    "english, older": replace(
        Layout((
            "Trade #", "Type", "Date/Time", "Signal", "Price", "Contracts", "Value", "Profit USD", "Profit %", "Run-up USD", "Run-up %",
            "Drawdown USD", "Drawdown %", "Cum. Profit USD", "Cum. Profit %",
        ), ("Entry Long", "Exit Long", "Entry Short", "Exit Short")),
        entry_first=True,
        order=("number", "type", "signal", "date", "price", "qty", "pnl", "pnl%", "cum", "cum%", "mfe", "mfe%", "mae", "mae%"),
    ),
    "english, another": Layout((
        "Trade number", "Type", "Date and time", "Signal", "Price USDT", "Size (qty)", "Size (value)", "Net PnL USD", "Net PnL %",
        "Favorable excursion USD", "Favorable excursion %", "Adverse excursion USD", "Adverse excursion %", "Cumulative PnL USD",
        "Cumulative PnL %",
    )),
    "german": named(
        "Trade-Nr.|Typ|Datum und Uhrzeit|Signal|Preis USDT|Positionsgröße (Menge)|Positionsgröße (Wert)|Netto-G&V USDT|Netto-G&V %|"
        "Günstige Abweichung USDT|Günstige Abweichung %|Ungünstige Abweichung USDT|Ungünstige Abweichung %|"
        "Kumulierter G&V USDT|Kumulierter G&V %",
        "Einstieg Long|Ausstieg Long|Einstieg Short|Ausstieg Short", "Offen", dates=lambda t: t.strftime("%d.%m.%Y %H:%M"), **COMMA,
    ),
    "spanish": named(
        "N.º de operación|Tipo|Fecha y hora|Señal|Precio USDT|Tamaño de la posición (cant.)|"
        "Tamaño de la posición (valor)|PyG netas USDT|PyG netas %|"
        "Excursión favorable USDT|Excursión favorable %|Excursión adversa USDT|Excursión adversa %|PyG acumuladas USDT|PyG acumuladas %",
        "Entrada en largo|Salida en largo|Entrada en corto|Salida en corto", "Abierto",
        dates=lambda t: t.strftime("%d/%m/%Y %H:%M"), **COMMA,
    ),
    "french": named(
        "Trade n°|Type|Date et heure|Signal|Prix USDT|Taille de la position (qté)|Taille de la position (valeur)|P&L net USDT|P&L net %|"
        "Excursion favorable USDT|Excursion favorable %|Excursion défavorable USDT|Excursion défavorable %|P&L cumulé USDT|P&L cumulé %",
        "Entrée longue|Sortie longue|Entrée courte|Sortie courte", "Ouvert", separator=";", numbers=grouped(",", "\u202f", "\u2212"),
        dates=lambda t: t.strftime("%d/%m/%Y %H:%M"),
    ),
    "italian": named(
        "Operazione #|Tipo|Data e ora|Segnale|Prezzo USDT|Dimensione posizione (qtà)|Dimensione posizione (valore)|"
        "P&L netto USDT|P&L netto %|"
        "Escursione favorevole USDT|Escursione favorevole %|Escursione sfavorevole USDT|Escursione sfavorevole %|"
        "P&L cumulativo USDT|P&L cumulativo %",
        "Entrata long|Uscita long|Entrata short|Uscita short", "Aperto", **COMMA,
    ),
    "portuguese": named(
        "Nº do trade|Tipo|Data e hora|Sinal|Preço USDT|Tamanho da posição (qtd)|Tamanho da posição (valor)|"
        "L&P líquido USDT|L&P líquido %|"
        "Excursão favorável USDT|Excursão favorável %|Excursão desfavorável USDT|Excursão desfavorável %|"
        "L&P acumulado USDT|L&P acumulado %",
        "Entrada comprada|Saída comprada|Entrada vendida|Saída vendida", "Aberto", **COMMA,
    ),
    "russian": named(
        "№ сделки|Тип|Дата и время|Сигнал|Цена USDT|Размер позиции (кол-во)|Размер позиции (значение)|Чистые ПР/УБ USDT|Чистые ПР/УБ %|"
        "Благоприятное отклонение USDT|Благоприятное отклонение %|Неблагоприятное отклонение USDT|Неблагоприятное отклонение %|"
        "Совокупные ПР/УБ USDT|Совокупные ПР/УБ %",
        "Вход в длинную|Выход из длинной|Вход в короткую|Выход из короткой", "Открыта", separator=";", numbers=grouped(",", "\u00a0"),
        dates=lambda t: t.strftime("%d.%m.%Y %H:%M"),
    ),
    "chinese": named(
        "交易编号|类型|日期和时间|信号|价格 USDT|仓位大小（数量）|仓位大小（价值）|净损益 USDT|净损益 %|有利波动 USDT|"
        "有利波动 %|不利波动 USDT|不利波动 %|"
        "累计损益 USDT|累计损益 %",
        "多头进场|多头出场|空头进场|空头出场", "未平仓", dates=lambda t: t.strftime("%Y/%m/%d %H:%M"),
    ),
    "japanese": named(
        "トレード番号|タイプ|日時|シグナル|価格 USDT|ポジションサイズ（数量）|ポジションサイズ（価値）|純損益 USDT|"
        "純損益 %|有利な変動 USDT|有利な変動 %|"
        "不利な変動 USDT|不利な変動 %|累積損益 USDT|累積損益 %",
        "ロングエントリー|ロング決済|ショートエントリー|ショート決済", "オープン", dates=lambda t: t.strftime("%Y年%m月%d日 %H:%M"),
    ),
    "turkish": named(
        "İşlem #|Tür|Tarih ve saat|Sinyal|Fiyat USDT|Pozisyon büyüklüğü (miktar)|Pozisyon büyüklüğü (değer)|Net K&Z USDT|Net K&Z %|"
        "Olumlu sapma USDT|Olumlu sapma %|Olumsuz sapma USDT|Olumsuz sapma %|Kümülatif K&Z USDT|Kümülatif K&Z %",
        "Uzun giriş|Uzun çıkış|Kısa giriş|Kısa çıkış", "Açık", dates=lambda t: t.strftime("%d.%m.%Y %H:%M"), **COMMA,
    ),
    # No word of it is known: told by structure alone. (No open trade can be told then.)
    "unknown": named("a|b|c|d|e|f|g|h|h %|i|i %|j|j %|k|k %", "qo'|lol|Daq|mev", "Open"),
}  # fmt: skip
WRITINGS = {
    "utf-8 without a mark": Layout(encoding="utf-8"),
    "utf-16": Layout(encoding="utf-16"),
    "utf-16 without a mark": Layout(encoding="utf-16-le"),
    "tabs, CRLF": Layout(separator="\t", line_end="\r\n"),
    "thousands": Layout(numbers=grouped(".", ",")),
    "apostrophes": Layout(separator=";", numbers=grouped(".", "’")),
    "minus sign": Layout(numbers=grouped(".", "", "\u2212")),
    "decimal comma, quoted": Layout(numbers=grouped(",", "\u00a0")),
    "with currency": Layout(numbers=lambda x: f"{x:.10g} USDT"),
    "iso": Layout(dates=lambda t: t.isoformat()),
    "seconds and zone": Layout(dates=lambda t: t.strftime("%Y-%m-%dT%H:%M:%SZ")),
    "american": Layout(dates=lambda t: t.strftime("%m/%d/%Y %I:%M %p")),
    "american, short": Layout(
        dates=lambda t: f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}:{t.minute:02d} {'PM' if t.hour > 11 else 'AM'}"
    ),
    "month by name": Layout(dates=lambda t: t.strftime("%b %d, %Y, %H:%M")),
    "entry first": Layout(entry_first=True),
    "few columns": Layout(drop=("value", "mfe", "mfe%", "mae", "mae%", "cum", "cum%", "pnl%")),
}
