// Candles with the trades on them. Click, or the arrow keys, choose a trade; + and - zoom.
function candleChart(host) {
  const chart = LightweightCharts.createChart(host, chartOptions());
  const candles = chart.addSeries(LightweightCharts.CandlestickSeries, { priceLineVisible: false });
  let spots = [];
  const marks = new TradeMarks(() => spots, () => state.trade);
  candles.attachPrimitive(marks);
  candles.attachPrimitive(new Shades(barsOf));
  const said = reading(host);
  zoomOnlyWithKey(host);

  function paint() {
    chart.applyOptions(chartOptions());
    const edge = colour("candle");
    candles.applyOptions({ upColor: colour("paper"), downColor: colour("candle-fill"), borderUpColor: edge, borderDownColor: edge, wickUpColor: edge, wickDownColor: edge });
  }
  function fill() {
    const bars = barsOf(current()), trades = tradesOf(current());
    const rows = bars ? [...bars.time].map((time, i) => ({ time, open: bars.open[i], high: bars.high[i], low: bars.low[i], close: bars.close[i] })) : [];
    candles.applyOptions({ priceFormat: { type: "price", precision: bars ? bars.decimals : 2, minMove: 10 ** -(bars ? bars.decimals : 2) } });
    candles.setData(rows);
    spots = [];
    for (let i = 0; bars && trades && i < trades.n; i++) {
      const bar = (time) => bars.time[placeOf(bars.time, time)];
      spots.push({ trade: i, from: bar(trades.entry_time[i]), to: bar(trades.exit_time[i]), entry: trades.entry_price[i], exit: trades.exit_price[i], direction: trades.direction[i], pnl: trades.pnl[i], name: trades.signals[trades.entry_signal[i]], result: money(trades.pnl[i]) });
    }
    const merged = $("#chart .merged");
    merged.hidden = !(bars && bars.each > 1);
    if (!merged.hidden) merged.textContent = say("chart.merged", { n: bars.each, ltf: current().ltf });
    if (DATA.datasets.length > 1) $("#chart .legend").textContent = current().name;
    describe(host, bars ? say("described.candles", { n: grouped(bars.n, 0), start: clock(bars.time[0]), end: clock(bars.time[bars.n - 1]), trades: grouped(trades ? trades.n : 0, 0) }) : "");
    start();
    tellBar();
  }
  // The last few hundred candles: all of them would be a smear.
  function start() {
    const n = barsOf(current()) ? barsOf(current()).n : 0, shown = Math.max(80, Math.min(300, host.clientWidth / 4));
    if (n) chart.timeScale().setVisibleLogicalRange({ from: Math.max(n - shown, 0), to: n + 3 });
  }
  function show(trade) {
    const bars = barsOf(current());
    if (trade === null || !bars || !spots[trade]) return marks.update && marks.update();
    const from = placeOf(bars.time, spots[trade].from), to = placeOf(bars.time, spots[trade].to);
    const seen = chart.timeScale().getVisibleLogicalRange(), wide = Math.max(to - from + 20, Math.min(seen ? seen.to - seen.from : 160, 300));
    if (!seen || from < seen.from + 2 || to > seen.to - 2) chart.timeScale().setVisibleLogicalRange({ from: (from + to - wide) / 2, to: (from + to + wide) / 2 });
    marks.update();
    tellBar(spots[trade].to);
  }
  function tellBar(time, trade = null) {
    const bars = barsOf(current());
    if (!bars || !bars.n) return said.replaceChildren();
    const i = time === undefined ? bars.n - 1 : placeOf(bars.time, time), price = (v) => v.toFixed(bars.decimals);
    said.replaceChildren(make("span", {}, clock(bars.time[i])), ...["open", "high", "low", "close"].map((k) => make("span", {}, k[0].toUpperCase() + " ", make("b", {}, price(bars[k][i])))), ...(trade === null ? [] : [tradeSpan(trade)]));
  }
  // The trade under the pointer, in a few words.
  function tradeSpan(i) {
    const trades = tradesOf(current()), exit = trades.is_open[i] ? say("trade.open") : trades.signals[trades.exit_signal[i]];
    return make("span", {}, `${say("trade.number")} ${i + 1} ${say(trades.direction[i] > 0 ? "long" : "short")}, ${trades.signals[trades.entry_signal[i]]} to ${exit} `, make("b", { class: tone(trades.pnl[i]) }, `${money(trades.pnl[i])} (${percent(trades.rate[i])})`));
  }
  chart.subscribeCrosshairMove((move) => tellBar(move.time, move.point ? marks.hit(move.point.x, move.point.y) : null));
  chart.subscribeClick((click) => {
    if (!click.point) return;
    const trade = marks.hit(click.point.x, click.point.y);
    if (trade !== null) chooseTrade(trade);
  });
  keys(host, chart, { ArrowLeft: () => stepTrade(-1), ArrowRight: () => stepTrade(1) });
  const go = { previous: () => stepTrade(-1), next: () => stepTrade(1), best: () => extremeTrade(1), worst: () => extremeTrade(-1), whole: () => chart.timeScale().fitContent() };
  $$("#chart [data-go]").forEach((button) => button.addEventListener("click", () => go[button.dataset.go]()));
  on("theme", () => { paint(); marks.update && marks.update(); });
  on("dataset", fill);
  on("trade", show);
  paint();
  fill();
  return { chart, host, marks };
}
