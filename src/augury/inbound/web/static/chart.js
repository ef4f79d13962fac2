// Bars of credits by day, one series for each model. The table below says the same. The bars of today are hollow, because the day is not over.
const colors = ["#0172ad", "#c6610f", "#2e7d32", "#8e24aa", "#b71c1c", "#5d6b7a"];
for (const place of document.querySelectorAll("[data-chart]")) {
  const {days, models} = JSON.parse(place.dataset.chart);
  const color = getComputedStyle(place).color;
  const axis = {stroke: color, grid: {stroke: "#8884", width: 1}};
  const draw = width => new uPlot({
    width, height: 240, tzDate: at => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"), cursor: {drag: {x: false, y: false}}, legend: {live: false},
    scales: {x: {time: true, range: (_, first, last) => [first - 43200, last + 43200]}, y: {range: (_, __, most) => [0, Math.max(1, most * 1.1)]}},
    axes: [{...axis, space: 60, values: (_, at) => at.map(each => new Date(each * 1000)
      .toLocaleDateString(document.documentElement.lang, {day: "numeric", month: "short", timeZone: "UTC"}))}, axis],
    series: [{}, ...models.map((each, place) => ({
      label: each.name, stroke: colors[place % colors.length], fill: colors[place % colors.length] + "55",
      paths: uPlot.paths.bars({size: [0.7, 40], disp: {
        stroke: {unit: 3, values: chart => chart.data[0].map(() => colors[place % colors.length])},
        fill: {unit: 3, values: chart => chart.data[0].map((_, at, all) => at === all.length - 1 ? "transparent" : colors[place % colors.length] + "55")}
      }}), points: {show: false}
    }))]
  }, [days, ...models.map(each => each.charged)], place);
  let chart = draw(place.clientWidth);
  addEventListener("resize", () => chart.setSize({width: place.clientWidth, height: 240}));
}
