// The data of the page, and what the reviewer has decided: kept by the browser, and saved as a file.

const DATA = JSON.parse(document.getElementById("data").textContent);
const ROOT = new URL(DATA.root || "./", location.href).href;
const KEY = `slceleb-review:${ROOT}`;

const candidates = DATA.candidates;
const byId = new Map(candidates.map((one) => [one.id, one]));
const undoable = [];

let reviewer = "";
let decisions = new Map();
let keeps = true;

const $ = (id) => document.getElementById(id);

function make(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

// A decision is about a stretch: where a later run has put another one under the same id, it no longer holds.
function holds(id, decision) {
  const one = byId.get(id);
  if (!one) return true;
  const near = (a, b) => a === null || a === undefined || Math.abs(a - b) < 0.001;
  return near(decision.start, one.start) && near(decision.end, one.end) && (decision.person ?? one.person) === one.person;
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) || "{}");
    reviewer = kept.reviewer || "";
    decisions = new Map(Object.entries(kept.decisions || {}).filter(([id, one]) => holds(id, one)));
  } catch {
    keeps = false;
  }
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify({ reviewer, decisions: Object.fromEntries(decisions) }));
  } catch {
    keeps = false;
  }
}

function setReviewer(name) {
  recallOthers();
  reviewer = name;
  keep();
}

// Pages of the same corpus share what is kept: another one may have written since.
function recallOthers() {
  if (keeps) recall();
}

function put(id, decision) {
  if (decision) decisions.set(id, decision);
  else decisions.delete(id);
}

function decide(one, decision) {
  recallOthers();
  const before = decisions.get(one.id);
  undoable.push([one.id, before]);
  const { person, start, end } = one;
  put(one.id, { decision, note: before?.note || "", when: new Date().toISOString(), person, start, end });
  keep();
}

function annotate(one, note) {
  recallOthers();
  const before = decisions.get(one.id);
  if (!before) return false;
  put(one.id, { ...before, note });
  keep();
  return true;
}

function undo() {
  const last = undoable.pop();
  if (!last) return null;
  recallOthers();
  put(...last);
  keep();
  return byId.get(last[0]) || null;
}

function asFile() {
  const review = { format: 1, corpus: ROOT, reviewer, when: new Date().toISOString(), decisions: Object.fromEntries(decisions) };
  return `${JSON.stringify(review, null, 1)}\n`;
}

function save() {
  const url = URL.createObjectURL(new Blob([asFile()], { type: "application/json" }));
  make("a", { href: url, download: "review.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// Returns how many decisions were taken over; throws where it is no such file.
function take(text) {
  const review = JSON.parse(text);
  if (review.format !== 1 || typeof review.decisions !== "object") throw new Error("not a review");
  const entries = Object.entries(review.decisions).filter(([id, one]) => ["accept", "reject"].includes(one.decision) && holds(id, one));
  recallOthers();
  for (const [id, one] of entries) put(id, one);
  reviewer ||= String(review.reviewer || "");
  keep();
  return entries.length;
}
