// The list of trades page by page, and the chosen trade's details. The chart listens.
const PAGE = 20;
let page = 0;

function chooseTrade(trade) {
  const trades = tradesOf(current());
  if (!trades || trade === null || trade < 0 || trade >= trades.n) return;
  state.trade = trade;
  page = Math.floor(trade / PAGE);
  showPage();
  showDetails();
  tell("trade", trade);
}

function stepTrade(step) {
  const trades = tradesOf(current());
  if (trades && trades.n) chooseTrade(state.trade === null ? (step > 0 ? 0 : trades.n - 1) : Math.max(0, Math.min(trades.n - 1, state.trade + step)));
}

// The trade with the largest result, or the smallest.
function extremeTrade(sign) {
  const trades = tradesOf(current());
  if (trades && trades.n) chooseTrade(trades.pnl.reduce((best, v, i, all) => (sign * v > sign * all[best] ? i : best), 0));
}

function showDetails() {
  const place = $("#chart .picked"), trades = tradesOf(current()), i = state.trade;
  if (!place) return;
  if (i === null || !trades) return place.replaceChildren(make("p", {}, say(trades && !trades.n ? "trades.none" : "pick")));
  const item = (key, value, more, shade) =>
    make("div", {}, make("dt", {}, say("trade." + key)), make("dd", {}, make("span", { class: shade }, value), ...(more ? [make("small", {}, more)] : [])));
  place.replaceChildren(make("dl", {},
    item("number", `${i + 1}`, say(trades.direction[i] > 0 ? "long" : "short") + (trades.outside[i] ? ` · ${say("side.out")}` : "")),
    item("entry", quantity(trades.entry_price[i]), `${clock(trades.entry_time[i])} · ${trades.signals[trades.entry_signal[i]]}`),
    item("exit", quantity(trades.exit_price[i]), `${clock(trades.exit_time[i])} · ${trades.is_open[i] ? say("trade.open") : trades.signals[trades.exit_signal[i]]}`),
    item("pnl", money(trades.pnl[i]), percent(trades.rate[i]), tone(trades.pnl[i])),
    item("qty", quantity(trades.qty[i]), `${say("trade.value")} ${money(trades.value[i])}`),
    item("held", duration(trades.exit_time[i] - trades.entry_time[i])),
    item("mfe", money(trades.mfe[i]), percent(trades.mfe_rate[i])),
    item("mae", money(trades.mae[i]), percent(trades.mae_rate[i])),
    item("total", money(trades.total[i]), percent(trades.total_rate[i]), tone(trades.total[i])),
  ));
}

function showPage() {
  const body = $("#trades tbody"), trades = tradesOf(current());
  if (!body) return;
  const n = trades ? trades.n : 0, first = page * PAGE, last = Math.min(first + PAGE, n);
  const cell = (value, more, shade) => make("td", {}, make("span", { class: shade }, value), ...(more ? [make("small", {}, more)] : []));
  const rows = [];
  for (let i = first; i < last; i++) {
    const open = trades.is_open[i];
    const row = make("tr", { "data-trade": i, class: i === state.trade ? "chosen" : undefined },
      make("th", { scope: "row" }, make("button", { type: "button", "aria-label": `${say("trade.number")} ${i + 1}` }, `${i + 1}`)),
      cell(say(trades.direction[i] > 0 ? "long" : "short"), trades.outside[i] ? say("side.out") : undefined),
      cell(`${clock(trades.entry_time[i])}`, `${quantity(trades.entry_price[i])} · ${trades.signals[trades.entry_signal[i]]}`),
      cell(open ? say("trade.open") : `${clock(trades.exit_time[i])}`, `${quantity(trades.exit_price[i])} · ${trades.signals[trades.exit_signal[i]]}`),
      cell(quantity(trades.qty[i]), money(trades.value[i])),
      cell(money(trades.pnl[i]), percent(trades.rate[i]), tone(trades.pnl[i])),
      cell(money(trades.mfe[i]), percent(trades.mfe_rate[i])),
      cell(money(trades.mae[i]), percent(trades.mae_rate[i])),
      cell(money(trades.total[i]), percent(trades.total_rate[i])),
    );
    rows.push(row);
  }
  body.replaceChildren(...rows);
  $("#trades .shown").textContent = n ? say("trades.shown", { from: first + 1, to: last, n: grouped(n, 0) }) : say("trades.none");
  $("#trades [data-page='-1']").disabled = !first;
  $("#trades [data-page='1']").disabled = last >= n;
  const left = $("#trades .left");
  left.hidden = !(trades && trades.of > trades.n);
  if (!left.hidden) left.textContent = say("trades.left", { n: grouped(trades.n, 0) });
}

function listOfTrades() {
  $$("#trades [data-page]").forEach((button) => button.addEventListener("click", () => { page += +button.dataset.page; showPage(); }));
  const body = $("#trades tbody");
  if (body) body.addEventListener("click", (event) => {
    const row = event.target.closest("tr"), button = event.target.closest("button");
    if (!row) return;
    const trade = +row.dataset.trade;
    chooseTrade(trade);
    if (button) $(`#trades tr[data-trade="${trade}"] button`).focus();
    $("#chart").scrollIntoView({ block: "start" });
  });
  on("dataset", () => { page = 0; state.trade = null; showPage(); showDetails(); });
  showPage();
  showDetails();
}
