// Times in the reader's zone, and in the page's language. In a table on a phone, they are short. A day stays a day.
const inZone = root => {
  const {lang} = document.documentElement, isNarrow = innerWidth < 600;
  const long = new Intl.DateTimeFormat(lang, {dateStyle: "medium", timeStyle: "medium"});
  const short = new Intl.DateTimeFormat(lang, {dateStyle: "short", timeStyle: "short"});
  const day = new Intl.DateTimeFormat(lang, {dateStyle: "medium", timeZone: "UTC"});
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const said = time.dateTime.length === 10 ? day : isNarrow && time.closest("td") ? short : long;
    time.title = time.textContent;
    time.textContent = said.format(new Date(time.dateTime));
  }
};
inZone(document);
document.addEventListener("htmx:after:swap", () => inZone(document));
