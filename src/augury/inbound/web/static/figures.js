// Charts of the overview. The table below them says the same, and both follow the service.
const colors = ["#0172ad", "#2e7d32", "#b71c1c"];
const figures = () => JSON.parse(document.getElementById("figures").dataset.chartOf);
const columns = (place, all) => [all.at, ...place.dataset.figures.split(" ").map(name => all[name])];
const charts = [];
for (const place of document.querySelectorAll("[data-figures]")) {
  const color = getComputedStyle(place).color, axis = {stroke: color, grid: {stroke: "#8884", width: 1}};
  const chart = new uPlot({
    width: place.clientWidth, height: 200, cursor: {drag: {x: false, y: false}},
    scales: {x: {time: true}, y: {range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1]}},
    axes: [{...axis, space: 60}, {...axis, size: 60}],
    series: [{}, ...place.dataset.names.split("|").map((label, at) => ({
      label, stroke: colors[at], width: 2, spanGaps: false, points: {size: 5}
    }))]
  }, columns(place, figures()), place);
  charts.push([place, chart]);
  addEventListener("resize", () => chart.setSize({width: place.clientWidth, height: 200}));
}
document.addEventListener("htmx:after:swap", () => {
  if (document.getElementById("figures"))
    for (const [place, chart] of charts) chart.setData(columns(place, figures()));
});
