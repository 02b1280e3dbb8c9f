// The list of candidates: what is shown, in which order, and the verdict on each.

let shown = [];
const cards = new Map();

const SORTS = { ...(DATA.queue ? { queue: "in the order of the queue" } : {}), ...(DATA.blind ? {} : { uncertain: "least certain first" }), time: "by time", person: "by person" };
const KINDS = { segment: "segments", rejected: "left out", "": "both" };

function fill(id, entries) {
  $(id).replaceChildren(...entries.map(([value, text]) => make("option", { value, text })));
}

function prepareFilters() {
  const kinds = Object.entries(KINDS).filter(([kind]) => kind !== "rejected" || candidates.some((candidate) => candidate.kind !== "segment"));
  const people = [...new Set(candidates.map((candidate) => candidate.person))].sort((a, b) => String(a).localeCompare(String(b)));
  const named = people.map((person) => [person === null ? "null" : `=${person}`, who(person)]);
  const gates = ORDER.filter((gate) => candidates.some((candidate) => candidate.tightest === gate || candidate.gate === gate));
  const verdicts = Object.entries(VERDICTS).filter(([, { of }]) => of === "segment" || candidates.some((candidate) => candidate.kind === of));
  fill("f-kind", kinds);
  fill("f-person", [["", "everybody"], ...named]);
  fill("f-video", [["", "all"], ...DATA.videos.map((video, place) => [String(place), video.name])]);
  fill("f-gate", [["", "any"], ...gates.map((gate) => [gate, gate])]);
  fill("f-decision", [["", "any"], ...verdicts.map(([state, { choice }]) => [state, choice])]);
  fill("f-sort", Object.entries(SORTS));
  $("f-video").parentElement.hidden = DATA.videos.length < 2;
}

const byTime = (a, b) => a.video - b.video || a.start - b.start;
const sorting = {
  queue: (a, b) => a.place - b.place,
  time: byTime,
  uncertain: (a, b) => (a.uncertainty ?? Infinity) - (b.uncertainty ?? Infinity) || byTime(a, b),
  person: (a, b) => who(a.person).localeCompare(who(b.person)) || byTime(a, b),
};

function fits(candidate) {
  const [kind, person, video, gate, decision] = ["kind", "person", "video", "gate", "decision"].map((name) => $(`f-${name}`).value);
  if (kind && (kind === "segment") !== (candidate.kind === "segment")) return false;
  if (person && (candidate.person === null ? "null" : `=${candidate.person}`) !== person) return false;
  if (video && String(candidate.video) !== video) return false;
  if (gate && candidate.tightest !== gate) return false;
  return !decision || verdict(candidate) === decision;
}

function list() {
  shown = candidates.filter(fits).sort(sorting[$("f-sort").value]);
  cards.clear();
  $("list").replaceChildren(...shown.map(card));
  $("list-title").textContent = { segment: "Segments", rejected: "Left out", "": "Segments and what was left out" }[$("f-kind").value];
  const seconds = shown.reduce((sum, candidate) => sum + candidate.end - candidate.start, 0);
  $("list-count").textContent = `${shown.length} shown, ${clock(seconds)}`;
  if (!shown.length) $("list").append(make("li", { class: "empty", text: "Nothing here. Loosen a filter above." }));
  if (chosen) pointAt(chosen, false);
}

function paintChip(chip, candidate) {
  chip.className = `chip ${verdict(candidate)} ${candidate.kind === "rejected" ? gateClass(candidate.gate) : ""}`;
  chip.textContent = wording(candidate).chip;
}

function certainty(candidate) {
  if (DATA.blind) return "";
  if (candidate.uncertainty === null) return candidate.kind === "rejected" ? "" : "no gate measured";
  const share = candidate.uncertainty * 100;
  const shown = share >= 999 ? "far" : `${share.toFixed(share < 10 ? 1 : 0)} %`;
  if (candidate.kind !== "rejected") return `${candidate.tightest}: ${shown} to spare`;
  return candidate.decisive === candidate.gate ? `${shown} short` : `${candidate.decisive}: ${shown} short`;
}

function card(candidate) {
  const video = DATA.videos[candidate.video];
  const picture = candidate.thumb === null ? make("span", { class: "thumb none", "aria-hidden": "true", text: "?" }) : make("img", { class: "thumb", src: DATA.thumbs[candidate.thumb], alt: "", loading: "lazy", width: 56, height: 56 });
  const chip = make("span", { class: "chip" });
  paintChip(chip, candidate);
  const name = make("b", { text: named(candidate), title: named(candidate), dir: "auto" });
  const length = make("span", { class: "length", text: ` · ${(candidate.end - candidate.start).toFixed(1)} s` });
  const times = make("span", { class: "times", text: `${clock(candidate.start)} – ${clock(candidate.end)}` }, length);
  const where = make("span", { class: "where", text: DATA.videos.length > 1 ? video.name : "", dir: "auto" });
  const made = make("button", { type: "button", class: "card", "data-id": candidate.id }, picture, make("span", { class: "what" }, name, times, where), make("span", { class: "told" }, chip, make("small", { text: certainty(candidate) })));
  cards.set(candidate.id, made);
  return make("li", {}, made);
}

function repaint(candidate) {
  const made = cards.get(candidate.id);
  if (made) paintChip(made.querySelector(".chip"), candidate);
  const group = drawn && [...drawn.svg.querySelectorAll(".mark")].find((mark) => mark.dataset.id === candidate.id);
  if (group) {
    const row = Number(group.querySelector("rect").getAttribute("y")) - STRIP[0];
    const fresh = mark(candidate, drawn.video, drawn.scale, row);
    group.replaceWith(fresh);
    mark_chosen();
  }
}

function pointAt(candidate, scroll) {
  for (const made of $("list").querySelectorAll("[aria-current]")) made.removeAttribute("aria-current");
  const made = cards.get(candidate.id);
  if (!made) return;
  made.setAttribute("aria-current", "true");
  if (scroll) made.scrollIntoView({ block: "nearest" });
}

function step(by) {
  if (!shown.length) return say("Nothing is shown.");
  const place = chosen ? shown.indexOf(chosen) : -1;
  const next = place < 0 ? (by > 0 ? 0 : shown.length - 1) : place + by;
  if (next < 0 || next >= shown.length) return say(next < 0 ? "This is the first." : "This was the last.");
  choose(shown[next], { play: true });
  announce();
}

function announce(before = "") {
  const place = shown.indexOf(chosen);
  say(`${before}${named(chosen)}, ${clock(chosen.start)} to ${clock(chosen.end)}, ${wording(chosen).spoken}. ${place + 1} of ${shown.length}.`);
}

let saying = 0;
function say(text) {
  clearTimeout(saying);
  $("live").textContent = "";
  saying = setTimeout(() => { $("live").textContent = text; }, 30);
}
