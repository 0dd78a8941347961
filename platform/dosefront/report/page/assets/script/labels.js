// Names beside marks, each at the place around its mark where it covers least.
const PLACES = [];
for (const distance of [14, 26, 42]) {
  for (let k = 0; k < 16; k++) PLACES.push([distance * Math.cos((k * Math.PI) / 8), distance * Math.sin((k * Math.PI) / 8)]);
}
const CHARACTER = 6.2; // width in pixels, about that of the page's font at 11 px
const HEIGHT = 14;

// `marks` are {title, x, y} in data units; `all` are the marks, and `lines` the lines, that names
// should not cover.
function placedLabels(view, marks, all, lines) {
  const [across, upwards] = [view.scale("x"), view.scale("y")];
  const [width, height] = [view.signal("width"), view.signal("height")];
  const span = (x1, x2, y1, y2) => between([across(x1), across(x2)], [upwards(y1), upwards(y2)]);
  const taken = all.flatMap(({ x, y, x_low, x_high, y_low, y_high }) => [
    around(across(x), upwards(y), 14, 14),
    span(x_low, x_high, y, y),
    span(x, x, y_low, y_high),
  ]);
  for (const line of lines) line.slice(1).forEach((end, k) => taken.push(span(line[k].x, end.x, line[k].y, end.y)));
  return marks.map((mark) => {
    const [x, y] = [across(mark.x), upwards(mark.y)];
    const size = mark.title.length * CHARACTER;
    const boxes = PLACES.map(([dx, dy]) => around(x + dx + Math.sign(Math.round(dx)) * size / 2, y + dy, size, HEIGHT));
    const box = least(boxes, (each) => coverage(each, taken) + outside(each, width, height) + 0.5 * boxes.indexOf(each));
    taken.push(box);
    const [centre, middle] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const edge = { x: clamped(x, box.left, box.right), y: clamped(y, box.top, box.bottom) };
    return {
      ...mark,
      label_x: across.invert(centre),
      label_y: upwards.invert(middle),
      edge_x: across.invert(edge.x),
      edge_y: upwards.invert(edge.y),
    };
  });
}

// A line along an axis, as thick as it looks.
function between([x1, x2], [y1, y2]) {
  return { left: Math.min(x1, x2) - 1.5, right: Math.max(x1, x2) + 1.5, top: Math.min(y1, y2) - 1.5, bottom: Math.max(y1, y2) + 1.5 };
}

function clamped(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

function around(x, y, width, height) {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

function coverage(box, taken) {
  return taken.reduce((sum, other) => {
    const width = Math.min(box.right, other.right) - Math.max(box.left, other.left);
    const height = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
    return sum + (width > 0 && height > 0 ? width * height : 0);
  }, 0);
}

function outside(box, width, height) {
  return 1000 * (Math.max(0, -box.left) + Math.max(0, box.right - width) + Math.max(0, -box.top) + Math.max(0, box.bottom - height));
}
