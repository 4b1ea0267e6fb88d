// The charts: drawn once, counted anew with every choice. A click on a bar, its name or its row chooses it.
const views = {};

function bars(chart, counts, declared) {
  const chosen = state.chosen[chart.key];
  return chart.bars.slice(0, chart.drawn).map((bar, place) => ({
    place,
    label: bar.label,
    all: bar.all,
    shown: counts ? counts[place] : bar.all,
    declared: declared ? declared[place] : bar.declared,
    off: chosen.size > 0 && !chosen.has(place),
  }));
}

function describe(chart, datum) {
  const bar = chart.bars[datum.place];
  const part = datum.shown === bar.all ? plural(bar.all, 'record') : `${count(datum.shown)} of ${plural(bar.all, 'record')}`;
  return bar.declared === null ? part : `${part}; ${count(bar.declared)} declare it`;
}

// The bar in whose row, or column, a pointer is: all of that can be hit, however short the bar.
function under(chart, view, event) {
  const upright = chart.key === 'tenth';
  const box = view.container().querySelector('svg').getBoundingClientRect();
  const [left, top] = view.origin();
  const at = upright ? event.clientX - box.left - left : event.clientY - box.top - top;
  const scale = view.scale(upright ? 'x' : 'y');
  const place = Math.floor((at - scale(chart.bars[0].label)) / scale.step());
  return place >= 0 && place < chart.drawn ? place : -1;
}

function hover(chart, view, event) {
  const tip = $('tip');
  const place = event.pointerType === 'mouse' && event.type === 'pointermove' ? under(chart, view, event) : -1;
  tip.hidden = place < 0;
  if (tip.hidden) return;
  const datum = view.data('bars')[place];
  tip.replaceChildren(el('strong', {}, own(chart.bars[place].label)), el('span', {}, describe(chart, datum)));
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${Math.max(8, event.clientY - height - 12)}px`;
}

const SETTINGS = { ast: true, actions: false, renderer: 'svg', defaultStyle: false, tooltip: false };

async function draw(chart, choose) {
  const plot = document.querySelector(`#chart-${chart.key} .plot`);
  const specification = { ...chart.specification, datasets: { bars: bars(chart) } };
  const font = getComputedStyle(document.body).fontFamily;
  const axis = { labelFontSize: 12, domain: false, ticks: false, labelPadding: 6 };
  const config = { background: 'transparent', font, view: { stroke: null }, axis };
  const { view } = await vegaEmbed(plot, specification, { ...SETTINGS, config });
  for (const type of ['pointermove', 'pointerleave', 'pointercancel']) plot.addEventListener(type, (event) => hover(chart, view, event));
  plot.addEventListener('click', (event) => {
    const place = under(chart, view, event);
    if (place >= 0) choose(chart.key, place);
  });
  views[chart.key] = view;
}

function recount(counts, declared) {
  for (const [key, view] of Object.entries(views)) {
    view.data('bars', bars(charts[key], counts?.[key], key === 'tenth' ? declared : null)).runAsync();
  }
}
