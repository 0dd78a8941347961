// Figures: Vega-Lite specifications compiled here, filled with rows, and filled anew when they change.
const drawn = new Map(); // element -> {view, datasets, width}

function rowsFor(name) {
  if (name === "points") return judgedPoints();
  if (name === "attained") return attained();
  if (name === "attainment") return attainment();
  if (name === "limit_x" || name === "limit_y") return limitOn(name.at(-1));
  if (name in content.of_arms) return rowsOfArms(name, shownArms().reverse()); // the chosen is drawn above
  return name in content.datasets ? flagged(rowsOf(content.datasets[name])) : [];
}

// Rows of a point carry what the reader's choices make of it.
function flagged(rows) {
  if (!rows.length || !("id" in rows[0])) return rows;
  const flags = new Map(judgedPoints().map(({ id, within, brushed, chosen }) => [id, { within, brushed, chosen }]));
  return rows.map((row) => ({ ...row, ...flags.get(row.id) }));
}

const isOfPoints = (name) => name === "points" || "id" in (content.datasets[name] ?? {});

function limitOn(axis) {
  return state.limit?.quantity === state.axes[axis] ? [{ limit: state.limit.value }] : [];
}

function draw(place) {
  const figure = place.dataset.figure;
  const spec = fitted(structuredClone(content.figures[figure]), place.clientWidth);
  if (figure === "front") nameAxes(spec);
  const datasets = namesOfData(spec);
  spec.datasets = Object.fromEntries(datasets.map((name) => [name, rowsFor(name)]));
  spec.config = content.config;
  drawn.get(place)?.view.finalize();
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "svg", container: place, hover: true });
  view.tooltip(showTooltip).addEventListener("click", (_, item) => choose(item?.datum));
  if (figure === "front") listenToBrush(view);
  view.run();
  if (datasets.includes("labels")) label(view);
  drawn.set(place, { view, datasets, width: place.clientWidth });
}

function namesOfData(spec) {
  const names = new Set();
  JSON.stringify(spec, (key, value) => {
    if (key === "data" && value?.name) names.add(value.name);
    return value;
  });
  return [...names];
}

// Single views take the width that there is; stacked ones need it said, less room for their axes.
function fitted(spec, width) {
  const stacked = spec.vconcat ?? null;
  if (stacked) for (const part of stacked) part.width = Math.max(160, width - 100);
  else Object.assign(spec, { width, autosize: { type: "fit-x", contains: "padding" } });
  return spec;
}

function nameAxes(spec) {
  for (const axis of ["x", "y"]) {
    const { title, is_rate } = quantities[state.axes[axis]];
    for (const { encoding } of [spec, ...spec.layer]) {
      if (!encoding?.[axis]) continue;
      encoding[axis].title = title;
      if (is_rate) encoding[axis].axis = { format: ".0%" };
    }
  }
}

function refill(isConcerned) {
  for (const { view, datasets } of drawn.values()) {
    const concerned = datasets.filter(isConcerned);
    for (const name of concerned) view.data(name, rowsFor(name));
    if (concerned.length) view.run();
  }
}

function label(view) {
  const rows = judgedPoints();
  const comparators = rows.filter((row) => row.kind === "comparator").map(({ title, x, y }) => ({ title, x, y }));
  const surfaces = Map.groupBy(attainment(), (corner) => corner.group).values();
  view.data("labels", placedLabels(view, comparators, rows, [attained(), ...surfaces])).run();
}

function choose(datum) {
  if (datum?.id && datum.id in arms) change({ arm: datum.id });
}

// A rectangle filters; letting go of it clears the filter and nothing else.
function listenToBrush(view) {
  view.addSignalListener("brush", (_, value) => {
    const brush = value?.x && value?.y ? { x: value.x, y: value.y } : null;
    setTimeout(() => change({ brush })); // once Vega, which tells it while it works, has ended
  });
}

// A text of several lines, or one line for each name and value.
function showTooltip(_, event, item, value) {
  const box = document.getElementById("tooltip");
  box.hidden = !value;
  if (!value) return;
  const lines = typeof value === "string" ? value.split("\n") : Object.entries(value).map(([name, text]) => `${name}: ${text}`);
  box.replaceChildren(...lines.map((line) => element("div", { textContent: line })));
  const room = document.documentElement.clientWidth - box.offsetWidth - 8;
  box.style.left = `${Math.min(event.clientX + 14, room)}px`;
  box.style.top = `${event.clientY + 16}px`;
}

listeners.push((patch) => {
  if ("axes" in patch) for (const place of drawn.keys()) if (place.dataset.figure === "front") draw(place);
  if ("arm" in patch) refill((name) => name in content.of_arms || isOfPoints(name));
  else if ("axes" in patch || "limit" in patch || "weights" in patch || "brush" in patch) {
    refill((name) => isOfPoints(name) || name.startsWith("limit_"));
  }
});
