// The charts of the search: history, importance, slices, Pareto front. All follow the chosen objective.
// A trial that broke a gate has a penalty for its value: it sets no scale, and is drawn as a cross.
const search = { objective: 0 };
const violated = (i) => DATA.search.violated[i];
const scores = () => DATA.search.values[search.objective];
const maximised = () => DATA.search.objectives[search.objective].direction !== "minimize";
const nameOfMetric = (name) => DATA.words["metric." + name] || name.replaceAll("_", " ");

// Low and high of an axis that a few penalties do not stretch (Tukey's fence on the bad side), and how many lie beyond it.
function fenced(values, best_high) {
  const known = values.filter((v, i) => v !== null && !violated(i)).sort((a, b) => a - b);
  if (!known.length) return { low: 0, high: 1, beyond: 0 };
  const q = (p) => known[Math.min(known.length - 1, Math.floor(p * known.length))], wide = 3 * (q(0.75) - q(0.25));
  let low = known[0], high = known[known.length - 1];
  if (wide > 0 && best_high) low = Math.max(low, q(0.25) - wide);
  if (wide > 0 && !best_high) high = Math.min(high, q(0.75) + wide);
  const room = (high - low) * 0.04 || Math.abs(high) * 0.05 || 0.5;
  return { low: low - room, high: high + room, text: asUnit(values), beyond: known.filter((v) => v < low || v > high).length, hold: (v) => Math.min(Math.max(v, low - room * 0.6), high + room * 0.6) };
}

function bestPlace() { return DATA.search.number.indexOf(DATA.search.best); }

function ringBest(g, x, y) { dot(g, x, y, 6, null, colour("mark")); dot(g, x, y, 2.5, colour("mark")); }

// How a number of these values is written: shares as percent.
function asUnit(values) { return metricText(DATA.search.objectives[DATA.search.values.indexOf(values)]); }
function metricText(objective) { return objective && objective.unit === "fraction" ? (v) => (Number.isFinite(v) ? plainNumber(100 * v) + "%" : NONE) : plainNumber; }

function trialText(i) {
  const objective = DATA.search.objectives[search.objective];
  return `${say("trial")} ${DATA.search.number[i]}: ${nameOfMetric(objective.name)} ${metricText(objective)(scores()[i] ?? NaN)}${violated(i) ? ", " + say("violated") : ""}`;
}

function mark(g, x, y, i, size, alpha) { violated(i) ? cross(g, x, y, 2.6, colour("faint")) : dot(g, x, y, size, faded(colour("accent"), alpha)); }

function history(host) {
  const beyond = $(".beyond", host.parentElement);
  return plot(host, {
    height: 260,
    axes: () => {
      const fence = fenced(scores(), maximised());
      const broken = scores().filter((v, i) => v !== null && violated(i)).length, objective = DATA.search.objectives[search.objective], best = bestPlace();
      beyond.textContent = [fence.beyond && say("history.beyond", { n: grouped(fence.beyond, 0) }), broken && say("history.violated", { n: grouped(broken, 0) })].filter(Boolean).join(" ");
      describe(host, best < 0 ? "" : say("described.history", { n: grouped(scores().length, 0), trial: DATA.search.best, name: nameOfMetric(objective.name), value: metricText(objective)(scores()[best] ?? NaN) }));
      return { x: { low: 0, high: Math.max(...DATA.search.number, 1), name: say("trial") }, y: fence };
    },
    draw: (g, x, y) => {
      const fence = fenced(scores(), maximised()), points = [];
      let best = null;
      const steps = [];
      scores().forEach((value, i) => {
        if (value === null) return;
        const at = [x(DATA.search.number[i]), y(fence.hold(value))];
        mark(g, at[0], at[1], i, 2.2, 0.5);
        points.push({ x: at[0], y: at[1], text: () => trialText(i) });
        if (violated(i)) return;
        if (best === null || (maximised() ? value > best : value < best)) { best = value; steps.push(at); }
      });
      g.strokeStyle = colour("ink"); g.lineWidth = 1.4; g.beginPath();
      steps.forEach(([px, py], i) => { if (i) g.lineTo(px, steps[i - 1][1]); g[i ? "lineTo" : "moveTo"](px, py); });
      if (steps.length) g.lineTo(x(Math.max(...DATA.search.number)), steps[steps.length - 1][1]);
      g.stroke();
      const i = bestPlace();
      if (i >= 0 && scores()[i] !== null) ringBest(g, x(DATA.search.number[i]), y(fence.hold(scores()[i])));
      return points;
    },
  });
}

function importance(host) {
  return () => {
    const rows = DATA.search.importance[search.objective].slice(0, 16), top = Math.max(...rows.map(([, v]) => v), 0.1);
    host.replaceChildren(make("div", { class: "bars" }, ...rows.flatMap(([name, value]) => {
      const bar = make("span", { class: "bar" });
      bar.style.width = (100 * value) / top + "%";
      return [make("code", {}, name), bar, make("span", {}, (100 * value).toFixed(0) + "%")];
    })));
  };
}

// The shown parameters by their importance for the objective.
function byImportance() {
  const order = new Map(DATA.search.importance[search.objective].map(([name], i) => [name, i]));
  return DATA.search.parameters.filter((p) => order.has(p.name)).sort((a, b) => order.get(a.name) - order.get(b.name));
}

// The same place for a trial each time: dots of a choice are spread around it.
const spread = (i) => ((i * 0.6180339887) % 1) - 0.5;

function slices(host) {
  return () => {
    host.replaceChildren();
    byImportance().slice(0, 6).forEach((parameter) => {
      const i = bestPlace(), value = i < 0 ? null : parameter.values[i];
      const place = make("div", { class: "plot", role: "img", "aria-label": say("described.slice", { name: parameter.name, value: value === null ? NONE : parameter.options ? parameter.options[value] : plainNumber(value) }) });
      host.append(place);
      plot(place, {
        height: 190,
        axes: () => ({ title: parameter.name, x: parameter.kind === "number" ? { ...parameter, name: undefined } : { options: parameter.options }, y: fenced(scores(), maximised()) }),
        draw: (g, x, y) => {
          const fence = fenced(scores(), maximised()), points = [], wide = parameter.kind === "number" ? 0 : 0.6;
          parameter.values.forEach((value, i) => {
            if (value === null || scores()[i] === null) return;
            const at = [x(value + wide * spread(i)), y(fence.hold(scores()[i]))];
            mark(g, at[0], at[1], i, 2, 0.45);
            points.push({ x: at[0], y: at[1], text: () => trialText(i) });
          });
          const i = bestPlace();
          if (i >= 0 && parameter.values[i] !== null && scores()[i] !== null) ringBest(g, x(parameter.values[i]), y(fence.hold(scores()[i])));
          return points;
        },
      })();
    });
  };
}

function pareto(host) {
  const [a, b] = DATA.search.objectives, front = new Set(DATA.search.front);
  describe(host, say("described.pareto", { n: front.size }));
  return plot(host, {
    height: 320,
    axes: () => ({ title: nameOfMetric(b.name), x: { ...fenced(DATA.search.values[0], a.direction !== "minimize"), name: nameOfMetric(a.name) }, y: fenced(DATA.search.values[1], b.direction !== "minimize") }),
    draw: (g, x, y) => {
      const fx = fenced(DATA.search.values[0], a.direction !== "minimize"), fy = fenced(DATA.search.values[1], b.direction !== "minimize"), points = [];
      const order = DATA.search.number.map((_, i) => i).sort((i, j) => front.has(DATA.search.number[i]) - front.has(DATA.search.number[j]));
      for (const i of order) {
        const [u, v] = [DATA.search.values[0][i], DATA.search.values[1][i]];
        if (u === null || v === null) continue;
        const first = front.has(DATA.search.number[i]), at = [x(fx.hold(u)), y(fy.hold(v))];
        first ? dot(g, at[0], at[1], 4.5, colour("mark")) : mark(g, at[0], at[1], i, 2.2, 0.4);
        points.push({ x: at[0], y: at[1], text: () => `${say("trial")} ${DATA.search.number[i]}: ${nameOfMetric(a.name)} ${metricText(a)(u)}, ${nameOfMetric(b.name)} ${metricText(b)(v)}${violated(i) ? ", " + say("violated") : ""}` });
      }
      const best = bestPlace();
      if (best >= 0 && DATA.search.values[0][best] !== null) ringBest(g, x(fx.hold(DATA.search.values[0][best])), y(fy.hold(DATA.search.values[1][best])));
      return points;
    },
  });
}
