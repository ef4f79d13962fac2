// The first rows of a CSV and its price, before anything is sent. The file is read here, in the browser.
const MOST_BYTES = 65536, MOST_ROWS = 5, MOST_CELL = 80;
const input = document.getElementById("file"), model = document.getElementById("model");
const place = document.getElementById("preview");
const figure = new Intl.NumberFormat(document.documentElement.lang);
let seen = null;

// The rows of a text, as far as they are whole.
const parsed = (text, delimiter) => {
  const rows = [];
  let row = [], cell = "", quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') { cell += '"'; at++; }
      else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === delimiter) { row.push(cell); cell = ""; }
    else if (letter === "\n") {
      row.push(cell.replace(/\r$/, ""));
      if (row.length > 1 || row[0] !== "") rows.push(row);
      row = []; cell = "";
    } else cell += letter;
  }
  return rows;
};

// The delimiter with which the first line has the most columns.
const delimiter = text => {
  const first = text.slice(0, text.indexOf("\n") + 1);
  return [",", ";", "\t"].sort((one, other) => first.split(other).length - first.split(one).length)[0];
};

// The file's first rows, and how many there are: exactly, or by their size.
const read = async file => {
  if (!file || !/\.(csv|tsv|txt)$/i.test(file.name)) return null;
  const bytes = await file.slice(0, MOST_BYTES).arrayBuffer(), isWhole = file.size <= MOST_BYTES;
  let text = new TextDecoder().decode(bytes, {stream: true});
  if (text.includes("\ufffd")) return null;
  if (isWhole && !text.endsWith("\n")) text += "\n";
  const [header, ...rows] = parsed(text, delimiter(text));
  if (!rows.length) return null;
  const line = bytes.byteLength / (rows.length + 1);
  return {header, rows, count: isWhole ? rows.length : Math.round(file.size / line) - 1, isWhole};
};

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
  place.append(element("p", said.replace("{rows}", figure.format(seen.count))
    .replace("{price}", figure.format(seen.count * Number(rowPrice))), {role: "status"}));
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
