// What the scripts of both pages begin with: the data of the page, and what makes elements.

const DATA = JSON.parse(document.getElementById("data").textContent);
const ROOT = new URL(DATA.root || "./", location.href).href;

const $ = (id) => document.getElementById(id);

function make(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}
