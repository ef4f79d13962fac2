// Times in the reader's zone, and in the page's language. In a table on a phone, they are short, and this year is left out. A day stays a day.
const inZone = root => {
  const {lang} = document.documentElement, isNarrow = innerWidth < 600;
  const long = new Intl.DateTimeFormat(lang, {dateStyle: "medium", timeStyle: "medium"});
  const brief = {day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit"};
  const short = new Intl.DateTimeFormat(lang, brief), older = new Intl.DateTimeFormat(lang, {year: "numeric", ...brief});
  const day = new Intl.DateTimeFormat(lang, {...(isNarrow ? {day: "numeric", month: "short"} : {dateStyle: "medium"}), timeZone: "UTC"});
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const at = new Date(time.dateTime), isOld = at.getFullYear() !== new Date().getFullYear();
    const said = time.dateTime.length === 10 ? day : !isNarrow || !time.closest("td") ? long : isOld ? older : short;
    time.title = time.textContent;
    time.textContent = said.format(at);
  }
};
inZone(document);
// A form is sent once, also after a double click. A step back, or some seconds without an answer, makes it ready again.
const BUSY = 5000, ready = () => document.querySelectorAll("form[data-sent]").forEach(form => delete form.dataset.sent);
document.addEventListener("submit", event => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(ready, BUSY);
});
addEventListener("pageshow", ready);
document.addEventListener("htmx:after:swap", () => inZone(document));
