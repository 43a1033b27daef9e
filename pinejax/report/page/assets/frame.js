// What every page has: light or dark, copying, the place in the contents.
const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = null;
function applyTheme() {
  root.dataset.theme = chosenTheme || (dark.matches ? "dark" : "light");
  tell("theme");
}
root.classList.add("script");
root.dataset.theme = dark.matches ? "dark" : "light";
dark.addEventListener("change", applyTheme);
$(".theme").addEventListener("click", () => { chosenTheme = root.dataset.theme === "dark" ? "light" : "dark"; applyTheme(); });

$$(".copy").forEach((button) => button.addEventListener("click", async () => {
  const text = $("code", button.parentElement).textContent;
  try { await navigator.clipboard.writeText(text); } catch {
    const range = document.createRange();
    range.selectNodeContents($("code", button.parentElement));
    getSelection().removeAllRanges(); getSelection().addRange(range);
    document.execCommand("copy");
  }
  button.textContent = say("copied");
  setTimeout(() => { button.textContent = say("copy"); }, 1500);
}));

const links = $$("nav a"), seen = new Set();
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target.id);
  const first = links.find((link) => seen.has(link.hash.slice(1)));
  links.forEach((link) => (link === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
}, { rootMargin: "-80px 0px -60% 0px" });
$$("main section").forEach((section) => watch.observe(section));
