// Times in the reader's zone, and in the page's language.
const inZone = root => {
  const said = new Intl.DateTimeFormat(document.documentElement.lang, {dateStyle: "medium", timeStyle: "medium"});
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = said.format(new Date(time.dateTime));
  }
};
inZone(document);
document.addEventListener("htmx:after:swap", () => inZone(document));
