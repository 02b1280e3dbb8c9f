// One question at a time, in the order of the draw.

const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;
const squares = [];
const buttons = new Map();

function say(text) {
  $("live").textContent = text;
}

const firstOpen = () => items.findIndex((item) => !answers.has(item.id));

function progress() {
  const open = firstOpen(), upTo = open < 0 ? items.length : open;
  const behind = answers.size - upTo;
  const gap = behind ? ` ${counted(behind, "answer")} behind a gap: not counted until number ${open + 1} is answered.` : "";
  const kept = keeps ? "" : " This browser keeps nothing: download before you close.";
  $("progress-text").textContent = `${upTo} of ${items.length} answered.${gap}${kept}`;
  $("progress-done").style.width = `${(100 * answers.size) / Math.max(items.length, 1)}%`;
  $("download").disabled = answers.size === 0;
  $("open").disabled = open < 0;
}

function paint(place) {
  const done = answers.has(items[place].id), square = squares[place];
  square.classList.toggle("done", done);
  square.setAttribute("aria-label", `${place + 1}, ${done ? "answered" : "open"}`);
  if (items[place] === chosen) square.setAttribute("aria-current", "true");
  else square.removeAttribute("aria-current");
}

function describe() {
  const given = answers.get(chosen.id)?.answer;
  $("now-place").textContent = `${places.get(chosen.id) + 1} of ${items.length}`;
  $("now-person").textContent = chosen.person;
  const photos = DATA.people[chosen.person] || [];
  $("photos").replaceChildren(...photos.map((src) => make("img", { src, alt: `a picture of ${chosen.person}` })));
  if (!photos.length) $("photos").append(make("p", { text: "There is no picture of this person." }));
  for (const [verdict, button] of buttons) button.setAttribute("aria-pressed", verdict === given);
  $("note").value = noteOn(chosen);
  $("previous").disabled = chosen === items[0];
  $("next").disabled = chosen === items.at(-1);
}

function choose(place, { play = false } = {}) {
  const before = chosen;
  chosen = items[place];
  if (before) paint(places.get(before.id));
  paint(place);
  squares[place].scrollIntoView({ block: "nearest" });
  describe();
  show(chosen);
  if (play && chosen.url) start();
}

function step(by) {
  const place = places.get(chosen.id) + by;
  if (!items[place]) return say(by > 0 ? "This is the last." : "This is the first.");
  choose(place, { play: true });
  say(`Number ${place + 1}: ${chosen.person}`);
}

function toOpen() {
  const place = firstOpen();
  if (place >= 0) choose(place, { play: true });
}

function rule(verdict) {
  const place = places.get(chosen.id);
  answer(chosen, verdict);
  paint(place);
  progress();
  if (items[place + 1]) choose(place + 1, { play: true });
  else describe();
  const done = firstOpen() < 0 ? " All are answered: download your answers." : "";
  say(`${verdict}.${items[place + 1] ? ` Number ${place + 2}: ${chosen.person}` : done}`);
}

function takeBack() {
  const item = undo();
  if (!item) return say("There is nothing to undo.");
  choose(places.get(item.id));
  progress();
  say(`Undone. Number ${places.get(item.id) + 1}`);
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  o: toOpen,
  r: again,
  u: takeBack,
  n: () => $("note").focus(),
  " ": toggle,
  ...Object.fromEntries(VERDICTS.map((verdict, place) => [String(place + 1), () => rule(verdict)])),
};

function pressed(event) {
  if ((event.key === "Escape" || event.key === "Enter") && event.target === $("note")) return event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || !$("shortcuts").checked) return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act || (event.key === " " && event.target.matches("button, summary, a, input"))) return;
  event.preventDefault();
  act();
}

function loadFile(event) {
  const [file] = event.target.files;
  event.target.value = "";
  file?.text().then((text) => {
    say(`${counted(take(text), "answer")} loaded.`);
    started();
  }).catch(() => say("Those are no answers to this draw."));
}

function started() {
  $("reviewer").value = reviewer;
  items.forEach((_, place) => paint(place));
  progress();
  if (chosen) describe();
}

function build() {
  $("purpose").textContent = DATA.settles
    ? `${counted(items.length, "stretch").replace("stretchs", "stretches")} that two reviewers answered differently: what you say settles it.`
    : `${items.length} stretches drawn at random. Answer them in their order; what was found is worked out from those answered without a gap.`;
  const colour = { right: "yes", "cannot tell": "" };
  VERDICTS.forEach((verdict, place) => {
    const made = make("button", { type: "button", class: colour[verdict] ?? "no", "data-verdict": verdict, "aria-keyshortcuts": String(place + 1), text: verdict }, make("kbd", { text: String(place + 1) }));
    made.addEventListener("click", () => rule(verdict));
    buttons.set(verdict, made);
    $("verdicts").append(made);
  });
  items.forEach((_, place) => {
    const square = make("button", { type: "button" });
    square.addEventListener("click", () => choose(place, { play: true }));
    squares.push(square);
    $("strip").append(make("li", {}, square));
  });
}

function listen() {
  const on = (id, what, act) => $(id).addEventListener(what, act);
  for (const [id, key] of [["previous", "k"], ["next", "j"], ["again", "r"], ["open", "o"], ["undo", "u"], ["play", " "]]) on(id, "click", () => KEYS[key]());
  on("bar", "submit", (event) => {
    event.preventDefault();
    reviewer = $("reviewer").value.trim();
    keep();
    save();
    say("Your answers are saved where downloads go.");
  });
  on("reviewer", "change", () => { reviewer = $("reviewer").value.trim(); keep(); });
  on("load", "click", () => $("file").click());
  on("file", "change", loadFile);
  on("note", "change", () => annotate(chosen, $("note").value));
  document.addEventListener("keydown", pressed);
  addEventListener("storage", (event) => { if (event.key === KEY) { recall(); started(); } });
}

recall();
build();
listen();
if (items.length) choose(Math.max(firstOpen(), 0));
started();
