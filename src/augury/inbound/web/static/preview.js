// The first rows of a file and its price, before anything is sent. `table.js` reads it.
const MOST_CELL = 80;
const input = document.getElementById("file"), model = document.getElementById("model");
const place = document.getElementById("preview");
const figure = new Intl.NumberFormat(document.documentElement.lang);
let seen = null;

const element = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

const show = () => {
  place.replaceChildren();
  if (!seen) return;
  const {rowPrice, textPrice} = model.selectedOptions[0].dataset;
  const said = textPrice !== "0" ? place.dataset.least : seen.isWhole ? place.dataset.exact : place.dataset.about;
  const words = [];
  if (seen.count !== null) words.push(said.replace("{rows}", figure.format(seen.count))
    .replace("{price}", figure.format(seen.count * Number(rowPrice))));
  if (seen.encoding) words.push(place.dataset.encoding.replace("{encoding}", seen.encoding));
  if (!seen.rows.length && seen.count) words.push(place.dataset.columns);
  if (words.length) place.append(element("p", words.join(" "), {role: "status"}));
  const table = document.createElement("table"), head = table.createTHead().insertRow();
  for (const cell of seen.header) head.append(element("th", cell.slice(0, MOST_CELL), {scope: "col"}));
  const body = table.createTBody();
  for (const row of seen.rows.slice(0, MOST_ROWS)) {
    const line = body.insertRow();
    for (const cell of row) line.append(element("td", cell.slice(0, MOST_CELL)));
  }
  const around = element("div", "", {class: "wide", tabindex: "0", role: "region", "aria-label": place.dataset.title});
  around.append(table);
  place.append(around);
};

const look = async () => {
  const file = input.files[0], found = await read(file).catch(() => null);
  if (file === input.files[0]) { seen = found; show(); }
};
input.addEventListener("change", look);
model.addEventListener("change", show);
if (input.files.length) look();
