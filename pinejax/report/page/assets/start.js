// Puts a run's page together: dataset, charts, printing.
function chooseDataset(i) {
  state.dataset = i;
  state.trade = null;
  showDataset();
  tell("dataset");
}
function showDataset() {
  $$(".of-dataset").forEach((block) => block.classList.toggle("chosen", +block.dataset.dataset === state.dataset));
  $$(".pick-dataset").forEach((button) => button.setAttribute("aria-pressed", +button.dataset.dataset === state.dataset));
  const select = $("#dataset");
  if (select) select.value = state.dataset;
}
$$(".pick-dataset").forEach((button) => button.addEventListener("click", () => chooseDataset(+button.dataset.dataset)));
if ($("#dataset")) $("#dataset").addEventListener("change", (event) => chooseDataset(+event.target.value));
showDataset();

const charts = {};
if (DATA.datasets.length) {
  if ($("[data-chart=equity]")) charts.equity = equityChart($("[data-chart=equity]"));
  if ($("[data-chart=candles]")) charts.candles = candleChart($("[data-chart=candles]"));
  listOfTrades();
}
const plots = { history, importance, slices, parallel, surface, pareto };
const redraws = $$("[data-plot]").map((place) => plots[place.dataset.plot](place));
redraws.forEach((redraw) => redraw());
const objective = $("[data-choose=objective]");
if (objective) objective.addEventListener("change", () => { search.objective = +objective.value; redraws.forEach((redraw) => redraw()); });

// Paper is light; lightweight-charts draws only when the screen does, so pictures of its charts are printed, a dark one turned over.
let unfolded = [];
window.addEventListener("beforeprint", () => {
  const turned = root.dataset.theme === "dark";
  Object.values(charts).forEach(({ chart, host }) => {
    const drawn = chart.takeScreenshot(true), picture = make("canvas", { class: "printed", width: drawn.width, height: drawn.height });
    const g = picture.getContext("2d");
    if (turned) g.filter = "invert(1) hue-rotate(180deg)";
    g.drawImage(drawn, 0, 0);
    host.before(picture);
  });
  // Paper cannot unfold: what a reader of it needs is open, other folds are left out.
  unfolded = $$("#verdict details, .copyable details").filter((fold) => !fold.open);
  unfolded.forEach((fold) => { fold.open = true; });
  root.dataset.theme = "light";
  tell("theme");
});
window.addEventListener("afterprint", () => { $$(".printed").forEach((picture) => picture.remove()); unfolded.forEach((fold) => { fold.open = false; }); applyTheme(); });
window.report = { charts, state, chooseTrade, chooseDataset };
