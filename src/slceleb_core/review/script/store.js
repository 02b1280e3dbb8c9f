// What the reviewer has decided and written: kept by the browser, and saved as a file.

const KEY = `slceleb-review:${ROOT}`;

const candidates = DATA.candidates;
const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
const undoable = [];

let reviewer = "";
let decisions = new Map();
let drafts = new Map(); // notes on segments that have no decision yet
let keeps = true;

// A decision is about a stretch: where a later run has put another one under the same id, it no longer holds.
function holds(id, decision) {
  const candidate = byId.get(id);
  if (!candidate) return true;
  const near = (a, b) => a === null || a === undefined || Math.abs(a - b) < 0.001;
  return near(decision.start, candidate.start) && near(decision.end, candidate.end) && (decision.person ?? candidate.person) === candidate.person;
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) || "{}");
    reviewer = kept.reviewer || "";
    decisions = new Map(Object.entries(kept.decisions || {}).filter(([id, decision]) => holds(id, decision)));
    drafts = new Map(Object.entries(kept.notes || {}).filter(([id, note]) => holds(id, note)));
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

function draft(candidate, note) {
  if (note) drafts.set(candidate.id, { note, ...stretch(candidate) });
  else drafts.delete(candidate.id);
}

function decide(candidate, decision) {
  recallOthers();
  undoable.push([candidate.id, decisions.get(candidate.id)]);
  put(candidate.id, { decision, note: noteOn(candidate.id), ...stretch(candidate) });
  drafts.delete(candidate.id);
  keep();
}

// Returns whether the note is one on a decision; without one it waits for it.
function annotate(candidate, note) {
  recallOthers();
  const before = decisions.get(candidate.id);
  if (before) put(candidate.id, { ...before, note });
  else draft(candidate, note);
  keep();
  return Boolean(before);
}

function undo() {
  const last = undoable.pop();
  if (!last) return null;
  recallOthers();
  const [id, before] = last, note = noteOn(id), candidate = byId.get(id);
  put(id, before && { ...before, note });
  if (!before && candidate) draft(candidate, note);
  keep();
  return candidate || null;
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
  const entries = Object.entries(review.decisions).filter(([id, decision]) => ["accept", "reject"].includes(decision.decision) && holds(id, decision));
  recallOthers();
  for (const [id, decision] of entries) {
    put(id, decision);
    drafts.delete(id);
  }
  for (const [id, note] of Object.entries(review.notes || {})) if (note?.note && holds(id, note) && !decisions.has(id)) drafts.set(id, note);
  reviewer ||= String(review.reviewer || "");
  keep();
  return entries.length;
}
