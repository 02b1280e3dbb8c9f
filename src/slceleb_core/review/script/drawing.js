// The timeline of one video, as SVG: a row of lanes for each person, the voice above all of them.

const SVG = "http://www.w3.org/2000/svg";
const LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+_";
const HEIGHT = new Map([...LEVELS].map((letter, place) => [letter, (place + 1) / LEVELS.length]));
const ORDER = DATA.gates;
const AXIS = 22, VOICE = 34, ROW = 82, CURVE = [16, 34], SEEN = 54, NAMED = 59, STRIP = [65, 13], WIDEST = 16000;

let zoom = 1;
let drawn = null;

function shape(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function clock(seconds, digits = 1) {
  const whole = Math.max(seconds, 0);
  const rest = (whole % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

const gateNumber = (gate) => ORDER.indexOf(gate) + 1;
const gateClass = (gate) => `gate-${gateNumber(gate)}`;
const who = (person) => person ?? "nobody known";

// Of a face that nobody was decided on, the person is only the nearest one.
const UNDECIDED = ["similarity", "margin", "co_visible"];
const named = (candidate) => (UNDECIDED.includes(candidate.gate) && candidate.person !== null ? `nearest: ${candidate.person}` : who(candidate.person));

// The highest level of every column of dots: no more than can be seen is drawn.
function columns(first, levels, video, scale) {
  const step = Math.max(1, Math.ceil(1 / (scale * video.step)));
  const found = [];
  for (let place = 0; place < levels.length; place += step) {
    let top = null;
    for (const letter of levels.slice(place, place + step)) {
      const height = letter === " " ? null : (HEIGHT.get(letter) ?? 0);
      if (height !== null && (top === null || height > top)) top = height;
    }
    found.push([(first + place) * video.step * scale, step * video.step * scale, top]);
  }
  return found;
}

function runs(found) {
  const joined = [];
  for (const [x, width, top] of found) {
    if (top === null) continue;
    const last = joined.at(-1);
    if (last && x - last.end < 0.01) last.end = x + width;
    else joined.push({ start: x, end: x + width });
  }
  return joined;
}

function area(found, top, height, name) {
  let path = "", open = false;
  for (const [x, width, level] of found) {
    const y = (top + height * (1 - (level ?? 0))).toFixed(1);
    if (level === null && open) path += `V${top + height}Z`;
    if (level !== null) path += `${open ? "L" : `M${x.toFixed(1)},${top + height}L`}${x.toFixed(1)},${y}H${(x + width).toFixed(1)}`;
    open = level !== null;
  }
  return shape("path", { d: open ? `${path}V${top + height}Z` : path, class: name });
}

function bands(found, y, name) {
  return runs(found).map((run) => shape("rect", { x: run.start.toFixed(1), y, width: Math.max(run.end - run.start, 1).toFixed(1), height: 3.5, rx: 1.5, class: name }));
}

function mark(candidate, video, scale, top) {
  const x = (candidate.start - video.start) * scale, width = Math.max((candidate.end - candidate.start) * scale, 3);
  const words = wording(candidate);
  const group = shape("g", { class: `mark ${verdict(candidate)} ${candidate.gate ? gateClass(candidate.gate) : ""}`, "data-id": candidate.id });
  group.append(shape("title", {}, `${named(candidate)}, ${clock(candidate.start)} to ${clock(candidate.end)}: ${words.spoken}`));
  group.append(shape("rect", { x: x.toFixed(1), y: top + STRIP[0], width: width.toFixed(1), height: STRIP[1], rx: 2 }));
  const word = words.mark.find((text) => text.length * 6 + 6 < width);
  if (word) group.append(shape("text", { x: (x + 4).toFixed(1), y: top + STRIP[0] + 10 }, word));
  return group;
}

function ticks(video, scale, height) {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].find((span) => span * scale >= 70) || 7200;
  const made = [];
  for (let time = Math.ceil(video.start / step) * step; time <= video.end; time += step) {
    const x = ((time - video.start) * scale).toFixed(1);
    made.push(shape("line", { x1: x, x2: x, y1: AXIS - 6, y2: height, class: "tick" }));
    made.push(shape("text", { x: Number(x) + 3, y: AXIS - 9, class: "time" }, clock(time, step < 1 ? 1 : 0)));
  }
  return made;
}

function label(top, height, name, parts) {
  const made = make("div", { class: "label" });
  made.style.top = `${top}px`;
  made.style.height = `${height}px`;
  made.append(make("b", { text: name, title: name, dir: "auto" }));
  for (const [y, text] of parts) {
    const part = make("small", { text });
    part.style.top = `${y}px`;
    made.append(part);
  }
  return made;
}

function drawRow(row, number, place, scale, top, limit) {
  const video = DATA.videos[number];
  const made = [shape("rect", { x: 0, y: top + 12, width: "100%", height: ROW - 12, class: place % 2 ? "stripe odd" : "stripe" })];
  if (limit !== null) {
    const y = top + CURVE[0] + CURVE[1] * (1 - limit);
    made.push(shape("line", { x1: 0, x2: "100%", y1: y, y2: y, class: "onset" }));
  }
  const tracks = new Set(row.tracks.map((track) => track.id));
  for (const track of row.tracks) {
    const found = columns(track.first, track.levels, video, scale);
    made.push(area(found, top + CURVE[0], CURVE[1], "speaking"), ...bands(found, top + SEEN, "seen"));
    if (row.person !== null) made.push(...bands(found, top + NAMED, "named"));
  }
  const own = candidates.filter((candidate) => candidate.video === number && tracks.has(candidate.track));
  made.push(...own.map((candidate) => mark(candidate, video, scale, top)));
  return made;
}

function onsetOf(number) {
  for (const candidate of candidates) if (candidate.video === number) for (const [name, , limit] of candidate.gates) if (name === "asd" && limit !== null) return limit;
  return null;
}

const heightOf = (video) => AXIS + (video.voice ? VOICE : 0) + video.rows.length * ROW + 4;
const tallest = Math.max(0, ...DATA.videos.map(heightOf));

function draw(number) {
  const video = DATA.videos[number];
  const box = $("scroller"), labels = $("labels");
  labels.replaceChildren();
  const width = Math.min(Math.max(box.clientWidth, 200) * zoom, Math.max(WIDEST, box.clientWidth));
  const scale = width / (video.end - video.start);
  const voice = video.voice ? VOICE : 0;
  const height = heightOf(video);
  const svg = shape("svg", { width, height, role: "img", "aria-label": summary(video, number) });
  svg.append(...ticks(video, scale, height));
  if (video.voice) {
    svg.append(area(columns(0, video.voice, video, scale), AXIS + 2, VOICE - 8, "voice"));
    labels.append(label(AXIS, VOICE, "Voice", []));
  }
  const limit = onsetOf(number);
  video.rows.forEach((row, place) => {
    const top = AXIS + voice + place * ROW;
    svg.append(...drawRow(row, number, place, scale, top, limit));
    labels.append(label(top, ROW, who(row.person), [[24, "speaking"], [50, row.person === null ? "seen" : "seen · named"], [65, "segments"]]));
  });
  const head = shape("line", { y1: 4, y2: height, class: "head", x1: -9, x2: -9 });
  svg.append(head);
  labels.style.height = `${height}px`;
  labels.parentElement.style.minHeight = `min(${tallest}px, 27rem)`; // so that the list stays where it is
  box.replaceChildren(svg);
  drawn = { number, video, scale, svg, head };
  mark_chosen();
}

function summary(video, number) {
  const own = candidates.filter((candidate) => candidate.video === number);
  const taken = own.filter((candidate) => candidate.kind === "segment").length;
  return `Timeline of ${video.file}, ${clock(video.end - video.start)}: ${taken} segments, ${own.length - taken} left out. The list has the same, one by one.`;
}

function mark_chosen() {
  if (!drawn) return;
  for (const group of drawn.svg.querySelectorAll(".mark")) group.classList.toggle("chosen", group.dataset.id === chosen?.id);
}

function moveHead(time) {
  if (!drawn) return;
  const x = (time - drawn.video.start) * drawn.scale;
  drawn.head.setAttribute("x1", x);
  drawn.head.setAttribute("x2", x);
}

function bringIntoView(candidate) {
  if (!drawn || zoom === 1) return;
  const box = $("scroller"), x = ((candidate.start + candidate.end) / 2 - drawn.video.start) * drawn.scale;
  if (x < box.scrollLeft + 40 || x > box.scrollLeft + box.clientWidth - 40) box.scrollLeft = x - box.clientWidth / 2;
}

function drawLegend(number) {
  const gates = new Set(candidates.filter((candidate) => candidate.video === number && candidate.gate).map((candidate) => candidate.gate));
  const entry = (name, text) => make("span", { class: "entry" }, make("i", { class: `key ${name}` }), text);
  const fixed = [["speaking", "speaking score"], ["seen", "face seen"], ["named", "person known"], ["open", "segment"]];
  if (DATA.videos[number].voice) fixed.unshift(["voice", "voice heard"]);
  const rejected = DATA.videos[number].rejected_seconds || {};
  const of = (gate) => `left out by ${gateNumber(gate)} ${gate}${rejected[gate] ? ` (${rejected[gate].toFixed(1)} s)` : ""}`;
  $("legend").replaceChildren(...fixed.map(([name, text]) => entry(name, text)), ...ORDER.filter((gate) => gates.has(gate)).map((gate) => entry(`left ${gateClass(gate)}`, of(gate))));
}
