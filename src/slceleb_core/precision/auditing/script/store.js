// What has been answered: kept by the browser, and saved as a file.

const KEY = `slceleb-audit:${ROOT}:${DATA.draw}:${DATA.drawn}:${DATA.settles}`;
const VERDICTS = ["right", "wrong person", "not speaking", "someone else's voice", "bad cut", "cannot tell"];

const items = DATA.items;
const places = new Map(items.map((item, place) => [item.id, place]));
const undoable = [];

let reviewer = "";
let answers = new Map();
let drafts = new Map(); // notes on what has no answer yet
let keeps = true;

// An answer is about a stretch, and is one of those that there are.
function holds([id, answer]) {
  const item = items[places.get(id)];
  return Boolean(item) && VERDICTS.includes(answer?.answer) && answer.person === item.person && answer.start === item.start && answer.end === item.end;
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) || "{}");
    reviewer = kept.reviewer || "";
    answers = new Map(Object.entries(kept.answers || {}).filter(holds));
    drafts = new Map(Object.entries(kept.drafts || {}).filter(([id]) => places.has(id)));
  } catch {
    keeps = false;
  }
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify({ reviewer, answers: Object.fromEntries(answers), drafts: Object.fromEntries(drafts) }));
  } catch {
    keeps = false;
  }
}

const noteOn = (item) => answers.get(item.id)?.note ?? drafts.get(item.id) ?? "";

function put(item, answer) {
  if (answer) answers.set(item.id, answer);
  else answers.delete(item.id);
}

function answer(item, verdict) {
  undoable.push([item, answers.get(item.id)]);
  const { person, start, end } = item;
  put(item, { answer: verdict, note: noteOn(item), when: new Date().toISOString(), person, start, end });
  drafts.delete(item.id);
  keep();
}

function annotate(item, note) {
  const before = answers.get(item.id);
  if (before) put(item, { ...before, note });
  else if (note) drafts.set(item.id, note);
  else drafts.delete(item.id);
  keep();
}

function undo() {
  const last = undoable.pop();
  if (!last) return null;
  const [item, before] = last, note = noteOn(item);
  put(item, before && { ...before, note });
  if (!before && note) drafts.set(item.id, note);
  keep();
  return item;
}

function asFile() {
  const { draw, drawn, settles } = DATA;
  const made = { format: 1, draw, drawn, corpus: ROOT, reviewer, when: new Date().toISOString(), settles, answers: Object.fromEntries(answers) };
  return `${JSON.stringify(made, null, 1)}\n`;
}

function save() {
  const url = URL.createObjectURL(new Blob([asFile()], { type: "application/json" }));
  const who = reviewer.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "") || "answers";
  make("a", { href: url, download: `${DATA.draw}-${who}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// Returns how many answers were taken over; throws where the file is none of this page.
function take(text) {
  const given = JSON.parse(text);
  if (given.format !== 1 || given.draw !== DATA.draw || given.drawn !== DATA.drawn || typeof given.answers !== "object") throw new Error("not of this draw");
  const entries = Object.entries(given.answers).filter(holds);
  for (const [id, taken] of entries) {
    answers.set(id, taken);
    drafts.delete(id);
  }
  reviewer ||= String(given.reviewer || "");
  keep();
  return entries.length;
}
