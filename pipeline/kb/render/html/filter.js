// What is looked for, and which rows that leaves, in which order.
const charts = Object.fromEntries(facts.charts.map((chart) => [chart.key, chart]));
const keys = Object.keys(charts);
const state = { view: 'queue', query: '', sort: 'risk', down: true, chosen: Object.fromEntries(keys.map((key) => [key, new Set()])) };

let rows;
let rejected;
let haystack;
let rejectedHaystack;

function readRows(columns, quarantine) {
  rows = columns;
  rejected = quarantine;
  const rules = charts.code.bars.map((bar) => bar.label);
  haystack = rows.id.map((id, i) => [
    id, rows.signature[i], rows.signature_zh[i] ?? '', rows.category[i], charts.tier.bars[rows.tier[i]].label,
    ...rows.code[i].map((code) => rules[code]),
  ].join('\n').toLowerCase());
  rejectedHaystack = rejected.map((row) => [row.origin, row.id ?? '', row.raw, ...strings(row.findings, [])].join('\n').toLowerCase());
}

// The texts of the whole records, and the words of all others, join the search while nothing else is to be done.
async function readTexts(progress) {
  for (let number = 0; number * facts.chunk < facts.whole; number += 1) {
    await new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done));
    const records = await unpack(`chunk-${number}`);
    records.forEach((record, place) => {
      haystack[number * facts.chunk + place] += `\n${strings(record.doc, []).join('\n').toLowerCase()}`;
    });
  }
  const words = facts.records - facts.whole;
  for (let number = 0; number * facts.batch < words; number += 1) {
    await new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done));
    const texts = await unpack(`words-${number}`);
    texts.forEach((text, place) => { haystack[facts.whole + number * facts.batch + place] += `\n${text}`; });
  }
  progress();
}

// Each word once, the longest first: what is missing is found out soon.
const terms = () => [...new Set(state.query.toLowerCase().split(/\s+/).filter(Boolean))].sort((one, other) => other.length - one.length);

const measures = {
  risk: (i) => rows.risk[i],
  effective: (i) => rows.effective[i],
  tier: (i) => -rows.tier[i],
  age: (i) => rows.age[i] ?? Infinity,
  findings: (i) => rows.warnings[i] * 1000 + rows.infos[i],
  record: (i) => rows.id[i],
};

const orders = new Map();

function order() {
  const name = `${state.sort} ${state.down}`;
  if (!orders.has(name)) {
    const values = rows.id.map((_, i) => measures[state.sort](i));
    const sign = state.down ? -1 : 1;
    const compare = (a, b) => (values[a] < values[b] ? -sign : values[a] > values[b] ? sign : a - b);
    orders.set(name, Uint32Array.from(rows.id.keys()).sort(compare));
  }
  return orders.get(name);
}

const matches = (text, words) => words.every((word) => text.includes(word));

function selects(key, i) {
  const chosen = state.chosen[key];
  const value = rows[key][i];
  return chosen.size === 0 || (Array.isArray(value) ? value.some((item) => chosen.has(item)) : chosen.has(value));
}

// The rows that are left in each list, in order; and for each chart, how many each bar has, of all records that the other choices leave.
function sift() {
  const words = terms();
  const active = keys.filter((key) => state.chosen[key].size > 0);
  const counts = Object.fromEntries(keys.map((key) => [key, new Uint32Array(charts[key].bars.length)]));
  const declared = new Uint32Array(10);
  const left = { queue: [], all: [] };
  const add = (key, i) => {
    const value = rows[key][i];
    if (Array.isArray(value)) for (const item of value) counts[key][item] += 1;
    else counts[key][value] += 1;
    if (key === 'tenth') declared[rows.said[i]] += 1;
  };
  for (const i of order()) {
    if (words.length > 0 && !found.rows.has(i) && !matches(haystack[i], words)) continue;
    const against = active.filter((key) => !selects(key, i));
    if (against.length === 0) {
      left.all.push(i);
      if (rows.risk[i] > 0) left.queue.push(i);
      keys.forEach((key) => add(key, i));
    } else if (against.length === 1) add(against[0], i);
  }
  return { queue: byPattern(left.queue), all: byPattern(left.all), counts, declared };
}

// What a pattern names stands before what merely has the same words.
const byPattern = (items) => (found.rows.size > 0 ? [...items.filter((i) => found.rows.has(i)), ...items.filter((i) => !found.rows.has(i))] : items);

function siftRejected() {
  const words = terms();
  return rejected.map((_, i) => i).filter((i) => matches(rejectedHaystack[i], words));
}
