"""The words of TradingView's exports in its languages, to tell columns and rows by. Nothing here reads a file."""

from __future__ import annotations

import re
import unicodedata

NUMBER, TYPE, DATE, SIGNAL, PRICE, QTY = "number", "type", "date", "signal", "price", "qty"
PNL, MFE, MAE, CUMULATIVE, VALUE = "pnl", "mfe", "mae", "cumulative", "value"

# Tried in this order: "unfavourable" has "favourable" in it, a cumulative P&L is also a P&L. Patterns in the form that `plain` gives.
HEADERS: tuple[tuple[str, str], ...] = (
    (CUMULATIVE, r"cum|kum|совокуп|накоп|累|누적"),
    (MAE, r"advers|unfav|defav|sfav|desfav|avvers|drawdown|ungunst|неблаг|просад|不利|逆行|ドローダウン|回撤|回落|aleyh|olumsuz|불리"),
    (MFE, r"favou?r|run-?up|gunst|anstieg|благоп|макс\S* рост|有利|順行|ランアップ|上涨|上漲|浮盈|lehte|olumlu|유리"),
    (DATE, r"date|datum|zeit|fecha|heure|\bdata\b|дата|время|日期|时间|時間|日時|日付|時刻|tarih|날짜"),
    (SIGNAL, r"signal|senal|segnale|sinal|сигнал|信号|訊號|信號|シグナル|sinyal|신호"),
    (NUMBER, r"#|\b(?:no|nr|n\.?o|num\w*)\b|n°|番号|编号|編號|号码|號碼|序号|序號"),
    (TYPE, r"type|\btyp\b|\btipo\b|\bтип\b|类型|類型|种类|種類|種別|タイプ|\btur\b|\btip\b|유형"),
    (VALUE, r"value|wert|valor|valeur|стоимост|значен|价值|價值|金额|金額|価値|deger"),
    (
        QTY,
        r"qty|quant|contra[ct]|contratt|kontra|menge|stuck|cant\b|cantidad|qte\b|qta\b|qtd|кол-?во|колич|контракт|数量|數量|合约|合約|契約"
        r"|コントラクト|miktar|adet|sozlesme|size|gro(?:ss|ß)e|tamano|taille|dimension|tamanho|размер|大小|サイズ|buyuklu|수량",
    ),
    (
        PNL,
        r"p&l|pnl|p/l|profit|gewinn|g&v|guv|g/v|pyg|p&g|ganancia|beneficio|benefice|resultat|utile|lucro|l&p|прибыл|пр/уб|盈亏|盈虧|损益|損益"
        r"|利润|利潤|获利|獲利|利益|k&z|k/z|\bkar\b|수익",
    ),
    (PRICE, r"price|preis|kurs|precio|prix|cours|prezzo|preco|цена|价|價|価格|fiyat|가격"),
)

ENTRY = (
    r"entry|einstieg|eintritt|eingang|eroffn|entrada|entree|entrata|ingresso|вход|进场|進場|入场|入場|开仓|開倉|建仓|建倉|エントリー|新規"
    r"|giris|진입"
)
EXIT = (
    r"exit|ausstieg|austritt|ausgang|schlie(?:ss|ß)|salida|sortie|uscita|saida|выход|出场|出場|离场|離場|平仓|平倉|エグジット|イグジット|決済"
    r"|手仕舞|cikis|청산"
)
SHORT = r"short|verkauf|kurz|cort[oa]|venta|court|vente|vend|curt[oa]|корот|шорт|продаж|空|卖|賣|売|ショート|kisa|satis|숏|매도"
LONG = r"long|kauf|larg[oa]|compra|achat|achet|lung[oa]|comprad|длин|лонг|покуп|多|买|買|ロング|uzun|alis|롱|매수"
# The exit signal of a trade that was still open when the list was exported.
OPEN = (
    r"open(?:ed)?|offen|geoffnet|abiert[oa]|abrir|ouverte?|ouvrir|apert[oa]|apri|abert[oa]|открыт[ао]?|открыть|打开|打開|开仓|開倉|未平仓|未平倉"
    r"|持仓|持倉|開|开|オープン|未決済|保有中|acik|ac|otwarta|열림|오픈|미결제"
)


def plain(text: str) -> str:
    """Lower case, without accents, compatibility forms (№, full width) spelled out, spaces made single."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).replace("ı", "i")
    return re.sub(r"\s+", " ", bare).strip()


def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern written with its accents, as `plain` texts are searched."""
    decomposed = unicodedata.normalize("NFKD", pattern)
    return re.compile("".join(c for c in decomposed if not unicodedata.combining(c)))


_HEADERS = tuple((meaning, _compiled(pattern)) for meaning, pattern in HEADERS)
_ENTRY, _EXIT, _SHORT, _LONG, _OPEN = map(_compiled, (ENTRY, EXIT, SHORT, LONG, OPEN))


def meaning_of(header: str) -> str:
    """What a column holds by its header, empty where no word is known. Percentages mean nothing here."""
    text = plain(header)
    if "%" in text or "percent" in text or "prozent" in text:
        return ""
    return next((meaning for meaning, pattern in _HEADERS if pattern.search(text)), "")


def kind_of(text: str) -> tuple[bool, int] | None:
    """(is an entry, direction) of a text such as `Exit short`; None where its words are not known."""
    words = plain(text)
    is_entry, is_exit = bool(_ENTRY.search(words)), bool(_EXIT.search(words))
    direction = -1 if _SHORT.search(words) else 1 if _LONG.search(words) else 0
    return (is_entry, direction) if is_entry != is_exit and direction else None


def says_open(signal: str) -> bool:
    """Whether an exit signal is TradingView's word for a trade that has not been closed."""
    return bool(_OPEN.fullmatch(plain(signal)))
