// What the charts of lightweight-charts have in common: colours, sizes, the line that says what is under the pointer.
function chartOptions() {
  return {
    autoSize: true,
    layout: {
      background: { color: "transparent" }, textColor: colour("soft"), fontSize: 11, attributionLogo: true,
      fontFamily: getComputedStyle(document.body).fontFamily, panes: { separatorColor: colour("rule"), enableResize: false },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("rule") } },
    rightPriceScale: { borderVisible: false },
    timeScale: { borderColor: colour("rule"), timeVisible: true, secondsVisible: false, minBarSpacing: 0.001 },
    crosshair: { mode: 0, vertLine: { color: colour("faint"), labelBackgroundColor: colour("soft") }, horzLine: { color: colour("faint"), labelBackgroundColor: colour("soft") } },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: true },
    localization: { timeFormatter: clock },
  };
}

function reading(host) {
  const line = make("div", { class: "reading" });
  host.before(line);
  return line;
}

// The keys that every chart has: + and - zoom, Home shows all; `more` is what else.
function keys(host, chart, more) {
  const scale = chart.timeScale();
  function zoom(factor) {
    const seen = scale.getVisibleLogicalRange();
    if (!seen) return;
    const middle = (seen.from + seen.to) / 2, half = ((seen.to - seen.from) / 2) * factor;
    scale.setVisibleLogicalRange({ from: middle - half, to: middle + half });
  }
  function move(share) {
    const seen = scale.getVisibleLogicalRange();
    if (seen) scale.setVisibleLogicalRange({ from: seen.from + share * (seen.to - seen.from), to: seen.to + share * (seen.to - seen.from) });
  }
  const known = { "+": () => zoom(0.7), "-": () => zoom(1.4), Home: () => scale.fitContent(), ArrowLeft: () => move(-0.1), ArrowRight: () => move(0.1), ...more };
  host.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !known[event.key]) return;
    known[event.key]();
    event.preventDefault();
  });
}

// Plain wheel scrolls the page; with Ctrl, Shift or Cmd it zooms the chart.
function zoomOnlyWithKey(host) {
  host.addEventListener("wheel", (event) => { if (!event.ctrlKey && !event.metaKey && !event.shiftKey) event.stopPropagation(); }, { capture: true });
}
