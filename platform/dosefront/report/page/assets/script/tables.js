// Plain tables of what the figures show.
const LONGEST_PRINTED = 80; // rows

function fillTable(table) {
  const { dataset, columns, is_of_chosen } = content.tables[table.dataset.table];
  const all = dataset in content.of_arms ? rowsOfArms(dataset) : rowsFor(dataset);
  const rows = all.filter((row) => row.within !== false && row.brushed !== false && !(is_of_chosen && row.role === "reference"));
  const head = element("tr", {}, columns.map(({ title }) => element("th", { scope: "col", textContent: title })));
  table.tHead.replaceChildren(head);
  table.classList.toggle("long", rows.length > LONGEST_PRINTED);
  table.tBodies[0].replaceChildren(...rows.map((row) => tableRow(row, columns)));
}

function tableRow(row, columns) {
  const cells = columns.map((column, k) => {
    const cell = element(k ? "td" : "th", { textContent: cellText(row, column) });
    if (typeof row[column.field] === "number") cell.className = "number";
    if (!k) cell.scope = "row";
    return cell;
  });
  const made = element("tr", {}, cells);
  if (row.id in arms) {
    const button = element("button", { type: "button", textContent: cells[0].textContent, className: "choose" });
    button.addEventListener("click", () => change({ arm: row.id }));
    button.setAttribute("aria-pressed", row.id === state.arm);
    cells[0].replaceChildren(button);
  }
  return made;
}

function cellText(row, column) {
  const text = written(row[column.field], column);
  if (!column.low || row[column.field] === null) return text;
  return `${text} [${written(row[column.low], column)}, ${written(row[column.high], column)}]`;
}

listeners.push((patch) => {
  for (const table of document.querySelectorAll("table[data-table]")) {
    const { dataset } = content.tables[table.dataset.table];
    if (isOfPoints(dataset) || ("arm" in patch && dataset in content.of_arms)) fillTable(table);
  }
});
