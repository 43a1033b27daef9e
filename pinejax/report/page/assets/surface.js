// The smoothed score over two parameters in bands of colour, the trials on it, the best set ringed.

// The grid as an image: between its cells' centres the score is bilinear, and a hairline is drawn where the band changes.
function bands(z, width, height, band, shades) {
  const sharp = window.devicePixelRatio || 1, w = Math.round(width * sharp), h = Math.round(height * sharp), n = z.length;
  const canvas = make("canvas");
  canvas.width = w; canvas.height = h;
  const g = canvas.getContext("2d"), image = g.createImageData(w, h), found = new Int8Array(w * h).fill(-1);
  const rgb = shades.map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  for (let y = 0; y < h; y++) {
    const v = ((h - 1 - y + 0.5) / h) * n - 0.5, j = Math.max(0, Math.min(n - 2, Math.floor(v))), b = Math.max(0, Math.min(1, v - j));
    for (let x = 0; x < w; x++) {
      const u = ((x + 0.5) / w) * n - 0.5, i = Math.max(0, Math.min(n - 2, Math.floor(u))), a = Math.max(0, Math.min(1, u - i));
      const corners = [z[j][i], z[j][i + 1], z[j + 1][i], z[j + 1][i + 1]], weights = [(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b];
      let sum = 0, weight = 0;
      corners.forEach((value, k) => { if (value !== null) { sum += value * weights[k]; weight += weights[k]; } });
      if (weight >= 0.5) found[y * w + x] = band(sum / weight);
    }
  }
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
    const at = y * w + x, k = found[at];
    if (k < 0) continue;
    const edge = (x + 1 < w && found[at + 1] >= 0 && found[at + 1] !== k) || (y + 1 < h && found[at + w] >= 0 && found[at + w] !== k);
    rgb[k].forEach((part, c) => { image.data[4 * at + c] = edge ? part * 0.72 + 40 : part; });
    image.data[4 * at + 3] = 255;
  }
  g.putImageData(image, 0, 0);
  return canvas;
}

// So many trials are drawn on it at most, evenly over all; more would hide it.
const MOST_DOTS = 600;
function surface(host) {
  return plot(host, {
    height: 380,
    axes: () => {
      const found = DATA.search.surfaces[search.objective];
      if (!found) return { x: { low: 0, high: 1 }, y: { low: 0, high: 1 } };
      const known = found.z.flat().filter((v) => v !== null), text = metricText(DATA.search.objectives[search.objective]);
      describe(host, known.length ? say("described.surface", { x: found.x, y: found.y, low: text(+Math.min(...known).toPrecision(3)), high: text(+Math.max(...known).toPrecision(3)) }) : "");
      const by = (name) => DATA.search.parameters.find((p) => p.name === name);
      return { title: found.y, x: { ...by(found.x), name: found.x, options: undefined }, y: by(found.y) };
    },
    draw: (g, x, y, box) => {
      const found = DATA.search.surfaces[search.objective];
      if (!found) return [];
      const known = found.z.flat().filter((v) => v !== null), low = Math.min(...known), high = Math.max(...known), n = found.z.length;
      const shades = maximised() ? ramp() : ramp().reverse(), band = (v) => Math.max(0, Math.min(shades.length - 1, Math.floor(((v - low) / (high - low || 1)) * shades.length)));
      g.drawImage(bands(found.z, Math.round(box.right - box.left), Math.round(box.bottom - box.top), band, shades), box.left, box.top, box.right - box.left, box.bottom - box.top);
      const a = DATA.search.parameters.find((p) => p.name === found.x), b = DATA.search.parameters.find((p) => p.name === found.y), points = [];
      const each = Math.ceil(a.values.length / MOST_DOTS);
      a.values.forEach((u, i) => {
        if (u === null || b.values[i] === null || scores()[i] === null || violated(i) || i % each) return;
        const at = [x(u), y(b.values[i])];
        dot(g, at[0], at[1], 2.4, faded(colour("ink"), 0.7)); dot(g, at[0], at[1], 1.5, colour("paper"));
        points.push({ x: at[0], y: at[1], text: () => trialText(i) });
      });
      const i = bestPlace();
      if (i >= 0 && a.values[i] !== null && b.values[i] !== null) { dot(g, x(a.values[i]), y(b.values[i]), 8, null, colour("paper")); ringBest(g, x(a.values[i]), y(b.values[i])); }
      // The scale.
      g.textBaseline = "top"; g.fillStyle = colour("soft");
      const x0 = box.right - 150;
      shades.forEach((shade, k) => { g.fillStyle = shade; g.fillRect(x0 + (k * 90) / shades.length, 6, 90 / shades.length, 9); });
      g.fillStyle = colour("soft"); g.textAlign = "right"; const text = metricText(DATA.search.objectives[search.objective]); g.fillText(text(+low.toPrecision(3)), x0 - 5, 5); g.textAlign = "left"; g.fillText(text(+high.toPrecision(3)), x0 + 95, 5);
      return points;
    },
  });
}
