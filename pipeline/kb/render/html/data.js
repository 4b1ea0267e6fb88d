// The records: rows by column at once, whole records in chunks that are unpacked when they are needed.
const facts = JSON.parse($('facts').textContent);

async function unpack(id) {
  const bytes = Uint8Array.from(atob(JSON.parse($(id).textContent)), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return JSON.parse(await new Response(stream).text());
}

const chunks = new Map();

function chunk(number) {
  const found = chunks.get(number) ?? unpack(`chunk-${number}`);
  chunks.delete(number);
  chunks.set(number, found);
  if (chunks.size > 8) chunks.delete(chunks.keys().next().value);
  return found;
}

const isWhole = (i) => i < facts.whole;
const whole = async (i) => (await chunk(Math.floor(i / facts.chunk)))[i % facts.chunk];

function strings(value, into) {
  if (typeof value === 'string') into.push(value);
  else if (value !== null && typeof value === 'object') for (const item of Object.values(value)) strings(item, into);
  return into;
}
