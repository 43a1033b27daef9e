// Equity against buy and hold, the drawdown below it, and which bars the search saw.
class Shades {
  // timesOf(dataset): {time} of the chart that is shaded.
  constructor(timesOf) {
    this.timesOf = timesOf;
    this.views = [{ zOrder: () => "bottom", renderer: () => ({ draw: (target) => this.draw(target) }) }];
  }
  attached({ chart, requestUpdate }) { Object.assign(this, { chart, update: requestUpdate }); }
  paneViews() { return this.views; }
  updateAllViews() {}
  draw(target) {
    const found = equityOf(current()), own = this.timesOf(current());
    const x = (time) => this.chart.timeScale().timeToCoordinate(own.time[placeOf(own.time, time)]);
    target.useMediaCoordinateSpace(({ context: g, mediaSize }) => {
      g.fillStyle = faded(colour("unsure"), 0.13);
      for (const span of found && own ? found.shades : []) if (!span.seen) g.fillRect(x(span.from), 0, x(span.to) - x(span.from), mediaSize.height);
    });
  }
}

function equityChart(host) {
  const chart = LightweightCharts.createChart(host, chartOptions());
  const line = { priceLineVisible: false, lastValueVisible: true, priceFormat: { type: "custom", formatter: money, minMove: 0.01 } };
  const hold = chart.addSeries(LightweightCharts.LineSeries, { ...line, lineWidth: 1, lastValueVisible: false });
  const equity = chart.addSeries(LightweightCharts.LineSeries, { ...line, lineWidth: 2 });
  const drawdown = chart.addSeries(LightweightCharts.BaselineSeries, { priceLineVisible: false, lastValueVisible: false, lineWidth: 1, baseValue: { type: "price", price: 0 }, topLineColor: "transparent", topFillColor1: "transparent", topFillColor2: "transparent", priceFormat: { type: "custom", formatter: percent, minMove: 0.0001 } }, 1);
  chart.panes()[0].setStretchFactor(3);
  chart.panes()[1].setStretchFactor(1);
  const shades = [new Shades(equityOf), new Shades(equityOf)];
  equity.attachPrimitive(shades[0]);
  drawdown.attachPrimitive(shades[1]);
  const said = reading(host);
  zoomOnlyWithKey(host);
  keys(host, chart, {});

  function paint() {
    chart.applyOptions(chartOptions());
    equity.applyOptions({ color: colour("accent") });
    hold.applyOptions({ color: colour("hold") });
    drawdown.applyOptions({ bottomLineColor: colour("loss"), bottomFillColor1: faded(colour("loss"), 0.14), bottomFillColor2: faded(colour("loss"), 0.14) });
    shades.forEach((shade) => shade.update());
  }
  function fill() {
    const found = equityOf(current());
    const points = (column) => (found ? [...found.time].map((time, i) => ({ time, value: column[i] })) : []);
    equity.setData(points(found && found.equity));
    hold.setData(points(found && found.hold));
    drawdown.setData(points(found && found.drawdown));
    shades.forEach((shade) => shade.update());
    chart.timeScale().fitContent();
    // Room for the first label of the axis.
    if (found) chart.timeScale().setVisibleLogicalRange({ from: -0.02 * found.n, to: found.n + 0.5 });
    if (found) {
      const last = found.n - 1, deepest = found.drawdown.reduce((low, v) => Math.min(low, v), 0);
      describe(host, say("described.equity", { start: clock(found.time[0]), end: clock(found.time[last]), equity: money(found.equity[last]), hold: money(found.hold[last]), drawdown: percent(deepest) }));
    }
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
  return { chart, host };
}
