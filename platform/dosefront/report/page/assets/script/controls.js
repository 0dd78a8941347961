// What the reader moves: axes, a limit, a preference, and the treatment that is shown.
function armChooser() {
  const select = element("select", { id: "arm" });
  for (const [kind, title] of [["policy", "Policies"], ["comparator", "Conventional care"]]) {
    const options = points.filter((point) => point.kind === kind && point.id in arms);
    if (options.length) select.append(element("optgroup", { label: title }, options.map(({ id, title }) => new Option(title, id))));
  }
  const key = element("span", { className: "key" });
  key.dataset.arms = "";
  const show = () => (select.value = state.arm);
  select.addEventListener("change", () => change({ arm: select.value }));
  listeners.push((patch) => "arm" in patch && show());
  show();
  return [element("label", { htmlFor: "arm", textContent: "Treatment shown " }), select, key];
}

function armKey({ title, colour }, role) {
  const swatch = element("span", { className: "swatch" });
  swatch.style.background = colour;
  return element("span", {}, [swatch, role === "chosen" ? title : `against ${title}`]);
}

function axisChoosers() {
  return ["y", "x"].map((axis) => {
    const select = element("select", {}, quantities.map(({ name }, k) => new Option(name, k)));
    select.value = state.axes[axis];
    select.name = `axis-${axis}`;
    select.addEventListener("change", () => change({ axes: { ...state.axes, [axis]: Number(select.value) }, brush: null }));
    return element("label", {}, [axis === "y" ? "Upwards " : "Across ", select]);
  });
}

function limiter() {
  const limitable = quantities.map((_, k) => k).filter((k) => k > 0 || quantities.length === 1);
  const select = element("select", { name: "limit" }, limitable.map((k) => new Option(quantities[k].name, k)));
  const slider = element("input", { type: "range", name: "cap", min: 0, max: 100, value: 100 });
  slider.setAttribute("aria-label", "Limit");
  const text = element("output");
  const show = () => {
    const quantity = Number(select.value);
    // Rightmost is no limit; leftwards the limit tightens.
    const value = slider.value === slider.max ? null : limitAt(quantity, slider.value / slider.max);
    change({ limit: value === null ? null : { quantity, value } });
    text.textContent = limitInWords();
  };
  slider.addEventListener("input", show);
  select.addEventListener("change", show);
  listeners.push((patch) => "axes" in patch && (text.textContent = limitInWords()));
  text.textContent = limitInWords();
  return [element("label", {}, ["Limit on ", select]), slider, text];
}

function limitAt(k, share) {
  const ends = points.flatMap((point) => [point[`low_${k}`], point[`high_${k}`]]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  return quantities[k].sense === "minimise" ? low + share * (high - low) : high - share * (high - low);
}

function limitInWords() {
  if (!state.limit) return "no limit";
  const { quantity, value } = state.limit;
  const bound = `${quantities[quantity].sense === "minimise" ? "at most" : "at least"} ${written(value, { percent: quantities[quantity].is_rate })}`;
  const best = bestWithin();
  if (!best) return `${bound}: no policy on the front keeps it with its whole interval`;
  return `${bound}: best of those that keep it with their whole interval is ${best.title}, ${inWords(best, state.axes.y)}`;
}

function preferenceSliders() {
  const text = element("output", { textContent: "no preference" });
  const sliders = objectives.map(({ name }) => {
    const slider = element("input", { type: "range", min: 0, max: 100, value: 0, name: `weight-${name}` });
    slider.addEventListener("input", show);
    return element("label", {}, [`${name} `, slider]);
  });
  function show() {
    const raw = sliders.map((label) => Number(label.querySelector("input").value));
    const sum = raw.reduce((total, each) => total + each, 0);
    change({ weights: sum ? raw.map((each) => each / sum) : null });
    text.textContent = preferenceInWords();
  }
  listeners.push((patch) => "limit" in patch && (text.textContent = preferenceInWords()));
  return [element("span", { textContent: "Importance of" }), ...sliders, text];
}

function preferenceInWords() {
  if (!state.weights) return "no preference";
  const weights = state.weights.map((weight, k) => `${objectives[k].name} ${Math.round(100 * weight)} %`).join(", ");
  const best = preferred();
  return best ? `${weights}: ${best.title} (dashed ring)` : `${weights}: no policy keeps the limit`;
}

function frontControls() {
  const groups = [
    ["Axes", axisChoosers()],
    ["Limit", limiter()],
    ["Preference", preferenceSliders()],
  ];
  const made = groups.map(([legend, parts]) => element("fieldset", {}, [element("legend", { textContent: legend }), ...parts]));
  const form = element("form", { className: "controls" }, made);
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

// The arrow keys walk along the marks of the front, from left to right.
function walkable(place) {
  place.tabIndex = 0;
  place.setAttribute("aria-label", "The front. Left and right arrow keys walk along the policies.");
  place.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const walk = judgedPoints().filter((point) => point.id in arms).sort((one, other) => one.x - other.x);
    const next = walk.findIndex((point) => point.id === state.arm) + step;
    change({ arm: walk[Math.min(walk.length - 1, Math.max(0, next))].id });
  });
}
