// The page's data and words, colours of the theme, numbers as text. Nothing is drawn here.
const DATA = JSON.parse(document.getElementById("data").textContent);
const say = (key, values = {}) => DATA.words[key].replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

const KINDS = { f4: Float32Array, f8: Float64Array, u4: Uint32Array, i4: Int32Array };
function unpack(text, kind = "f4") {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new KINDS[kind](bytes.buffer);
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== null) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const ramp = () => colour("ramp").split(/\s+/);
const faded = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");

const MINUS = "\u2212";
const NONE = "\u2013";
const grouped = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", MINUS);
const money = (value) => (Number.isFinite(value) ? grouped(value, 2) : NONE);
const percent = (rate) => (Number.isFinite(rate) ? grouped(100 * rate, 2) + "%" : NONE);
const plainNumber = (value) => (Number.isFinite(value) ? String(+value.toPrecision(5)).replace("-", MINUS) : NONE);
const quantity = (value) => String(+value.toPrecision(10));
const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
const tone = (value) => (value > 0 ? "gain" : value < 0 ? "loss" : "");
function duration(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor((seconds % 86400) / 3600), minutes = Math.round((seconds % 3600) / 60);
  return [[days, "d"], [hours, "h"], [minutes, "min"]].filter(([n]) => n).slice(0, 2).map(([n, unit]) => `${n} ${unit}`).join(" ") || "0 min";
}

// What wants to know that the theme, the dataset or the chosen trade is another now.
const listeners = { theme: [], dataset: [], trade: [] };
const on = (what, listener) => listeners[what].push(listener);
const tell = (what, ...values) => listeners[what].forEach((listener) => listener(...values));
const state = { dataset: 0, trade: null };
const current = () => DATA.datasets[state.dataset];

// Each dataset's columns are unpacked when it is first looked at.
function unpacked(part, columns) {
  if (part && !part.ready) {
    for (const [name, kind] of Object.entries(columns)) part[name] = unpack(part[name], kind);
    part.ready = true;
  }
  return part;
}
const equityOf = (dataset) => unpacked(dataset.equity, { time: "u4", equity: "f4", hold: "f4", drawdown: "f4" });
const barsOf = (dataset) => unpacked(dataset.bars, { time: "u4", open: "f4", high: "f4", low: "f4", close: "f4" });
const tradesOf = (dataset) =>
  unpacked(dataset.trades, {
    direction: "i4", entry_time: "u4", exit_time: "u4", entry_price: "f8", exit_price: "f8", qty: "f8", value: "f8", pnl: "f8", rate: "f8",
    mfe: "f8", mfe_rate: "f8", mae: "f8", mae_rate: "f8", total: "f8", total_rate: "f8", entry_signal: "u4", exit_signal: "u4", is_open: "u4", outside: "u4",
  });

// The last index whose time is not after `when`; 0 before the first.
function placeOf(times, when) {
  let low = 0, high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= when) low = middle; else high = middle - 1;
  }
  return low;
}
