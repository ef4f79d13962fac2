// The columns of the table that is chosen, so that nobody has to type them. `table.js` reads them.
{
  const MOST_COLUMNS = 60;
  const form = document.querySelector("form[data-training]"), file = form.elements.file, names = document.getElementById("columns");
  const place = document.getElementById("kinds"), typed = place.querySelector("textarea");
  const words = place.dataset.kinds.split("|"), values = place.dataset.values.split("|");
  const shown = [...place.children], choices = document.createElement("div");
  form.prepend(file.closest("label")); // the other fields follow from it
  place.append(choices);

  const choice = name => {
    const label = document.createElement("label"), select = document.createElement("select");
    label.append(name, select);
    select.dataset.column = name;
    values.forEach((value, at) => select.add(new Option(words[at], value)));
    return label;
  };
  const store = () => {
    const chosen = [...choices.querySelectorAll("select")].filter(each => each.value);
    typed.value = chosen.map(each => `${each.dataset.column}=${each.value}`).join("\n");
  };
  const look = async () => {
    const chosen = file.files[0], found = await read(chosen).catch(() => null);
    if (chosen !== file.files[0]) return;
    const columns = found ? found.header.filter(Boolean) : [];
    const isShort = columns.length > 0 && columns.length <= MOST_COLUMNS && !columns.some(each => each.includes("\n"));
    names.replaceChildren(...columns.map(each => new Option(each, each)));
    choices.replaceChildren(...(isShort ? columns.map(choice) : []));
    for (const each of shown) each.hidden = isShort;
    if (isShort) store();
  };
  choices.addEventListener("change", store);
  file.addEventListener("change", look);
  if (file.files.length) look();
}
