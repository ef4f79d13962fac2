// Reads the beginning of a table in the browser: its columns, its first rows, and how many there are.
const MOST_BYTES = 65536, MOST_ROWS = 5;

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
  return [",", ";", "\t", "|"].sort((one, other) => first.split(other).length - first.split(one).length)[0];
};

// The encodings that the service reads, in its order: a mark, Unicode, and then the one in which the text looks most
// like words. The service may decide otherwise once it has the whole file.
const OLDER = ["windows-1251", "windows-1252", "koi8-r", "ibm866"];
const WORDS = /[\p{Ll}][\p{Ll}]|(?<![\p{L}])[\p{Lu}][\p{Ll}]/gu, ODD = /[\p{Ll}][\p{Lu}]|[^\p{L}\p{N}\p{P}\p{Sc}\s№°±§©®™+<=>|~^`]/gu;
const SCRIPTS = /[\p{Script=Latin}][\p{Script=Cyrillic}]|[\p{Script=Cyrillic}][\p{Script=Latin}]/gu;
const likeness = text => (text.match(WORDS) ?? []).length - 3 * (text.match(ODD) ?? []).length - 3 * (text.match(SCRIPTS) ?? []).length;
const decoded = bytes => {
  const [one, two, three, four] = bytes, whole = name => new TextDecoder(name, {fatal: true}).decode(bytes, {stream: true});
  if ((one === 0xff && two === 0xfe || one && two === 0 && three && four === 0)) return [whole("utf-16le"), ""];
  if ((one === 0xfe && two === 0xff || one === 0 && two && three === 0 && four)) return [whole("utf-16be"), ""];
  if (bytes.includes(0)) return null;
  try { return [whole("utf-8"), ""]; } catch { /* it is not UTF-8 */ }
  const lines = new TextDecoder("windows-1252").decode(bytes).split("\n"), far = lines.length > 1 ? 1 : 0;
  const part = bytes.subarray(0, lines.slice(0, lines.length - far).join("\n").length + far);
  const read = OLDER.map(name => [new TextDecoder(name).decode(part), name]);
  const [, name] = read.sort((a, b) => likeness(b[0]) - likeness(a[0]))[0];
  return [new TextDecoder(name).decode(bytes), name];
};

// One line for each row of JSON Lines, with the columns in the order in which they appear.
const fromLines = text => {
  const rows = text.split("\n").filter(line => line.trim()).map(line => JSON.parse(line));
  const header = [...new Set(rows.slice(0, MOST_ROWS).flatMap(row => Object.keys(row)))];
  const said = value => value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  return [header, ...rows.map(row => header.map(name => said(row[name])))];
};

// The first bytes, unpacked, and whether they are all.
const begun = async file => {
  const isPacked = /\.gz$/i.test(file.name);
  if (!isPacked) return [new Uint8Array(await file.slice(0, MOST_BYTES).arrayBuffer()), file.size <= MOST_BYTES, file.size];
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader(), parts = [];
  let length = 0;
  for (;;) {
    const {done, value} = await reader.read();
    if (!done) { parts.push(value); length += value.length; }
    if (!done && length <= MOST_BYTES) continue;
    if (!done) reader.cancel();
    const bytes = new Uint8Array(length);
    parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
    return [bytes.subarray(0, MOST_BYTES), done, null];
  }
};

// The file's first rows, and how many there are: exactly, or estimated from their size.
const read = async file => {
  if (!file) return null;
  if (/\.parquet$/i.test(file.name)) return (await import(document.querySelector("[data-parquet]").dataset.parquet)).firstRows(file, MOST_ROWS);
  const isLines = /\.(ndjson|jsonl)(\.gz)?$/i.test(file.name);
  if (!isLines && !/\.(csv|tsv|txt)(\.gz)?$/i.test(file.name)) return null;
  const [bytes, isWhole, size] = await begun(file), found = decoded(bytes);
  if (!found) return null;
  let [text, encoding] = found;
  if (isWhole && !text.endsWith("\n")) text += "\n";
  text = text.slice(0, text.lastIndexOf("\n") + 1);
  const [header, ...rows] = isLines ? fromLines(text) : parsed(text, delimiter(text));
  if (!rows.length) return null;
  const line = bytes.byteLength / (rows.length + (isLines ? 0 : 1));
  const count = isWhole ? rows.length : size === null ? null : Math.round(size / line) - (isLines ? 0 : 1);
  return {header, rows, count, isWhole, encoding};
};
