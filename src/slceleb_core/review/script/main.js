// Putting it together: people, videos, progress, and what keys and buttons do.

function totals() {
  const seconds = DATA.people.reduce((sum, person) => sum + person.seconds, 0);
  const segments = DATA.people.reduce((sum, person) => sum + person.segments, 0);
  $("totals").textContent = [counted(DATA.videos.length, "video"), counted(DATA.people.length, "person", "people"), counted(segments, "segment"), `${hours(seconds)} of speech`].join("  ·  ");
}

const counted = (count, noun, many = `${noun}s`) => `${count.toLocaleString("en")} ${count === 1 ? noun : many}`;

function hours(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function people() {
  $("people-section").hidden = !DATA.people.length;
  const anybody = (person) => {
    const photo = person.photo ? make("img", { src: person.photo, alt: "", width: 56, height: 56 }) : make("span", { class: "none", "aria-hidden": "true", text: [...person.name][0] || "?" });
    const facts = make("span", {}, make("b", { text: person.name, title: person.name, dir: "auto" }), make("small", { text: `${hours(person.seconds)} · ${counted(person.segments, "segment")}` }));
    const button = make("button", { type: "button", "aria-pressed": "false", "data-person": `=${person.name}` }, photo, facts);
    button.addEventListener("click", () => filterPerson(button.dataset.person));
    return make("li", {}, button);
  };
  $("people").replaceChildren(...DATA.people.map(anybody));
}

function filterPerson(value) {
  const select = $("f-person");
  select.value = select.value === value ? "" : value;
  refilter();
}

function refilter() {
  for (const button of $("people").querySelectorAll("button")) button.setAttribute("aria-pressed", button.dataset.person === $("f-person").value);
  const video = $("f-video").value;
  if (video && (!drawn || drawn.number !== Number(video))) showVideo(Number(video));
  list();
  say(`${shown.length} shown.`);
}

function videos() {
  const paged = DATA.videos.some((video) => video.page);
  $("videos-section").hidden = !paged;
  if (!paged) return;
  const row = (video) => make("tr", { "data-name": `${video.name} ${video.file}`.toLowerCase() }, make("th", { scope: "row" }, make("a", { href: video.page, text: video.name, dir: "auto" })), ...[video.segments, hours(video.seconds), video.rejected].map((text) => make("td", { class: "number", text: String(text) })));
  $("videos").replaceChildren(...DATA.videos.map(row));
  $("find").addEventListener("input", () => {
    for (const row of $("videos").rows) row.hidden = !row.dataset.name.includes($("find").value.toLowerCase());
  });
}

function showVideo(number) {
  const video = DATA.videos[number];
  $("timeline-section").hidden = !video.rows.length;
  $("timeline-title").textContent = video.file;
  const notes = [clock(video.end - video.start), counted(video.segments, "segment"), `${video.rejected} left out`];
  if (video.unshown) notes.push(`${counted(video.unshown, "more track")} of nobody not drawn`);
  $("video-facts").textContent = [notes.join("  ·  "), ...video.warnings].join("\n");
  if (!video.rows.length) { drawn = null; return; }
  draw(number);
  drawLegend(number);
}

function progress() {
  const own = candidates.filter((candidate) => candidate.kind === "segment");
  const yes = own.filter((candidate) => verdict(candidate) === "accepted").length;
  const no = own.filter((candidate) => verdict(candidate) === "refused").length;
  const share = (count) => `${own.length ? (100 * count) / own.length : 0}%`;
  $("progress-yes").style.width = share(yes);
  $("progress-no").style.width = share(no);
  const kept = keeps ? "" : " This browser keeps nothing: download before you close the page.";
  const elsewhere = [...decisions.keys()].filter((id) => !byId.has(id)).length;
  const returning = candidates.filter((candidate) => verdict(candidate) === "returning").length;
  const back = returning ? ` ${returning} to come back.` : "";
  const more = elsewhere ? ` ${elsewhere} more on other pages.` : "";
  const waiting = drafts.size ? ` ${counted(drafts.size, "note")} without a decision.` : "";
  $("progress-text").textContent = `${yes} accepted, ${no} rejected, ${own.length - yes - no} to go.${back}${waiting}${more}${kept}`;
  $("download").disabled = decisions.size + drafts.size === 0;
}

function ruled(candidate) {
  repaint(candidate);
  progress();
  if (chosen === candidate) describe();
}

function rule(decision) {
  if (!chosen) return say("Choose a segment first.");
  if (chosen.kind === "rejected") return say("A gate has left this out: there is nothing to decide.");
  const candidate = chosen, place = shown.indexOf(candidate);
  decide(candidate, decision);
  ruled(candidate);
  const { said } = wording(candidate);
  const next = place < 0 ? null : shown[place + 1];
  if (next) choose(next, { play: !media.paused || media.ended });
  if (next) announce(said);
  else say(`${said}This was the last.`);
}

function takeBack() {
  const candidate = undo();
  if (!candidate) return say("There is nothing to undo.");
  choose(candidate);
  ruled(candidate);
  announce("Undone. ");
}

function writeNote() {
  if (!chosen) return;
  if (!annotate(chosen, $("note").value)) say("Kept: the note goes with your decision.");
  progress();
}

function inContext() {
  context = !context;
  $("whole").setAttribute("aria-pressed", context);
  if (chosen) choose(chosen, { play: true });
}

function jump(event) {
  const group = event.target.closest(".mark");
  if (group) {
    choose(byId.get(group.dataset.id), { play: true });
    return announce();
  }
  const time = drawn.video.start + (event.clientX - drawn.svg.getBoundingClientRect().left) / drawn.scale;
  const near = candidates.filter((candidate) => candidate.video === drawn.number && candidate.start <= time && time < candidate.end);
  const candidate = near.find(({ kind }) => kind === "segment") || near[0];
  if (candidate) {
    choose(candidate, { play: true, offset: time - candidate.start });
    announce();
  }
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => rule("accept"),
  r: () => rule("reject"),
  u: takeBack,
  w: () => $("whole").disabled || inContext(),
  n: () => $("note").focus(),
  " ": toggle,
};

function pressed(event) {
  if (event.key === "Escape" && event.target === $("note")) return event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || !$("shortcuts").checked) return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act || (event.key === " " && event.target.matches("button, summary, a, input") && !event.target.matches(".card"))) return;
  event.preventDefault();
  act();
}

function loadFile(event) {
  const [file] = event.target.files;
  event.target.value = "";
  file?.text().then((text) => {
    say(`${counted(take(text), "decision")} loaded.`);
    started();
  }).catch(() => say("That is no review.json."));
}

function started() {
  $("reviewer").value = reviewer;
  list();
  if (drawn) draw(drawn.number);
  progress();
  if (chosen) describe();
}

function listen() {
  const on = (id, what, act) => $(id).addEventListener(what, act);
  for (const [id, key] of [["previous", "k"], ["next", "j"], ["accept", "a"], ["reject", "r"], ["undo", "u"], ["play", " "], ["whole", "w"]]) on(id, "click", () => KEYS[key]());
  on("bar", "submit", (event) => { event.preventDefault(); setReviewer($("reviewer").value.trim()); save(); say("review.json is saved where downloads go."); });
  on("reviewer", "change", () => setReviewer($("reviewer").value.trim()));
  on("load", "click", () => $("file").click());
  on("file", "change", loadFile);
  on("note", "change", writeNote);
  on("filters", "change", refilter);
  on("filters", "submit", (event) => event.preventDefault());
  on("list", "click", (event) => {
    const made = event.target.closest(".card");
    if (made) { choose(byId.get(made.dataset.id), { play: true, scroll: false }); announce(); }
  });
  on("scroller", "click", (event) => { if (drawn) jump(event); });
  on("zoom-in", "click", () => zoomBy(2));
  on("zoom-out", "click", () => zoomBy(0.5));
  document.addEventListener("keydown", pressed);
  addEventListener("resize", () => { if (drawn) draw(drawn.number); });
  addEventListener("storage", (event) => { if (event.key === KEY) { recall(); started(); } });
}

function zoomBy(factor) {
  zoom = Math.min(Math.max(zoom * factor, 1), 64);
  if (drawn) draw(drawn.number);
  if (chosen) bringIntoView(chosen);
}

recall();
if (matchMedia("(max-width: 40rem)").matches) $("gates").open = false;
totals();
people();
videos();
prepareFilters();
listen();
if (DATA.up) { $("up").hidden = false; $("up").firstElementChild.href = absolute(DATA.up); }
if (!candidates.some((candidate) => candidate.kind === "segment") && candidates.length) $("f-kind").value = "rejected";
if (DATA.videos.length) showVideo(candidates.find((candidate) => candidate.kind === "segment")?.video ?? 0);
started();
if (shown.length) choose(shown[0], { scroll: false });
else if (candidates.length) choose(candidates[0], { scroll: false });
