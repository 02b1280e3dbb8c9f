// The player: a clip, or a part of a video that ends where the stretch does.

const media = $("media");
let chosen = null;

function veil(message) {
  $("veil").textContent = message;
  $("veil").hidden = !message;
}

function show(item) {
  media.pause();
  if (!item.url) {
    media.removeAttribute("src");
    media.load();
    veil("This cannot be shown: its video is not where it was. Put it back there and make the page anew, or answer “cannot tell”.");
    return;
  }
  veil("");
  const url = new URL(item.url, ROOT).href;
  if (media.src === url) media.currentTime = item.from;
  else {
    media.src = url;
    media.addEventListener("loadedmetadata", () => { if (item.from > 0) media.currentTime = item.from; }, { once: true });
  }
}

function start() {
  media.play().catch((error) => {
    if (error.name !== "AbortError" && error.name !== "NotAllowedError" && !media.error) veil(`This cannot be played here: ${error.message}`);
  });
}

const ended = () => media.ended || (chosen.until !== null && media.currentTime >= chosen.until - 0.05);

function toggle() {
  if (!media.paused) return media.pause();
  if (ended()) media.currentTime = chosen.from;
  start();
}

function again() {
  media.currentTime = chosen.from;
  start();
}

function tick() {
  if (chosen.until !== null && media.currentTime >= chosen.until) media.pause();
  else if (!media.paused) requestAnimationFrame(tick);
}

media.addEventListener("play", () => { $("play").firstChild.textContent = "Pause "; tick(); });
media.addEventListener("pause", () => { $("play").firstChild.textContent = "Play "; });
media.addEventListener("error", () => {
  if (media.getAttribute("src")) veil("This cannot be played here: it has been moved, or this browser does not know its kind. If nothing helps, answer “cannot tell”.");
});
media.addEventListener("loadedmetadata", () => {
  if (!media.videoWidth && !media.src.endsWith(".wav")) veil("This is heard but not seen here: this browser does not know its pictures' kind. Take another browser, or answer “cannot tell”.");
});
