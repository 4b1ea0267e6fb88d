// A pattern against a text: every way through it at once, so that time grows with the text and no pattern can hang the page.
// portable.py says how a pattern is written.
const MATCHED = 0;
const TEXT = 1;
const SET = 2;
const EITHER = 3;
const PLACE = 4;

const single = (turned, char) => (turned.length === char.length ? turned : char);

// One form for all that differ in case alone.
function folded(char) {
  const upper = single(char.toUpperCase(), char);
  return single(upper.toLowerCase(), upper);
}

// A text as a matcher reads it; `whole` finds a fixed part of a pattern fast.
function readable(text) {
  const chars = [...text].map(folded);
  return { whole: chars.join(''), length: chars.length, codes: Uint32Array.from(chars, (char) => char.codePointAt(0)) };
}

const within = (spans, code) => spans.some(([first, last]) => first <= code && code <= last);

function holds(set, code) {
  const [, isNegated, spans] = set;
  const char = String.fromCodePoint(code);
  return (within(spans, code) || within(spans, single(char.toUpperCase(), char).codePointAt(0))) !== Boolean(isNegated);
}

// The steps of a pattern, written from its end: where each leads is then known.
function program(node) {
  const steps = [{ kind: MATCHED }];
  const put = (step) => steps.push(step) - 1;
  const write = {
    '&': ([, ...parts], next) => parts.reduceRight((after, part) => compile(part, after), next),
    '|': ([, ...parts], next) => parts.map((part) => compile(part, next)).reduce((one, other) => put({ kind: EITHER, next: one, other })),
    '[': (set, next) => put({ kind: SET, set, known: new Map(), next }),
    '@': ([, place], next) => put({ kind: PLACE, place, next }),
    '*': ([, least, most, inner], next) => {
      let entry = next;
      if (most === null) {
        entry = put({ kind: EITHER, next, other: next });
        steps[entry].other = compile(inner, entry);
      } else for (let left = most - least; left > 0; left -= 1) entry = put({ kind: EITHER, next, other: compile(inner, entry) });
      for (let left = least; left > 0; left -= 1) entry = compile(inner, entry);
      return entry;
    },
  };
  function compile(part, next) {
    if (typeof part !== 'string') return write[part[0]](part, next);
    return [...part].reduceRight((after, char) => put({ kind: TEXT, code: folded(char).codePointAt(0), next: after }), next);
  }
  return { start: compile(node, 0), steps };
}

const isWord = (code) => (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);

// `^` and `$` are also those of a line: what is pasted is often more than one.
const PLACES = {
  A: (codes, at) => at === 0,
  Z: (codes, at) => at === codes.length,
  '^': (codes, at) => at === 0 || codes[at - 1] === 10,
  $: (codes, at) => at === codes.length || codes[at] === 10,
  b: (codes, at) => isWord(codes[at - 1]) !== isWord(codes[at]),
  B: (codes, at) => isWord(codes[at - 1]) === isWord(codes[at]),
};

// Whether a pattern matches somewhere, and not just nothing; null, where that takes more than `most` steps.
function matchesText({ start, steps }, { codes }, most) {
  const seen = new Int32Array(steps.length).fill(-1);
  let here = [];
  let done = 0;
  let matched = false;
  function reach(first, at, after, isSeed) {
    const open = [first];
    while (open.length > 0) {
      const number = open.pop();
      if (seen[number] === at) continue;
      seen[number] = at;
      done += 1;
      const step = steps[number];
      if (step.kind === MATCHED) matched ||= !isSeed;
      else if (step.kind === EITHER) open.push(step.next, step.other);
      else if (step.kind !== PLACE) after.push(step);
      else if (PLACES[step.place](codes, at)) open.push(step.next);
    }
  }
  function takes(step, code) {
    if (step.kind === TEXT) return step.code === code;
    if (!step.known.has(code)) step.known.set(code, holds(step.set, code));
    return step.known.get(code);
  }
  for (let at = 0; at <= codes.length && !matched; at += 1) {
    const after = [];
    done += here.length + 1;
    for (const step of here) if (takes(step, codes[at - 1])) reach(step.next, at, after, false);
    reach(start, at, after, true);
    if (done > most) return matched || null;
    here = after;
  }
  return matched;
}

// The longest text that every match holds; empty, where none is known.
function fixedPart(node) {
  if (typeof node === 'string') return [...node].map(folded).join('');
  if (node[0] === '*') return node[1] > 0 ? fixedPart(node[3]) : '';
  if (node[0] !== '&') return '';
  return node.slice(1).map(fixedPart).reduce((one, other) => (other.length > one.length ? other : one), '');
}
