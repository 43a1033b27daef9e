// Equity against buy and hold, the drawdown below it, and which bars the search saw.
function equityChart(host) {
  const chart = LightweightCharts.createChart(host, chartOptions());
  const line = { priceLineVisible: false, lastValueVisible: true, priceFormat: { type: "custom", formatter: money, minMove: 0.01 } };
  const shades = chart.addSeries(LightweightCharts.HistogramSeries, { priceScaleId: "shade", priceLineVisible: false, lastValueVisible: false });
  const hold = chart.addSeries(LightweightCharts.LineSeries, { ...line, lineWidth: 1, lastValueVisible: false });
  const equity = chart.addSeries(LightweightCharts.LineSeries, { ...line, lineWidth: 2 });
  const drawdown = chart.addSeries(LightweightCharts.BaselineSeries, { priceLineVisible: false, lastValueVisible: false, lineWidth: 1, baseValue: { type: "price", price: 0 }, topLineColor: "transparent", topFillColor1: "transparent", topFillColor2: "transparent", priceFormat: { type: "custom", formatter: percent, minMove: 0.0001 } }, 1);
  chart.panes()[0].setStretchFactor(3);
  chart.panes()[1].setStretchFactor(1);
  chart.priceScale("shade").applyOptions({ scaleMargins: { top: 0, bottom: 0 }, visible: false });
  const said = reading(host);
  zoomOnlyWithKey(host);

  function paint() {
    chart.applyOptions(chartOptions());
    equity.applyOptions({ color: colour("accent") });
    hold.applyOptions({ color: colour("hold") });
    drawdown.applyOptions({ bottomLineColor: colour("loss"), bottomFillColor1: faded(colour("loss"), 0.14), bottomFillColor2: faded(colour("loss"), 0.14) });
    shade();
  }
  function shade() {
    const found = equityOf(current()), spans = found ? found.shades : [];
    if (!found || !spans.length) return shades.setData([]);
    const kind = (t) => spans.find((span) => t >= span.from && t < span.to);
    shades.setData([...found.time].map((time) => {
      const span = kind(time);
      return span && !span.seen ? { time, value: 1, color: faded(colour("unsure"), 0.16) } : { time };
    }));
  }
  function fill() {
    const found = equityOf(current());
    const points = (column) => (found ? [...found.time].map((time, i) => ({ time, value: column[i] })) : []);
    equity.setData(points(found && found.equity));
    hold.setData(points(found && found.hold));
    drawdown.setData(points(found && found.drawdown));
    shade();
    chart.timeScale().fitContent();
    say_(found ? found.n - 1 : -1);
  }
  function say_(i) {
    const found = equityOf(current());
    if (!found || i < 0) return said.replaceChildren();
    const item = (key, value) => make("span", { class: "key " + key }, say(key) + " ", make("b", {}, value));
    const span = found.shades.find((s) => found.time[i] >= s.from && found.time[i] < s.to);
    said.replaceChildren(
      make("span", {}, clock(found.time[i])), item("equity", money(found.equity[i])), item("hold", money(found.hold[i])), item("drawdown", percent(found.drawdown[i])),
      ...(span ? [make("span", { class: span.seen ? "" : "key out" }, say(span.seen ? "in_sample" : "out_of_sample"))] : []),
    );
  }
  chart.subscribeCrosshairMove((move) => {
    const found = equityOf(current());
    if (found) say_(move.time === undefined ? found.n - 1 : placeOf(found.time, move.time));
  });
  on("theme", paint);
  on("dataset", fill);
  paint();
  fill();
  return chart;
}
