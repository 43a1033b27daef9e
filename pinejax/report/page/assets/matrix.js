// The matrix: what is known of the cell that is pointed at, arrow keys from cell to cell, one view at a time.
const cells = $$("#matrix .cell");
function showCell(cell) {
  const place = $("#matrix .picked");
  if (!place) return;
  const { title, details, href } = DATA.cells[+cell.dataset.row];
  $$("#matrix .cell.chosen").forEach((other) => other.classList.remove("chosen"));
  cell.classList.add("chosen");
  const terms = details.map(([term, text]) => make("div", text.length > 48 ? { class: "wide" } : {}, make("dt", {}, term), make("dd", {}, text)));
  const more = href ? make("p", {}, make("a", { href }, say("sweep.open"))) : "";
  place.replaceChildren(make("h4", {}, title), make("dl", {}, ...terms), more);
}

// One cell of all can be reached by Tab, the arrows go on from there.
function reach(cell) { cells.forEach((other) => { other.tabIndex = other === cell ? 0 : -1; }); }
const visible = () => cells.filter((cell) => cell.offsetParent);
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
function nextCell(cell, [dx, dy]) {
  const from = cell.getBoundingClientRect();
  const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  const [x, y] = middle(from);
  let best = null, least = Infinity;
  for (const other of visible()) {
    const [a, b] = middle(other.getBoundingClientRect()), along = (a - x) * dx + (b - y) * dy, across = Math.abs((a - x) * dy) + Math.abs((b - y) * dx);
    if (along > 2 && along + 3 * across < least) [best, least] = [other, along + 3 * across];
  }
  return best;
}
cells.forEach((cell) => {
  cell.addEventListener("mouseenter", () => showCell(cell));
  cell.addEventListener("focus", () => { showCell(cell); reach(cell); });
  cell.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = nextCell(cell, KEYS[event.key]);
    if (next) next.focus();
  });
  // A finger cannot point without a tap: the first one shows, the second follows the link.
  let chosenBefore = false;
  cell.addEventListener("pointerdown", () => { chosenBefore = cell.classList.contains("chosen"); });
  cell.addEventListener("click", (event) => { if (event.pointerType === "touch" && !chosenBefore) { event.preventDefault(); cell.focus(); } });
});

const views = $$("#matrix .view"), chooseView = $("[data-choose=view]");
function showView(which) {
  views.forEach((view) => { view.hidden = which !== "all" && view.dataset.view !== which; });
  reach(visible()[0]);
}
if (chooseView) chooseView.addEventListener("change", () => showView(chooseView.value));
if (cells.length) showView(chooseView ? chooseView.value : "all");
