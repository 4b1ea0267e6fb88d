// The list: only the rows in sight exist. One of them is current; the arrows move it.
const columns = {
  risk: { title: 'Risk', label: 'Risk, the place in the queue', number: true },
  record: { title: 'Record', label: 'Record' },
  tier: { title: 'Tier', label: 'Verification tier' },
  effective: { title: 'Effective', label: 'Effective confidence', number: true },
  age: { title: 'Age', label: 'Days since the last confirmation', number: true },
  findings: { title: 'Findings', label: `Findings: warnings and infos${Object.keys(facts.common).length > 0 ? ' that most records do not have' : ''}`, number: true },
};

const list = { items: [], current: -1, height: 0, from: 0, to: 0 };
const PRINTED = 200;
const inQuarantine = () => state.view === 'quarantine';

// What speaks against a record as something to do, what weighs most first.
const TO_DO = { sources: 'Add sources', findings: 'Settle findings', vague: 'Be more exact', age: 'Confirm again', bulk: 'Confirm one by one' };

function toDo(why) {
  return why.split('; ').map((reason) => /^(\d\.\d\d) (\w+): (.*)$/s.exec(reason) ?? [reason, 0, '', reason])
    .sort((one, other) => other[1] - one[1]).map(([, , part, what]) => [TO_DO[part], what]);
}

// A record in one line: how urgent, how old, who stands behind it.
const gist = (i) => [`risk ${rate(rows.risk[i])}`, charts.freshness.bars[rows.freshness[i]].label, charts.tier.bars[rows.tier[i]].label].join(' · ');

function task([what, why]) {
  return el('span', { class: 'task' }, what && el('b', {}, `${what}: `), own(why));
}

const byItsPattern = (i) => found.rows.has(i) && el('em', { class: 'hit' }, 'its pattern matches');

function cells(i) {
  if (inQuarantine()) {
    const row = rejected[i];
    return [el('td', { class: 'subject' },
      el('span', { class: 'title' }, own(row.id ?? '(no id)')),
      el('span', { class: 'path' }, own(row.origin)),
      el('span', { class: 'why' }, own(`${row.findings[0].code} ${row.findings[0].message}`)))];
  }
  return [
    el('td', { class: 'n risk' }, rate(rows.risk[i])),
    el('td', { class: 'subject' },
      el('span', { class: 'title' }, own(rows.signature[i])),
      el('span', { class: 'path' }, byItsPattern(i), own(rows.id[i])),
      el('span', { class: 'gist' }, gist(i)),
      state.view === 'queue' && el('span', { class: 'why' }, toDo(rows.why[i]).map(task))),
    el('td', { class: 'tier' }, own(charts.tier.bars[rows.tier[i]].label)),
    el('td', { class: 'n worth' }, rate(rows.effective[i]), el('span', { class: 'of' }, `of ${rate(rows.declared[i])}`)),
    el('td', { class: `n age ${charts.freshness.bars[rows.freshness[i]].key}` },
      rows.age[i] === null ? 'never' : plural(rows.age[i], 'day'),
      el('span', { class: 'of' }, rows.age[i] === null ? 'confirmed' : charts.freshness.bars[rows.freshness[i]].label)),
    el('td', { class: 'n flags' },
      rows.warnings[i] > 0 && el('span', { class: 'flag warning', title: 'warnings' }, count(rows.warnings[i]), el('span', { class: 'unseen' }, ' warnings ')),
      rows.infos[i] > 0 && el('span', { class: 'flag info', title: 'infos' }, count(rows.infos[i]), el('span', { class: 'unseen' }, ' infos'))),
  ];
}

function head(resort) {
  const shown = inQuarantine() ? [['record', { title: 'Rejected record' }]] : Object.entries(columns);
  $('table').tHead.replaceChildren(el('tr', { 'aria-rowindex': 1 }, shown.map(([key, column]) => {
    const sorted = !inQuarantine() && state.sort === key;
    const sort = sorted ? (state.down ? 'descending' : 'ascending') : null;
    const title = inQuarantine() ? column.title
      : el('button', { type: 'button', title: `Sort by: ${column.label}`, 'data-sort': key, on: { click: () => resort(key) } }, column.title);
    return el('th', { scope: 'col', class: `c-${key}${column.number ? ' n' : ''}`, 'aria-sort': sort }, title);
  })));
}

function spacer(rows_, height) {
  if (rows_ <= 0) return null;
  const cell = el('td');
  cell.style.height = `${rows_ * height}px`;
  return el('tr', { class: 'spacer', 'aria-hidden': true }, cell);
}

function line(place, open) {
  const current = place === list.current;
  return el('tr', {
    id: `line-${place}`, 'aria-rowindex': place + 2, 'aria-selected': String(current),
    on: { click: () => { move(place); open(); } },
  }, cells(list.items[place]));
}

let openCurrent = () => {};

function paint(force = false) {
  const table = $('table');
  const height = parseFloat(getComputedStyle(table).getPropertyValue('--row'));
  const top = table.tBodies[0].getBoundingClientRect().top;
  const printing = matchMedia('print').matches;
  const from = printing ? 0 : Math.max(0, Math.min(Math.floor(-top / height) - 10, list.items.length));
  const to = printing ? Math.min(list.items.length, PRINTED) : Math.min(list.items.length, Math.max(from, Math.ceil((innerHeight - top) / height) + 10));
  if (!force && height === list.height && from >= list.from && to <= list.to) return;
  const [first, last] = printing ? [from, to] : [Math.max(0, from - 15), Math.min(list.items.length, to + 15)];
  Object.assign(list, { from: first, to: last, height });
  const lines = [];
  for (let place = first; place < last; place += 1) lines.push(line(place, openCurrent));
  const pads = printing ? [null, null] : [spacer(first, height), spacer(list.items.length - last, height)];
  table.tBodies[0].replaceChildren(...[pads[0], ...lines, pads[1]].filter(Boolean));
  table.setAttribute('aria-rowcount', list.items.length + 1);
  $('printed').textContent = list.items.length > PRINTED ? `The first ${PRINTED} of ${count(list.items.length)}.` : '';
  mark();
}

function mark() {
  const there = $(`line-${list.current}`);
  for (const other of $('table').querySelectorAll('tr[aria-selected=true]')) other.setAttribute('aria-selected', 'false');
  if (there) {
    there.setAttribute('aria-selected', 'true');
    $('table').setAttribute('aria-activedescendant', there.id);
  } else $('table').removeAttribute('aria-activedescendant');
}

function show(items) {
  list.items = items;
  list.current = items.length > 0 ? 0 : -1;
  $('nothing').hidden = items.length > 0;
  paint(true);
}

function move(place) {
  list.current = Math.max(0, Math.min(place, list.items.length - 1));
  mark();
}

function reveal() {
  const ceiling = $('toolbar').getBoundingClientRect().height + $('table').tHead.getBoundingClientRect().height;
  const top = $('table').tBodies[0].getBoundingClientRect().top + list.current * list.height;
  if (top < ceiling) scrollBy({ top: top - ceiling });
  else if (top + list.height > innerHeight) scrollBy({ top: top + list.height - innerHeight });
  paint();
}
