// The data of the page, and what the reviewer has decided and written: kept by the browser, and saved as a file.

const DATA = JSON.parse(document.getElementById("data").textContent);
const ROOT = new URL(DATA.root || "./", location.href).href;
const KEY = `slceleb-review:${ROOT}`;

const candidates = DATA.candidates;
const byId = new Map(candidates.map((one) => [one.id, one]));
const undoable = [];

let reviewer = "";
let decisions = new Map();
let drafts = new Map(); // notes on segments that have no decision yet
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
    drafts = new Map(Object.entries(kept.notes || {}).filter(([id, one]) => holds(id, one)));
  } catch {
    keeps = false;
  }
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify({ reviewer, decisions: Object.fromEntries(decisions), notes: Object.fromEntries(drafts) }));
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

// What a decision or a note is about, and when it was made.
function stretch({ person, start, end }) {
  return { when: new Date().toISOString(), person, start, end };
}

function noteOn(id) {
  return decisions.get(id)?.note || drafts.get(id)?.note || "";
}

function draft(one, note) {
  if (note) drafts.set(one.id, { note, ...stretch(one) });
  else drafts.delete(one.id);
}

function decide(one, decision) {
  recallOthers();
  undoable.push([one.id, decisions.get(one.id)]);
  put(one.id, { decision, note: noteOn(one.id), ...stretch(one) });
  drafts.delete(one.id);
  keep();
}

// Returns whether the note is one on a decision; without one it waits for it.
function annotate(one, note) {
  recallOthers();
  const before = decisions.get(one.id);
  if (before) put(one.id, { ...before, note });
  else draft(one, note);
  keep();
  return Boolean(before);
}

function undo() {
  const last = undoable.pop();
  if (!last) return null;
  recallOthers();
  const [id, before] = last, note = noteOn(id), one = byId.get(id);
  put(id, before && { ...before, note });
  if (!before && one) draft(one, note);
  keep();
  return one || null;
}

function asFile() {
  const review = { format: 1, corpus: ROOT, reviewer, when: new Date().toISOString(), decisions: Object.fromEntries(decisions), notes: Object.fromEntries(drafts) };
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
  for (const [id, one] of entries) {
    put(id, one);
    drafts.delete(id);
  }
  for (const [id, one] of Object.entries(review.notes || {})) if (one?.note && holds(id, one) && !decisions.has(id)) drafts.set(id, one);
  reviewer ||= String(review.reviewer || "");
  keep();
  return entries.length;
}
