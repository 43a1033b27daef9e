"""How a lane ended: the codes that a result carries instead of a silent number."""

OK = 0
RUINED = 1  # equity fell to zero or below at a bar's close
NON_FINITE = 2  # equity became NaN or infinite
OVERFLOW = 3  # more lots were open at once than the book holds; raise broker.max_lots

TEXT = {
    OK: "ok",
    RUINED: "equity fell to zero",
    NON_FINITE: "equity became NaN or infinite",
    OVERFLOW: "more lots open at once than the book holds: raise broker.max_lots",
}
