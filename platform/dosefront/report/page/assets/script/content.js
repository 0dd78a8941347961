// What the page shows: one block of JSON, in which data sets stand by column.
const content = JSON.parse(document.getElementById("content").textContent);
const { quantities, arms, reference } = content;
const points = rowsOf(content.datasets.points);

function rowsOf(columns) {
  const names = Object.keys(columns);
  const length = names.length ? columns[names[0]].length : 0;
  return Array.from({ length }, (_, k) => Object.fromEntries(names.map((name) => [name, columns[name][k]])));
}

// A data set of the two arms that are shown, the chosen one first if not asked otherwise.
function rowsOfArms(name, shown = shownArms()) {
  return shown.flatMap(({ id, role }) => {
    const columns = content.of_arms[name][id];
    const { title, colour } = arms[id];
    return columns ? rowsOf(columns).map((row) => ({ ...row, arm: title, colour, role })) : [];
  });
}

function shownArms() {
  const chosen = { id: state.arm, role: "chosen" };
  return reference && reference !== state.arm ? [chosen, { id: reference, role: "reference" }] : [chosen];
}

function element(tag, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function written(value, { digits = null, percent = false } = {}) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value !== "number") return String(value);
  if (percent) return `${(100 * value).toFixed(1)} %`;
  if (digits !== null) return value.toFixed(digits);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return String(Math.round(value));
  return value.toPrecision(3);
}
