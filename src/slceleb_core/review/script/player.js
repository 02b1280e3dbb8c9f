// The player: what is chosen, what is played of it, and where on the video's clock that is.

let chosen = null;
let base = 0;
let stopAt = null;
let context = false;

const media = $("media");
const MARGIN = 2;

function sourceOf(candidate) {
  if (!candidate) return null;
  const video = DATA.videos[candidate.video];
  const clip = candidate.clip || candidate.sound;
  if (clip && !context) return { url: clip, base: candidate.start, from: 0, until: null };
  if (!video.source) return clip ? { url: clip, base: candidate.start, from: 0, until: null } : null;
  const lead = context ? MARGIN : 0;
  return { url: video.source, base: video.begin, from: Math.max(candidate.start - video.begin - lead, 0), until: context ? null : candidate.end };
}

function absolute(url) {
  return new URL(url, ROOT).href;
}

function show(message) {
  $("veil").textContent = message;
  $("veil").hidden = !message;
}

function open(candidate, offset = 0) {
  const source = sourceOf(candidate);
  media.pause();
  const picture = candidate?.thumb === null || candidate?.thumb === undefined ? "" : DATA.thumbs[candidate.thumb];
  if (!source) {
    media.removeAttribute("src");
    media.load();
    show(candidate ? `No clip was cut of this, and ${DATA.videos[candidate.video].file} was not where the run had found it. Put it back there and make the page anew: slceleb report.` : "");
    return;
  }
  show("");
  base = source.base;
  stopAt = source.until;
  media.poster = candidate.clip || context ? "" : picture;
  const url = absolute(source.url), from = source.from + offset;
  if (media.src === url) media.currentTime = from;
  else {
    media.src = url;
    media.addEventListener("loadedmetadata", () => { if (from > 0) media.currentTime = from; }, { once: true });
  }
}

function start() {
  media.play().catch((error) => {
    if (error.name !== "AbortError" && error.name !== "NotAllowedError" && !media.error) show(`This cannot be played here: ${error.message}`);
  });
}

function toggle() {
  if (!chosen) return step(1);
  if (!media.paused) return media.pause();
  const ended = stopAt !== null && base + media.currentTime >= stopAt - 0.05;
  if (ended) open(chosen);
  start();
}

function tick() {
  const now = base + media.currentTime;
  if (media.src) moveHead(now);
  if (stopAt !== null && now >= stopAt) {
    media.pause();
    stopAt = null;
  }
  if (!media.paused) requestAnimationFrame(tick);
}

media.addEventListener("play", () => { $("play").firstChild.textContent = "Pause "; tick(); });
media.addEventListener("pause", () => { $("play").firstChild.textContent = "Play "; });
media.addEventListener("seeked", tick);
function complain(problem) {
  const [file, place] = chosen.clip && !context ? ["The clip", "below this page's folder"] : [DATA.videos[chosen.video].file, "where it was"];
  show(`${file} ${problem} Put it back ${place}, or open it in another player at ${clock(chosen.start)}.`);
  say($("veil").textContent);
}

media.addEventListener("error", () => { if (media.getAttribute("src")) complain("cannot be played here: it has been moved, or this browser does not know its kind."); });
media.addEventListener("loadedmetadata", () => { if (!media.videoWidth && !media.src.endsWith(".wav")) complain("is heard but not seen here: this browser does not know its pictures' kind."); });

function choose(candidate, { play = false, scroll = true, offset = 0 } = {}) {
  const other = !drawn || drawn.number !== candidate.video;
  chosen = candidate;
  if (other) showVideo(candidate.video);
  open(candidate, offset);
  describe();
  mark_chosen();
  moveHead(candidate.start + offset);
  bringIntoView(candidate);
  pointAt(candidate, scroll);
  if (play) start();
}

function describe() {
  const candidate = chosen;
  const video = DATA.videos[candidate.video];
  $("now-person").textContent = named(candidate);
  $("now-facts").textContent = `${clock(candidate.start)} – ${clock(candidate.end)}  ·  ${(candidate.end - candidate.start).toFixed(2)} s  ·  ${video.file}`;
  paintChip($("now-state"), candidate);
  const decidable = candidate.kind !== "rejected";
  for (const id of ["accept", "reject", "note"]) $(id).disabled = !decidable;
  const { pressed } = wording(candidate);
  for (const id of ["accept", "reject"]) $(id).setAttribute("aria-pressed", pressed === id);
  $("note").value = noteOn(candidate.id) || candidate.note || "";
  $("whole").disabled = !video.source;
  $("gates-body").replaceChildren(...candidate.gates.map((gate) => gateRow(candidate, gate)));
  $("gates").hidden = candidate.gates.length === 0;
}

const UNITS = { "face size": " px", "face pose": "°", offset: " ms", length: " s" };

function figure(name, value) {
  if (value === null) return "unknown";
  const digits = ["face size", "face pose", "offset"].includes(name) ? 0 : 2;
  return `${value.toFixed(digits)}${UNITS[name] || ""}`;
}

function gateRow(candidate, [name, value, limit, comparison, passed, room]) {
  const row = make("tr", { class: [passed ? "passed" : "stopped", name === candidate.tightest ? "tightest" : ""].join(" ") });
  row.append(make("th", { scope: "row", text: name }));
  row.append(make("td", { class: "number", text: name === "co_visible" && value !== null ? (value ? "yes" : "no") : figure(name, value) }));
  row.append(make("td", { text: limit === null || name === "co_visible" ? "" : `${comparison === ">=" ? "≥" : "≤"} ${figure(name, limit)}` }));
  const meter = make("div", { class: "meter", "aria-hidden": "true" });
  if (room !== null && name !== "co_visible") {
    const bar = make("i");
    const share = Math.min(Math.abs(room), 1) * 50;
    bar.style.left = room >= 0 ? "50%" : `${50 - share}%`;
    bar.style.width = `${Math.max(share, 1.5)}%`;
    meter.append(bar);
  }
  const said = passed ? (name === candidate.tightest ? "nearest" : "") : name === candidate.gate ? "stopped here" : "not passed";
  const cell = make("td", { class: "room" }, meter, make("small", { text: said || "passed", class: said ? "" : "unseen" }));
  row.append(cell);
  return row;
}
