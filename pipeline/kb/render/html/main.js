// What people do: search, choose, sort, move, read.
function refresh({ keep = false } = {}) {
  const started = performance.now();
  const kept = keep ? list.items[list.current] : undefined;
  if (inQuarantine()) {
    show(siftRejected());
    recount();
  } else {
    const { left, counts, declared } = sift();
    show(left);
    recount(counts, declared);
  }
  if (kept !== undefined) move(Math.max(0, list.items.indexOf(kept)));
  head(resort);
  tellStatus();
  document.documentElement.dataset.sifted = Math.ceil(performance.now() - started);
}

function tellStatus() {
  const all = inQuarantine() ? rejected.length : state.view === 'queue' ? queued : facts.records;
  $('status').textContent = list.items.length === all ? plural(all, 'record') : `${count(list.items.length)} of ${plural(all, 'record')}`;
  $('chips').replaceChildren(...(inQuarantine() ? [] : keys).flatMap((key) => [...state.chosen[key]].map((place) =>
    el('button', { type: 'button', class: 'chip', on: { click: () => choose(key, place) } },
      el('span', {}, `${charts[key].noun}: `), own(charts[key].bars[place].label), el('span', { class: 'unseen' }, ', take away')))));
  for (const button of document.querySelectorAll('[data-view]')) button.setAttribute('aria-pressed', String(button.dataset.view === state.view));
  for (const select of document.querySelectorAll('select[data-chart]')) {
    const chosen = state.chosen[select.dataset.chart];
    select.value = chosen.size === 1 ? String(chosen.values().next().value) : '';
    select.disabled = inQuarantine();
  }
  for (const button of document.querySelectorAll('button.choose')) {
    button.setAttribute('aria-pressed', String(state.chosen[button.dataset.chart].has(Number(button.dataset.bar))));
  }
}

function change() {
  refresh();
  toList();
  if (!narrow.matches) open();
}

// A shorter list must not leave the reader below its end.
function toList() {
  const top = $('records').getBoundingClientRect().top;
  if (top < 0) scrollBy({ top });
}

function choose(key, place) {
  const chosen = state.chosen[key];
  if (!chosen.delete(place)) chosen.add(place);
  if (inQuarantine() || sift().left.length === 0) state.view = 'all';
  change();
}

function resort(key) {
  state.down = state.sort === key ? !state.down : !['record', 'tier'].includes(key);
  state.sort = key;
  change();
  $('table').querySelector(`[data-sort=${key}]`).focus();
}

function view(name) {
  state.view = name;
  change();
}

function clear() {
  state.query = '';
  $('search').value = '';
  keys.forEach((key) => state.chosen[key].clear());
  change();
}

function follow() {
  const id = /^#record\/(.+)$/.exec(location.hash)?.[1];
  const i = id === undefined ? undefined : places.get(decodeURIComponent(id));
  if (i === undefined) return false;
  if (!list.items.includes(i) || inQuarantine()) {
    state.view = 'all';
    clear();
  }
  move(list.items.indexOf(i));
  reveal();
  read();
  return true;
}

const MOVES = { ArrowDown: () => 1, ArrowUp: () => -1, PageDown: () => 10, PageUp: () => -10, Home: () => -list.items.length, End: () => list.items.length };

function onTableKey(event) {
  if (event.target !== $('table') || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in MOVES) {
    event.preventDefault();
    move(list.current + MOVES[event.key]());
    reveal();
    if (!narrow.matches) open();
  } else if (event.key === 'Enter') {
    event.preventDefault();
    read();
  }
}

function onKey(event) {
  const typing = event.target.closest('input, select, textarea');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    document.body.classList.remove('reading');
    $('search').focus();
    $('search').select();
  } else if (event.key === 'Escape' && ($('record').contains(event.target) || document.body.classList.contains('reading'))) close();
}

function onSearchKey(event) {
  if (event.key === 'ArrowDown' || event.key === 'Enter') {
    event.preventDefault();
    $('table').focus({ preventScroll: true });
  }
}

// Light and dark: as the system has it, until the button says otherwise.
function setTheme(name) {
  document.documentElement.dataset.theme = name;
  $('theme').textContent = name === 'dark' ? 'Light' : 'Dark';
}

function startTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let kept = null;
  try { kept = localStorage.getItem('kb-theme'); } catch { /* a page from disk may keep nothing */ }
  setTheme(kept ?? (dark.matches ? 'dark' : 'light'));
  dark.addEventListener('change', () => setTheme(dark.matches ? 'dark' : 'light'));
  $('theme').hidden = false;
  $('theme').addEventListener('click', () => {
    setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    try { localStorage.setItem('kb-theme', document.documentElement.dataset.theme); } catch { /* likewise */ }
  });
}

let queued = 0;

function listen() {
  let waiting = 0;
  $('search').addEventListener('input', () => {
    state.query = $('search').value;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(change);
  });
  $('search').addEventListener('keydown', onSearchKey);
  $('table').addEventListener('keydown', onTableKey);
  document.addEventListener('keydown', onKey);
  $('clear').addEventListener('click', clear);
  $('more').addEventListener('click', () => {
    $('filters').hidden = !$('filters').hidden;
    $('more').setAttribute('aria-expanded', String(!$('filters').hidden));
  });
  for (const button of document.querySelectorAll('[data-view]')) button.addEventListener('click', () => view(button.dataset.view));
  for (const button of document.querySelectorAll('button.choose')) button.addEventListener('click', () => choose(button.dataset.chart, Number(button.dataset.bar)));
  for (const select of document.querySelectorAll('select[data-chart]')) {
    select.addEventListener('change', () => {
      state.chosen[select.dataset.chart].clear();
      if (select.value === '') change();
      else choose(select.dataset.chart, Number(select.value));
    });
  }
  addEventListener('scroll', () => paint(), { passive: true });
  addEventListener('resize', () => paint(true));
  addEventListener('beforeprint', () => paint(true));
  addEventListener('afterprint', () => paint(true));
  matchMedia('print').addEventListener('change', () => paint(true));
  addEventListener('hashchange', follow);
  const measure = () => document.documentElement.style.setProperty('--toolbar', `${$('toolbar').offsetHeight}px`);
  new ResizeObserver(measure).observe($('toolbar'));
}

async function start() {
  openCurrent = read;
  const [columns, quarantine] = await Promise.all([unpack('rows'), unpack('rejected')]);
  readRows(columns, quarantine);
  rows.id.forEach((id, i) => places.set(id, i));
  queued = rows.risk.filter((risk) => risk > 0).length;
  const counted = { queue: queued, all: facts.records, quarantine: rejected.length };
  for (const [name, number] of Object.entries(counted)) document.querySelector(`[data-view=${name}] .count`).textContent = count(number);
  if (queued === 0) state.view = facts.records > 0 ? 'all' : 'quarantine';
  listen();
  refresh();
  if (!follow() && !narrow.matches) open();
  document.documentElement.dataset.ready = 'rows';
  await Promise.all(facts.charts.filter((chart) => chart.bars.length > 0).map((chart) => draw(chart, choose)));
  document.documentElement.dataset.ready = 'charts';
  await readTexts(() => { if (state.query) refresh({ keep: true }); });
  document.documentElement.dataset.ready = 'texts';
}

startTheme();
addEventListener('DOMContentLoaded', start);
