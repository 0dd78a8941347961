// What the reader's limit, preference and rectangle make of the points.
const objectives = quantities.filter((quantity) => quantity.box);

function judgedPoints() {
  const { x, y } = state.axes;
  const best = preferred();
  return points.map((point) => ({
    ...point,
    ...onAxis(point, "x", x),
    ...onAxis(point, "y", y),
    within: isWithin(point),
    brushed: isBrushed(point),
    chosen: point.id === state.arm,
    preferred: point.id === best?.id,
    opacity: point.probability === null || !point.on_front ? 1 : 0.2 + 0.8 * point.probability,
    told: told(point),
    spoken: `${point.title}, ${point.place}: ${inWords(point, y)}, ${inWords(point, x)}`,
  }));
}

function onAxis(point, axis, k) {
  return {
    [axis]: point[`value_${k}`],
    [`${axis}_low`]: point[`low_${k}`],
    [`${axis}_high`]: point[`high_${k}`],
  };
}

// A line each, for the box beside the pointer.
function told(point) {
  const { x, y } = state.axes;
  const sure = point.probability === null ? [] : [`nondominated with probability ${point.probability.toFixed(2)}`];
  return [point.title, point.place, inWords(point, y), inWords(point, x), ...sure].join("\n");
}

function inWords(point, k) {
  const how = { percent: quantities[k].is_rate };
  const [value, low, high] = ["value", "low", "high"].map((end) => written(point[`${end}_${k}`], how));
  return `${quantities[k].name} ${value} [${low}, ${high}]`;
}

// The whole interval lies on the right side of the limit.
function isWithin(point) {
  if (!state.limit) return true;
  const { quantity, value } = state.limit;
  return quantities[quantity].sense === "minimise" ? point[`high_${quantity}`] <= value : point[`low_${quantity}`] >= value;
}

function isBrushed(point) {
  if (!state.brush) return true;
  return ["x", "y"].every((axis) => {
    const [low, high] = state.brush[axis];
    const value = point[`value_${state.axes[axis]}`];
    return low <= value && value <= high;
  });
}

// The policy on the front, within the limit, whose worst weighted distance from the ideal is least
// (augmented Chebyshev: every nondominated point is somebody's choice).
function preferred() {
  if (!state.weights) return null;
  const distance = (point) => {
    const terms = objectives.map(({ box: [worst, ideal] }, k) => (state.weights[k] * (ideal - point[`value_${k}`])) / (ideal - worst));
    return Math.max(...terms) + 0.001 * terms.reduce((sum, term) => sum + term, 0);
  };
  return least(points.filter((point) => point.on_front && isWithin(point)), distance);
}

// The best value of the quantity upwards that the limit leaves, among policies on the front.
function bestWithin() {
  const sign = quantities[state.axes.y].sense === "maximise" ? -1 : 1;
  return least(points.filter((point) => point.on_front && isWithin(point)), (point) => sign * point[`value_${state.axes.y}`]);
}

function least(items, cost) {
  return items.reduce((best, item) => (best === null || cost(item) < cost(best) ? item : best), null);
}

// What the front attains in the two quantities shown.
function attained() {
  return staircase(points.filter((point) => point.on_front));
}

// What half of each algorithm's seeds attain: known for the first two objectives only.
function attainment() {
  const { x, y } = state.axes;
  if (Math.max(x, y) > 1) return [];
  const corners = Map.groupBy(rowsOf(content.datasets.surfaces), (corner) => corner.group);
  return [...corners].flatMap(([group, own]) => staircase(own).map((corner) => ({ ...corner, group })));
}

// The line over everything that the corners dominate, to the edges of all points.
function staircase(corners) {
  const [x, y] = ["x", "y"].map((axis) => {
    const k = state.axes[axis];
    const ends = points.flatMap((point) => [point[`low_${k}`], point[`high_${k}`]]);
    const sign = quantities[k].sense === "maximise" ? 1 : -1;
    return { field: `value_${k}`, sign, worst: sign > 0 ? Math.min(...ends) : Math.max(...ends) };
  });
  const bestAcrossFirst = (one, other) => x.sign * (other[x.field] - one[x.field]) || y.sign * (other[y.field] - one[y.field]);
  const line = [];
  let height = y.worst;
  for (const corner of [...corners].sort(bestAcrossFirst)) {
    if (y.sign * (corner[y.field] - height) <= 0) continue;
    line.push({ x: corner[x.field], y: height }, { x: corner[x.field], y: corner[y.field] });
    height = corner[y.field];
  }
  if (line.length) line.push({ x: x.worst, y: height });
  return line.map((corner, order) => ({ ...corner, order }));
}
