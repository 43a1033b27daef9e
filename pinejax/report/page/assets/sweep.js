// Puts a sweep's page together. On paper it is light and all views are there.
window.addEventListener("beforeprint", () => { root.dataset.theme = "light"; showView("all"); });
window.addEventListener("afterprint", () => { applyTheme(); if (chooseView) showView(chooseView.value); });
window.report = { state, showCell, showView };
