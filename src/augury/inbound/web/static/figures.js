// Charts of the desk. The table below them says the same, and both follow the service.
const colors = ["#0172ad", "#2e7d32", "#b71c1c"], pair = ["#0172ad", "#c6610f"];
const figures = () => JSON.parse(document.getElementById("figures").dataset.chartOf);
const columns = (place, all) => [all.at, ...place.dataset.figures.split(" ").map(name => all[name])];
const {lang} = document.documentElement, moment = new Intl.DateTimeFormat(lang, {dateStyle: "medium", timeStyle: "short"});
const day = new Intl.DateTimeFormat(lang, {day: "numeric", month: "short"});
const hour = new Intl.DateTimeFormat(lang, {hour: "2-digit", minute: "2-digit"});
const TWO_DAYS = 172_800;
const moments = (chart, all) => all.map(at => (all.at(-1) - chart.data[0][0] > TWO_DAYS ? day : hour).format(at * 1000));
// The line has only whole steps, because a step that is not over would look like a fall. That step is a ring.
const line = uPlot.paths.linear();
const whole = (chart, series, first, last) => {
  const [begin, end] = figures().whole;
  return Math.max(first, begin) > Math.min(last, end) ? null : line(chart, series, Math.max(first, begin), Math.min(last, end));
};
// A point between two gaps has no line: it is a ring, too, even where the points of the line have none.
const alone = (chart, series) => chart.data[series].flatMap((value, at, all) =>
  value != null && (at > figures().whole[1] || all[at - 1] == null && (all[at + 1] == null || at === figures().whole[1])) ? [at] : []);
const charts = [];
for (const place of document.querySelectorAll("[data-figures]")) {
  const color = getComputedStyle(place).color, ground = getComputedStyle(document.documentElement).backgroundColor, axis = {stroke: color, grid: {stroke: "#8884", width: 1}};
  const chart = new uPlot({
    width: place.clientWidth, height: 200, padding: [8, 32, 0, 0], cursor: {drag: {x: false, y: false}},
    scales: {x: {time: true}, y: {range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1]}},
    axes: [{...axis, space: 60, values: moments}, {...axis, size: 60}],
    series: [{label: place.dataset.time, value: (_, at) => at ? moment.format(at * 1000) + (at === figures().at.at(-1) ? ` ${place.dataset.soFar}` : "") : "–"}, ...place.dataset.names.split("|").map((label, at) => ({
      label, stroke: ("pair" in place.dataset ? pair : colors)[at], width: 2, spanGaps: false, paths: whole, points: {show: true, size: 7, width: 2, fill: ground, filter: alone}
    }))]
  }, columns(place, figures()), place);
  charts.push([place, chart]);
  addEventListener("resize", () => chart.setSize({width: place.clientWidth, height: 200}));
}
document.addEventListener("htmx:after:swap", () => {
  if (document.getElementById("figures"))
    for (const [place, chart] of charts) chart.setData(columns(place, figures()));
});
