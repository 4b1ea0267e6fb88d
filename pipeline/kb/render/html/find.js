// A pasted error text finds the records whose patterns match it, whatever values stand in it.
const LONGEST = 20000; // characters; of a longer text the end is read, where logs have their error
const MOST_STEPS = 2e6; // of one pattern against one text: some hundredths of a second
const SLICE = 25; // milliseconds, then the page gets its turn
const PATIENCE = 10000; // milliseconds for all patterns together

let nodes = null;
const fixed = new Map();
const programs = new Map();
let found = { text: '', rows: new Set(), left: 0 };
let pasted = '';

// An input has no line ends; what was pasted had them, and patterns ask for them.
const squeezed = (text) => text.replace(/\s+/g, '');
const asPasted = (value) => (pasted !== '' && squeezed(pasted) === squeezed(value) ? pasted : value);
const isErrorText = (text) => /\S\s+\S/.test(text);

function once(known, i, make) {
  if (!known.has(i)) known.set(i, make(nodes[i]));
  return known.get(i);
}

function matchesRow(i, subject) {
  if (nodes[i] === null || !subject.whole.includes(once(fixed, i, fixedPart))) return false;
  return matchesText(once(programs, i, program), subject, MOST_STEPS);
}

// Look through all patterns, a slice at a time; `report` is called when the page had its turn and there is news.
async function seek(value, report) {
  const text = asPasted(value).trim();
  if (text === found.text) return;
  const mine = { text, rows: new Set(), left: 0 };
  found = mine;
  if (!isErrorText(text)) return;
  const isLate = nodes === null;
  nodes ??= await unpack('patterns');
  const subject = readable(text.slice(-LONGEST));
  const started = performance.now();
  let turn = started;
  let reported = isLate ? -1 : 0;
  for (let i = 0; i < nodes.length; i += 1) {
    if (performance.now() - turn > SLICE) {
      if (reported !== mine.rows.size) report();
      reported = mine.rows.size;
      await new Promise((done) => setTimeout(done));
      if (found !== mine) return;
      turn = performance.now();
      if (turn - started > PATIENCE) {
        mine.left += nodes.length - i;
        break;
      }
    }
    const matched = matchesRow(i, subject);
    if (matched) mine.rows.add(i);
    else if (matched === null) mine.left += 1;
  }
  if (turn !== started || isLate) report();
}
