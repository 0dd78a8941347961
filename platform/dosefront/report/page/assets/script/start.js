// Put the page together: what is seen first is drawn first.
const places = [...document.querySelectorAll("[data-figure]")];
const waiting = new Set(places);

function drawNext(deadline) {
  for (const place of waiting) {
    waiting.delete(place);
    draw(place);
    if (!deadline || deadline.timeRemaining() < 10) break;
  }
  if (waiting.size) soon(drawNext);
  else performance.mark("drawn");
}

function soon(work) {
  if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 500 });
  else setTimeout(work, 0);
}

function drawAll() {
  for (const place of waiting) draw(place);
  waiting.clear();
}

document.getElementById("front")?.querySelector(".figures")?.before(frontControls());
if (Object.keys(arms).length) document.getElementById("arms").append(...armChooser());
for (const title of document.querySelectorAll("[data-title]")) {
  const show = () => {
    const names = Object.fromEntries(shownArms().map(({ id, role }) => [role, arms[id]?.title]));
    title.textContent = title.dataset.title.replace(/\{(\w+)\}/g, (_, role) => names[role] ?? "");
    title.closest("figure").hidden = title.textContent === "" && title.dataset.title !== "";
  };
  listeners.push((patch) => "arm" in patch && show());
  show();
}
for (const key of document.querySelectorAll(".key[data-arms]")) {
  const show = () => key.replaceChildren(...shownArms().map(({ id, role }) => armKey(arms[id], role)));
  listeners.push((patch) => "arm" in patch && show());
  show();
}
for (const table of document.querySelectorAll("table[data-table]")) fillTable(table);
for (const place of places) if (place.dataset.figure === "front") walkable(place);
drawNext();
performance.mark("front");

// Figures follow the width of the window.
let pending = null;
new ResizeObserver(() => {
  clearTimeout(pending);
  pending = setTimeout(() => {
    for (const [place, { width }] of drawn) if (place.clientWidth && place.clientWidth !== width) draw(place);
  }, 150);
}).observe(document.querySelector("main"));

addEventListener("beforeprint", () => {
  drawAll();
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});

const theme = document.getElementById("theme");
theme.addEventListener("click", () => {
  const root = document.documentElement;
  const isDark = getComputedStyle(document.body).getPropertyValue("color-scheme") === "dark"
    || (root.style.colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.style.colorScheme = isDark ? "light" : "dark";
  theme.setAttribute("aria-pressed", !isDark);
});
