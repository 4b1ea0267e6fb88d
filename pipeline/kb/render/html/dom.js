// The page, its elements and its words. Text of records goes into it as text, never as markup.
const $ = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') for (const [event, react] of Object.entries(value)) element.addEventListener(event, react);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Where a text comes from a record: its direction is its own business, and stays inside.
const own = (text) => el('bdi', {}, text);

function link(url) {
  const web = /^https?:\/\/[^\s]+$/i.test(url) && URL.canParse(url);
  return web ? el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, own(url)) : own(url);
}

const count = (n) => n.toLocaleString('en');
const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
const rate = (value) => value.toFixed(2);
