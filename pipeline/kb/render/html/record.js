// One record: what it says, what it is worth and why, what was found, what was repaired.
function section(title, ...children) {
  const inside = children.flat().filter(Boolean);
  return inside.length > 0 ? el('section', {}, el('h3', {}, title), inside) : null;
}

function fields(pairs) {
  const inside = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0));
  return inside.length > 0 && el('dl', { class: 'fields' }, inside.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

const text = (value, attributes = {}) => el('p', { class: 'text', dir: 'auto', ...attributes }, value);
const chinese = (value) => text(value, { lang: 'zh' });
const missing = (what) => el('p', { class: 'missing' }, what);

// English and Chinese side by side, where there is Chinese at all.
function pair(english, translated) {
  return translated ? el('div', { class: 'pair' }, text(english), chinese(translated)) : text(english);
}

function sources(urls) {
  return urls?.length > 0 ? el('ul', { class: 'sources' }, urls.map((url) => el('li', {}, link(url)))) : null;
}

function share(value, word) {
  return typeof value === 'number' ? el('span', { class: 'share' }, `${word} in ${Math.round(value * 100)}%`) : null;
}

function steps(title, texts) {
  return section(title, texts?.length > 0 && el('ol', { class: 'items' }, texts.map((step) => el('li', {}, text(step)))));
}

function item(entry, value, word, more, translated) {
  const english = el('div', {},
    entry.action ? text(entry.action, { class: 'text action' }) : missing('(the action is not said)'),
    (typeof value === 'number' || entry.condition) && el('p', { class: 'aside' }, share(value, word), entry.condition && own(entry.condition)),
    more && text(more), entry.quote && el('blockquote', {}, text(entry.quote)), sources(entry.sources), besides(entry.extensions));
  return el('li', {}, translated ? el('div', { class: 'pair' }, english, chinese(translated)) : english);
}

function besides(extensions) {
  return extensions && el('details', {}, el('summary', {}, 'What its own format says besides'), el('pre', { tabindex: 0 }, JSON.stringify(extensions, null, 2)));
}

function reasons(why) {
  return el('ul', { class: 'reasons' }, why.split('; ').filter(Boolean).map((reason) => el('li', {}, own(reason))));
}

function trust(i) {
  const [declared, ceiling, factor, effective] = ['declared', 'ceiling', 'factor', 'effective'].map((key) => rate(rows[key][i]));
  return section('Trust',
    el('p', { class: 'equation' }, el('strong', {}, effective), ' = min(', el('b', {}, declared), ' declared, ', el('b', {}, ceiling), ' ceiling) × ', el('b', {}, factor), ' freshness'),
    reasons(rows.worth[i]),
    el('p', { class: 'aside' }, `Risk ${rate(rows.risk[i])}, number ${count(i + 1)} of ${count(facts.records)} in the queue:`),
    reasons(rows.why[i]));
}

function explanation(code) {
  const rule = facts.rules[code];
  if (!rule) return null;
  const summary = rule.summary.charAt(0).toLowerCase() + rule.summary.slice(1);
  return el('details', {}, el('summary', {}, 'Explain'),
    el('p', {}, `A good record ${summary}`), rule.prose.split('\n\n').filter(Boolean).map((paragraph) => el('p', {}, paragraph)));
}

const pointer = (value) => el('code', { class: 'pointer' }, own(value || '(whole record)'));

const SEVERITIES = ['error', 'warning', 'info'];

// What was found or changed by one rule stands together, under the rule.
function byRule(list, spot) {
  const worst = [...list].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const codes = [...new Set(worst.map((entry) => entry.code))];
  return codes.map((code) => {
    const entries = list.filter((entry) => entry.code === code);
    const { severity } = entries[0];
    return el('li', { class: severity ?? null },
      el('p', { class: 'rule' }, severity && el('span', { class: 'severity' }, severity), el('b', {}, code), el('span', {}, facts.rules[code]?.name ?? '')),
      entries.map((entry) => el('div', { class: 'spot' }, spot(entry), pointer(entry.pointer))),
      explanation(code));
  });
}

function findings(found) {
  const listed = (some) => some.length > 0 && el('ul', { class: 'findings' },
    byRule(some, (finding) => el('div', {}, text(finding.message), finding.suppressed && el('p', { class: 'aside' }, 'suppressed: ', own(finding.suppressed)))));
  // what most records have says nothing of this one: it comes last, and folded
  const common = found.filter((finding) => facts.common[finding.code]);
  const codes = [...new Set(common.map((finding) => finding.code))];
  return section(`Findings (${found.length})`, listed(found.filter((finding) => !facts.common[finding.code])),
    common.length > 0 && el('details', { class: 'common' },
      el('summary', {}, `What most records have (${codes.join(', ')})`),
      codes.map((code) => el('p', { class: 'aside' }, `${code} concerns ${count(facts.common[code][0])} of ${count(facts.common[code][1])} records.`)),
      listed(common)));
}

function changes(made) {
  const list = byRule(made, (change) => el('p', { class: 'change' },
    el('del', {}, own(change.before)), el('span', { class: 'unseen' }, ' became '),
    change.after === null ? el('em', {}, 'taken out') : el('ins', {}, own(change.after))));
  return section(`Changes (${made.length})`, made.length > 0 && el('ul', { class: 'changes' }, list));
}

const KINDS = { leads_to: 'leads to', preceded_by: 'preceded by', frequently_confused_with: 'confused with' };

function neighbour(kind, id, hint) {
  const known = places.has(id);
  return el('li', {}, el('span', { class: 'kind' }, kind), known ? el('a', { href: `#record/${encodeURIComponent(id)}` }, own(id)) : own(id),
    !known && el('span', { class: 'missing' }, 'not on this page'), hint && own(hint));
}

function neighbours(record) {
  const graph = record.doc.transition_graph ?? {};
  const mine = Object.entries(KINDS).flatMap(([key, kind]) => (graph[key] ?? []).map((entry) => neighbour(kind, entry.error_id, entry.distinction ?? entry.condition)));
  const theirs = record.named_by.map((entry) => neighbour(`named by, as ${KINDS[entry.kind] ?? entry.kind}`, entry.id));
  return section('Neighbours', mine.length + theirs.length > 0 && el('ul', { class: 'neighbours' }, mine, theirs));
}

const SHOWN = new Set(['id', 'signature', 'signature_zh', 'signatures', 'diagnosis', 'verify', 'root_cause', 'root_cause_zh', 'dead_ends', 'workarounds', 'workarounds_zh', 'transition_graph',
  'curation', 'schema_version', 'versions', 'official_doc_url', 'official_doc_section', 'regex', 'confidence', 'extensions']);

function versions(entries) {
  return (entries ?? []).map((entry) => el('li', {}, own(entry.version),
    ['introduced', 'deprecated', 'removed', 'status', 'behavior_change'].filter((key) => entry[key]).map((key) => el('span', { class: 'aside' }, ` ${key.replace('_', ' ')}: `, own(entry[key])))));
}

function plain(value) {
  if (value === null || (typeof value === 'object' && Object.keys(value).length === 0)) return null;
  return own(Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function particulars(doc, record) {
  const rest = Object.entries(doc).filter(([key]) => !SHOWN.has(key)).map(([key, value]) => [key.replaceAll('_', ' '), plain(value)]);
  const listed = versions(doc.versions);
  return section('Particulars',
    fields([
      ['matches', doc.regex ? el('code', {}, own(doc.regex)) : null],
      ['official document', doc.official_doc_url ? el('span', {}, link(doc.official_doc_url), doc.official_doc_section ? own(` ${doc.official_doc_section}`) : null) : null],
      ['versions', listed.length > 0 ? el('ul', { class: 'plain' }, listed) : null],
      ...rest,
      ['came from', el('code', {}, own(record.origin))],
      ['digest', el('code', {}, record.digest)],
    ]),
    besides(doc.extensions));
}

function wholeRecord(i, record) {
  const { doc } = record;
  const chineseOf = doc.workarounds_zh ?? [];
  const further = chineseOf.slice(doc.workarounds.length);
  const { signatures } = doc;
  return [
    section('Also printed as', signatures?.length > 0 && el('ul', { class: 'plain' }, signatures.map((further) => el('li', {}, text(further))))),
    section('Root cause', doc.root_cause ? pair(doc.root_cause, doc.root_cause_zh) : doc.root_cause_zh && chinese(doc.root_cause_zh)),
    steps('Diagnosis', doc.diagnosis),
    section(`Dead ends (${doc.dead_ends.length})`, doc.dead_ends.length > 0 && el('ol', { class: 'items' }, doc.dead_ends.map((entry) => item(entry, entry.fail_rate, 'fails', entry.why_fails)))),
    section(`Workarounds (${doc.workarounds.length})`, doc.workarounds.length + further.length > 0 && el('ol', { class: 'items' },
      doc.workarounds.map((entry, place) => item(entry, entry.success_rate, 'works', entry.how, chineseOf[place])),
      further.map((translated) => el('li', {}, el('div', { class: 'pair' }, missing('(no such workaround)'), chinese(translated)))))),
    steps('Verify', doc.verify),
    trust(i),
    findings(record.findings),
    changes(record.changes),
    neighbours(record),
    particulars(doc, record),
  ];
}

function rowOnly(i) {
  return [trust(i),
    section('Findings', rows.code[i].length > 0 && el('ul', { class: 'reasons' }, rows.code[i].map((code) => el('li', {}, own(charts.code.bars[code].label))))),
    el('p', { class: 'note' }, 'This record is in the page as a row only. ', el('code', {}, own(`kb show ${rows.id[i]}`)), ' shows all of it.')];
}

function rejection(row) {
  return [
    findings(row.findings),
    section('As ingested', el('pre', { tabindex: 0, dir: 'auto', 'aria-label': 'As ingested' }, row.raw), row.size > row.raw_size && el('p', { class: 'aside' }, `cut after ${count(row.raw_size)} of ${count(row.size)} bytes; `, el('code', {}, 'kb quarantine'), ' lists all')),
  ];
}

// What a reader should know before following anything that the record says.
function summary(i) {
  return el('p', { class: 'summary' }, el('strong', {}, rate(rows.effective[i])), ` of ${rate(rows.declared[i])} confidence · ${gist(i)} `, byItsPattern(i));
}

const places = new Map();
let opened = null;

async function open() {
  const i = list.items[list.current];
  const article = $('record');
  article.hidden = i === undefined;
  opened = i === undefined ? null : `${state.view === 'quarantine'} ${i}`;
  if (i === undefined) return;
  const mine = opened;
  const rejectedNow = inQuarantine();
  const record = rejectedNow ? rejected[i] : isWhole(i) ? await whole(i) : null;
  if (opened !== mine) return;
  const titles = rejectedNow ? [text(record.id ?? '(no id)')]
    : [text(rows.signature[i]), rows.signature_zh[i] && chinese(rows.signature_zh[i])];
  article.replaceChildren(
    el('header', {},
      el('div', { class: 'titles' }, el('h2', {}, titles.filter(Boolean)), el('p', { class: 'path' }, own(rejectedNow ? record.origin : rows.id[i])), !rejectedNow && summary(i)),
      el('button', { type: 'button', class: 'close', on: { click: close } }, 'Back to the list')),
    ...(rejectedNow ? rejection(record) : record ? wholeRecord(i, record) : rowOnly(i)).filter(Boolean));
  article.scrollTop = 0;
  if (!rejectedNow) history.replaceState(null, '', `#record/${encodeURIComponent(rows.id[i])}`);
}

const narrow = matchMedia('(max-width: 1199px)');

async function read() {
  await open();
  document.body.classList.add('reading');
  $('record').focus({ preventScroll: true });
}

function close() {
  document.body.classList.remove('reading');
  $('table').focus({ preventScroll: true });
}
