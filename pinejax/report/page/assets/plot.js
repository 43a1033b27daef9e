// A small canvas plot: two axes, a hover text, redrawn when its width or the theme changes. What is on it is the caller's.
function ticksOf(low, high, count) {
  const raw = (high - low) / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(raw || 1));
  const step = [1, 2, 2.5, 5, 10].map((s) => s * power).find((s) => s >= raw * (1 - 1e-9)) || 1;
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-6; k++) ticks.push(k ? +(k * step).toPrecision(12) : 0);
  return ticks;
}

// An axis: values to 0..1 and its ticks. spec: {low, high, log, text} or {options}.
function axisOf(spec, count) {
  if (spec.options) {
    const n = spec.options.length;
    return { at: (v) => (v + 0.5) / n, ticks: spec.options.map((text, i) => [i, text]) };
  }
  const f = spec.log && spec.low > 0 ? Math.log : (v) => v;
  let [low, high] = [spec.low, spec.high];
  if (!(high > low)) [low, high] = [low - 0.5, high + 0.5];
  const ticks = f === Math.log ? [low, Math.sqrt(low * high), high].map((v) => +v.toPrecision(2)) : ticksOf(low, high, count);
  return { at: (v) => (f(v) - f(low)) / (f(high) - f(low)), ticks: ticks.map((v) => [v, (spec.text || plainNumber)(v)]) };
}

function plot(host, spec) {
  const canvas = make("canvas", { "aria-hidden": "true" }), tip = make("div", { class: "tip", hidden: "" });
  host.append(canvas, tip);
  let points = [];
  function redraw() {
    const width = host.clientWidth, height = spec.height;
    if (!width) return;
    const sharp = window.devicePixelRatio || 1, g = canvas.getContext("2d");
    canvas.width = width * sharp; canvas.height = height * sharp; canvas.style.height = height + "px";
    g.setTransform(sharp, 0, 0, sharp, 0, 0);
    g.clearRect(0, 0, width, height);
    g.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const now = spec.axes();
    const x = axisOf(now.x, width / 90), y = axisOf(now.y, height / 45);
    const left = Math.max(...y.ticks.map(([, text]) => g.measureText(text).width), 10) + 10;
    const box = { left, top: now.title ? 22 : 8, right: width - 10, bottom: height - (now.x.name ? 36 : 22) };
    const px = (v) => box.left + x.at(v) * (box.right - box.left), py = (v) => box.bottom - y.at(v) * (box.bottom - box.top);
    g.fillStyle = colour("soft"); g.strokeStyle = colour("rule"); g.lineWidth = 1;
    g.textAlign = "right"; g.textBaseline = "middle";
    for (const [v, text] of y.ticks) { g.beginPath(); g.moveTo(box.left, py(v)); g.lineTo(box.right, py(v)); g.stroke(); g.fillText(text, box.left - 6, py(v)); }
    g.textBaseline = "top";
    for (const [v, text] of x.ticks) {
      const at = px(v), half = g.measureText(text).width / 2;
      g.textAlign = at + half > width ? "right" : at - half < 0 ? "left" : "center";
      g.fillText(text, g.textAlign === "right" ? width : at, box.bottom + 6);
    }
    if (now.x.name) { g.textAlign = "right"; g.fillText(now.x.name, box.right, box.bottom + 21); }
    if (now.title) { g.textAlign = "left"; g.fillStyle = colour("ink"); g.fillText(now.title, 0, 2); }
    points = spec.draw(g, px, py, box) || [];
  }
  canvas.addEventListener("mousemove", (event) => {
    let best = null, least = 14;
    for (const point of points) {
      const away = Math.hypot(point.x - event.offsetX, point.y - event.offsetY);
      if (away < least) [best, least] = [point, away];
    }
    tip.hidden = !best;
    if (best) {
      tip.textContent = best.text();
      tip.style.top = best.y - 34 + "px";
      tip.style.left = Math.max(0, Math.min(best.x - tip.offsetWidth / 2, host.clientWidth - tip.offsetWidth)) + "px";
    }
  });
  canvas.addEventListener("mouseleave", () => { tip.hidden = true; });
  new ResizeObserver(redraw).observe(host);
  on("theme", redraw);
  return redraw;
}

// What a chart shows, in words, for those who do not see it.
function describe(host, text) { host.setAttribute("aria-label", [host.dataset.name ||= host.getAttribute("aria-label"), text].filter(Boolean).join(". ")); }

function cross(g, x, y, size, edge) {
  g.strokeStyle = edge; g.lineWidth = 1;
  g.beginPath(); g.moveTo(x - size, y - size); g.lineTo(x + size, y + size); g.moveTo(x - size, y + size); g.lineTo(x + size, y - size); g.stroke();
}

function dot(g, x, y, radius, fill, edge) {
  g.beginPath(); g.arc(x, y, radius, 0, 7);
  if (fill) { g.fillStyle = fill; g.fill(); }
  if (edge) { g.strokeStyle = edge; g.lineWidth = 2; g.stroke(); }
}
