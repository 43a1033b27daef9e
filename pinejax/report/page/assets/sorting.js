// A table that a click on a heading sorts: numbers the largest first, text from A; what has no value stays last.
$$("table.ranking").forEach((table) => {
  const body = $("tbody", table), heads = $$("thead th", table);
  heads.forEach((head, column) => $("button", head).addEventListener("click", () => {
    const key = (row) => row.cells[column].dataset.sort, rows = [...body.rows];
    const numeric = rows.every((row) => key(row) === undefined || Number.isFinite(+key(row)));
    const now = head.getAttribute("aria-sort"), down = now ? now === "ascending" : numeric;
    const compare = (a, b) => (numeric ? +a - +b : a.localeCompare(b, "en", { numeric: true }));
    rows.sort((a, b) => {
      const [p, q] = [key(a), key(b)];
      if (p === undefined || q === undefined) return (p === undefined) - (q === undefined);
      return down ? compare(q, p) : compare(p, q);
    });
    body.append(...rows);
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  }));
});
