// Of more trades in sight only the chosen one has its signal and its result beside it.
const MOST_NAMED = 24;
// Of more a trade is a point at its entry: triangles would lie on each other, and dragging the chart would lag.
const MOST_DRAWN = 3000;
// Writes texts with a halo; one that would lie on another is left out.
function labels(g, paper, width) {
  const boxes = [];
  g.font = `11px ${getComputedStyle(document.body).fontFamily}`; g.textAlign = "center"; g.textBaseline = "middle"; g.lineWidth = 3; g.strokeStyle = paper;
  return (text, middle, y, shade) => {
    const half = g.measureText(text).width / 2 + 2, x = Math.max(half, Math.min(middle, width - half));
    if (boxes.some((box) => Math.abs(box.x - x) < box.half + half && Math.abs(box.y - y) < 13)) return;
    boxes.push({ x, y, half });
    g.fillStyle = shade;
    g.strokeText(text, x, y); g.fillText(text, x, y);
  };
}

// Trades drawn on the candles: triangles for entries, dots for exits, a line between them. A primitive of lightweight-charts.
class TradeMarks {
  constructor(spots, chosen) {
    this.spots = spots; // () => [{trade, from, to, entry, exit, direction, pnl, name, result}], from and to being times of bars, by entry
    this.chosen = chosen;
    this.views = [{ zOrder: () => "top", renderer: () => ({ draw: (target) => this.draw(target) }) }];
  }
  attached({ chart, series, requestUpdate }) { Object.assign(this, { chart, series, update: requestUpdate }); }
  paneViews() { return this.views; }
  updateAllViews() {}

  // Where each visible trade lies on the pane, in CSS pixels.
  placed() {
    const range = this.chart.timeScale().getVisibleRange();
    if (!range) return [];
    const x = (time) => this.chart.timeScale().timeToCoordinate(time);
    return this.spots()
      .filter((spot) => spot.to >= range.from && spot.from <= range.to)
      .map((spot) => ({ ...spot, x1: x(spot.from), x2: x(spot.to), y1: this.series.priceToCoordinate(spot.entry), y2: this.series.priceToCoordinate(spot.exit) }))
      .filter((spot) => spot.x1 !== null && spot.x2 !== null && spot.y1 !== null && spot.y2 !== null);
  }

  draw(target) {
    const gain = colour("gain"), loss = colour("loss"), ink = colour("ink"), paper = colour("paper"), chosen = this.chosen();
    target.useMediaCoordinateSpace(({ context: g, mediaSize }) => {
      const placed = this.placed(), crowd = placed.length > MOST_DRAWN, size = placed.length > 400 ? 2.5 : placed.length > 120 ? 4 : 6;
      placed.sort((a, b) => (a.trade === chosen) - (b.trade === chosen));
      for (const spot of placed) {
        const mine = spot.trade === chosen, shade = spot.pnl >= 0 ? gain : loss, s = mine ? 8 : size;
        g.globalAlpha = chosen === null || mine ? 1 : 0.55;
        g.strokeStyle = g.fillStyle = shade;
        if (crowd && !mine) { g.fillRect(spot.x1 - 1, spot.y1 - 1, 2, 2); continue; }
        g.lineWidth = mine ? 2.5 : 1.25;
        g.setLineDash(mine ? [] : [3, 3]);
        g.beginPath(); g.moveTo(spot.x1, spot.y1); g.lineTo(spot.x2, spot.y2); g.stroke();
        g.setLineDash([]);
        g.beginPath(); g.arc(spot.x2, spot.y2, s * 0.55, 0, 7); g.fill();
        const up = spot.direction > 0 ? 1 : -1;
        g.fillStyle = mine ? shade : ink; g.strokeStyle = paper; g.lineWidth = 1;
        g.beginPath(); g.moveTo(spot.x1, spot.y1 - up * s * 0.2); g.lineTo(spot.x1 - s, spot.y1 + up * s * 1.5); g.lineTo(spot.x1 + s, spot.y1 + up * s * 1.5); g.closePath();
        g.fill(); g.stroke();
      }
      g.globalAlpha = 1;
      const name = labels(g, paper, mediaSize.width);
      for (const spot of placed.reverse()) {
        if (placed.length > MOST_NAMED && spot.trade !== chosen) continue;
        const up = spot.direction > 0 ? 1 : -1, s = spot.trade === chosen ? 8 : size;
        name(spot.result, spot.x2, spot.y2 - up * (s * 0.55 + 9), spot.pnl >= 0 ? gain : loss);
        name(spot.name, spot.x1, spot.y1 + up * (s * 1.5 + 10), ink);
      }
    });
  }

  // The trade nearest to a point of the pane, or null where none is near.
  hit(x, y) {
    let best = null, least = 18;
    for (const spot of this.placed()) {
      const dx = spot.x2 - spot.x1, dy = spot.y2 - spot.y1;
      const along = Math.max(0, Math.min(1, ((x - spot.x1) * dx + (y - spot.y1) * dy) / (dx * dx + dy * dy || 1)));
      const away = Math.hypot(x - spot.x1 - along * dx, y - spot.y1 - along * dy);
      if (away < least) [best, least] = [spot.trade, away];
    }
    return best;
  }
}
