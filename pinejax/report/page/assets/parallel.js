// Parallel coordinates: the score and the most important parameters, a line for each trial, drawn from the worst to the best.
const MOST_LINES = 800;
function parallel(host) {
  const redraw = plot(host, {
    height: 320,
    axes: () => ({ x: { low: 0, high: 1 }, y: { low: 0, high: 1 } }),
    draw: (g, px, py, frame) => {
      const width = host.clientWidth, values = scores(), fence = fenced(values, maximised());
      const columns = [{ name: nameOfMetric(DATA.search.objectives[search.objective].name), values, low: fence.low, high: fence.high, text: fence.text, score: true }, ...byImportance().slice(0, width < 600 ? 3 : 8)];
      g.clearRect(0, 0, width, 320);
      const left = 44, right = width - 56, top = 30, bottom = 300, n = columns.length;
      const place = columns.map((_, k) => left + (n > 1 ? (k / (n - 1)) * (right - left) : 0));
      const axes = columns.map((c) => axisOf(c.kind === "choice" ? { options: c.options } : c, 5));
      const at = (k, v) => bottom - axes[k].at(columns[k].score ? fence.hold(v) : v) * (bottom - top);
      let order = values.map((v, i) => i).filter((i) => values[i] !== null && !violated(i)).sort((i, j) => (maximised() ? values[i] - values[j] : values[j] - values[i]));
      const all = order.length;
      if (all > MOST_LINES) order = order.filter((_, rank) => rank >= all - MOST_LINES / 4 || rank % Math.ceil((all / MOST_LINES) * 1.34) === 0);
      const shades = ramp(), best = bestPlace();
      order.forEach((i, rank) => line(i, shades[Math.min(shades.length - 1, Math.floor((rank / order.length) * shades.length))], 1, 0.55));
      if (best >= 0 && values[best] !== null) {
        line(best, colour("mark"), 2.5, 1);
        columns.forEach((column, k) => { if (column.values[best] !== null) dot(g, place[k], at(k, spot(column, best)), 4, colour("mark")); });
      }
      function spot(column, i) { return column.values[i] + (column.kind === "choice" ? 0.3 * spread(i) : 0); }
      function line(i, shade, wide, alpha) {
        g.globalAlpha = alpha; g.strokeStyle = shade; g.lineWidth = wide; g.beginPath();
        let on_ = false;
        columns.forEach((column, k) => {
          if (column.values[i] === null) { on_ = false; return; }
          g[on_ ? "lineTo" : "moveTo"](place[k], at(k, spot(column, i)));
          on_ = true;
        });
        g.stroke(); g.globalAlpha = 1;
      }
      columns.forEach((column, k) => {
        g.strokeStyle = colour("faint"); g.lineWidth = 1; g.beginPath(); g.moveTo(place[k], top); g.lineTo(place[k], bottom); g.stroke();
        g.textBaseline = "middle"; g.textAlign = "left"; g.lineWidth = 3; g.strokeStyle = colour("paper");
        for (const [v, text] of axes[k].ticks) {
          if (axes[k].at(v) < -0.01 || axes[k].at(v) > 1.01) continue;
          const y = bottom - axes[k].at(v) * (bottom - top);
          g.fillStyle = colour("soft"); g.strokeText(text, place[k] + 5, y); g.fillText(text, place[k] + 5, y);
        }
        g.fillStyle = colour("ink"); g.textAlign = k === 0 ? "left" : k === n - 1 ? "right" : "center"; g.textBaseline = "bottom";
        const room = (right - left) / Math.max(n - 1, 1) - 8;
        let text = column.name;
        while (text.length > 4 && g.measureText(text).width > room) text = text.slice(0, -2) + "\u2026";
        g.fillText(text, k === 0 ? 0 : k === n - 1 ? width : place[k], top - 10);
      });
      return [];
    },
  });
  return redraw;
}
