// The smoothed score over two parameters in bands of colour, the trials on it, the best set ringed.
function surface(host) {
  return plot(host, {
    height: 380,
    axes: () => {
      const found = DATA.search.surfaces[search.objective];
      if (!found) return { x: { low: 0, high: 1 }, y: { low: 0, high: 1 } };
      const by = (name) => DATA.search.parameters.find((p) => p.name === name);
      return { title: found.y, x: { ...by(found.x), name: found.x, options: undefined }, y: by(found.y) };
    },
    draw: (g, x, y, box) => {
      const found = DATA.search.surfaces[search.objective];
      if (!found) return [];
      const known = found.z.flat().filter((v) => v !== null), low = Math.min(...known), high = Math.max(...known), n = found.z.length;
      const shades = maximised() ? ramp() : ramp().reverse(), band = (v) => Math.max(0, Math.min(shades.length - 1, Math.floor(((v - low) / (high - low || 1)) * shades.length)));
      const wide = (box.right - box.left) / n, tall = (box.bottom - box.top) / n;
      found.z.forEach((row, j) => row.forEach((v, i) => {
        if (v === null) return;
        g.fillStyle = shades[band(v)];
        g.fillRect(box.left + i * wide - 0.3, box.bottom - (j + 1) * tall - 0.3, wide + 0.6, tall + 0.6);
      }));
      // A hairline where the band changes: the contour.
      g.strokeStyle = faded(colour("ink"), 0.35); g.lineWidth = 0.75; g.beginPath();
      for (let j = 0; j < n; j++) for (let i = 0; i < n; i++) {
        const v = found.z[j][i], right = i + 1 < n ? found.z[j][i + 1] : null, up = j + 1 < n ? found.z[j + 1][i] : null;
        if (v === null) continue;
        if (right !== null && band(right) !== band(v)) { g.moveTo(box.left + (i + 1) * wide, box.bottom - j * tall); g.lineTo(box.left + (i + 1) * wide, box.bottom - (j + 1) * tall); }
        if (up !== null && band(up) !== band(v)) { g.moveTo(box.left + i * wide, box.bottom - (j + 1) * tall); g.lineTo(box.left + (i + 1) * wide, box.bottom - (j + 1) * tall); }
      }
      g.stroke();
      const a = DATA.search.parameters.find((p) => p.name === found.x), b = DATA.search.parameters.find((p) => p.name === found.y), points = [];
      a.values.forEach((u, i) => {
        if (u === null || b.values[i] === null || scores()[i] === null) return;
        const at = [x(u), y(b.values[i])];
        dot(g, at[0], at[1], 1.6, faded(colour("ink"), 0.55));
        points.push({ x: at[0], y: at[1], text: () => trialText(i) });
      });
      const i = bestPlace();
      if (i >= 0 && a.values[i] !== null && b.values[i] !== null) { dot(g, x(a.values[i]), y(b.values[i]), 8, null, colour("paper")); ringBest(g, x(a.values[i]), y(b.values[i])); }
      // The scale.
      g.textBaseline = "top"; g.fillStyle = colour("soft");
      const x0 = box.right - 150;
      shades.forEach((shade, k) => { g.fillStyle = shade; g.fillRect(x0 + (k * 90) / shades.length, 6, 90 / shades.length, 9); });
      g.fillStyle = colour("soft"); g.textAlign = "right"; g.fillText(plainNumber(+low.toPrecision(3)), x0 - 5, 5); g.textAlign = "left"; g.fillText(plainNumber(+high.toPrecision(3)), x0 + 95, 5);
      return points;
    },
  });
}
