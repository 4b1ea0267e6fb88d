// What people do: search, choose, sort, move, read.
function refresh({ keep = false, roam = false } = {}) {
  const started = performance.now();
  const kept = keep ? list.items[list.current] : undefined;
  const { counts, declared, ...lists } = { ...sift(), quarantine: siftRejected() };
  // a search that finds nothing in the queue goes on in all records
  if (roam && state.view === 'queue' && lists.queue.length === 0 && lists.all.length > 0) state.view = 'all';
  $('table').dataset.list = state.view;
  show(lists[state.view]);
  if (inQuarantine()) recount();
  else recount(counts, declared);
  if (kept !== undefined) move(Math.max(0, list.items.indexOf(kept)));
  head(resort);
  tellStatus();
  showCounts(lists);
  document.documentElement.dataset.sifted = Math.ceil(performance.now() - started);
}

const VIEWS = { queue: 'Queue', all: 'All records', quarantine: 'Quarantine' };
const totals = () => ({ queue: queued, all: facts.records, quarantine: rejected.length });

// Each tab says how many of its rows the search and the choices leave; where the list has none, the others are offered.
function showCounts(lists) {
  const all = totals();
  for (const name of Object.keys(VIEWS)) {
    const left = lists[name].length;
    document.querySelector(`[data-view=${name}] .count`).textContent = left === all[name] ? count(left) : `${count(left)} of ${count(all[name])}`;
  }
  const others = Object.keys(VIEWS).filter((name) => name !== state.view && lists[name].length > 0);
  $('elsewhere').replaceChildren(...others.map((name) =>
    el('button', { type: 'button', on: { click: () => view(name) } }, `${count(lists[name].length)} in ${VIEWS[name]}`)));
}

function tellStatus() {
  const all = totals()[state.view];
  const parts = [list.items.length === all ? plural(all, 'record') : `${count(list.items.length)} of ${plural(all, 'record')}`];
  const named = inQuarantine() ? 0 : list.items.filter((i) => found.rows.has(i)).length;
  if (named > 0) parts.push(`${count(named)} by its pattern`);
  if (state.query && found.left > 0) parts.push(`${plural(found.left, 'pattern')} not tried, for lack of time`);
  if (state.query && !textsRead) parts.push('texts are still being read');
  $('status').textContent = parts.join('; ');
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

function change({ roam = false, bring = false } = {}) {
  refresh({ roam });
  toList(bring);
  if (!narrow.matches) open();
}

// A shorter list must not leave the reader below its end; and what is searched for comes into sight.
function toList(bring) {
  const top = $('records').getBoundingClientRect().top;
  if (top < 0 || bring) scrollBy({ top });
}

let asked = 0;

// The list is busy from the first key until all patterns were tried.
function ask() {
  asked += 1;
  $('table').setAttribute('aria-busy', 'true');
}

async function search() {
  const mine = asked;
  state.query = $('search').value;
  const sought = seek(state.query, () => {
    refresh({ keep: true, roam: true });
    if (!narrow.matches) open();
  });
  change({ roam: true, bring: true });
  await sought;
  if (mine === asked) $('table').setAttribute('aria-busy', 'false');
}

function choose(key, place) {
  const chosen = state.chosen[key];
  if (!chosen.delete(place)) chosen.add(place);
  if (inQuarantine() || sift()[state.view].length === 0) state.view = 'all';
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
  change({ bring: true });
}

function clear() {
  state.query = '';
  $('search').value = '';
  keys.forEach((key) => state.chosen[key].clear());
  seek('');
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
let textsRead = false;

function listen() {
  let waiting = 0;
  $('search').addEventListener('input', () => {
    ask();
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(search);
  });
  $('search').addEventListener('paste', (event) => { pasted = event.clipboardData?.getData('text') ?? ''; });
  $('search').addEventListener('keydown', onSearchKey);
  $('table').addEventListener('keydown', onTableKey);
  document.addEventListener('keydown', onKey);
  $('clear').addEventListener('click', clear);
  $('explain').addEventListener('click', () => {
    $('legend').open = true;
    $('legend').scrollIntoView();
    $('legend').querySelector('summary').focus({ preventScroll: true });
  });
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
  if (queued === 0) state.view = facts.records > 0 ? 'all' : 'quarantine';
  listen();
  refresh();
  if (!follow() && !narrow.matches) open();
  document.documentElement.dataset.ready = 'rows';
  await Promise.all(facts.charts.filter((chart) => chart.bars.length > 0).map((chart) => draw(chart, choose)));
  document.documentElement.dataset.ready = 'charts';
  nodes ??= await unpack('patterns');
  await readTexts(() => {
    textsRead = true;
    if (state.query) refresh({ keep: true, roam: true });
  });
  document.documentElement.dataset.ready = 'texts';
}

startTheme();
addEventListener('DOMContentLoaded', start);
