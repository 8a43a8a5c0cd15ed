// Asks for the topology once a second, and has it drawn.

import { bits, perSecond, plural } from "./words.js";
import { Rates } from "./rates.js";
import { Canvas } from "./canvas.js";
import { arrange } from "./arrangement.js";
import { Drawing } from "./drawing.js";
import { showPanel } from "./panel.js";

const TURN = 1000, PATIENCE = 5000;

const byId = (id) => document.getElementById(id);
const rates = new Rates();
const drawing = new Drawing(new Canvas(byId("topology")), rates);

/** The latest topology, and when it came. */
let look = null, lookedAt = 0;
let isStale = false;

function put(id, text, className) {
  const one = byId(id);
  if (one.textContent !== text) one.textContent = text;
  if (className !== undefined && one.className !== className) one.className = className;
}

function draw() {
  if (!look) return;
  const drops = byId("only-drops").checked ? (key) => rates.recentDrop(key) !== null : null;
  const wanted = byId("filter").value.trim().toLowerCase();
  const arrangement = arrange(look, wanted, drops);
  const empty = look.networks.length === 0 ? "no networks yet: heddle network create lan --subnet 10.0.0.0/24"
    : drops ? "nothing drops" : "nothing fits the filter";
  const panel = byId("panel"), wasHidden = panel.hidden;
  if (!showPanel(panel, drawing.chosen, arrangement, rates) && !isStale && !drops) drawing.chosen = null;
  if (wasHidden && !panel.hidden) panel.scrollTop = 0;
  panel.parentElement.classList.toggle("open", !panel.hidden);
  drawing.draw(look, arrangement, byId("stage").clientWidth - 24, empty);
  drawTotals();
}

function drawTotals() {
  const totals = rates.totals();
  put("total-rx", totals ? bits(totals.rx) : "–");
  put("total-tx", totals ? bits(totals.tx) : "–");
  put("total-drops", totals ? perSecond(totals.drops) : "–", totals?.drops > 0 ? "bad" : "");
  put("host", look.host.name);
  if (isStale) return;
  const { engine } = look.status;
  if (engine) put("state", `live · engine ${engine.io}, ${plural(engine.workers, "worker")}`, "state live");
  else put("state", "the engine is being replaced", "state stale");
}

function choose(target) {
  const key = target.closest?.("[data-key]")?.getAttribute("data-key");
  if (!key) return false;
  drawing.chosen = drawing.chosen === key ? null : key;
  draw();
  if (drawing.chosen) target.closest("[data-key]").scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

function close() {
  drawing.chosen = null;
  draw();
}

byId("topology").addEventListener("click", (event) => choose(event.target));
byId("topology").addEventListener("keydown", (event) => {
  if ((event.key === "Enter" || event.key === " ") && choose(event.target)) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  if (event.key === "/" && document.activeElement !== byId("filter")) { byId("filter").focus(); event.preventDefault(); }
});
byId("close").addEventListener("click", close);
byId("filter").addEventListener("input", draw);
byId("only-drops").addEventListener("change", draw);
window.addEventListener("resize", draw);

async function ask() {
  try {
    const answer = await fetch("topology", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(`heddled says ${answer.status}`);
    look = await answer.json();
    lookedAt = performance.now();
    rates.take(look.ports, lookedAt);
    isStale = false;
    document.body.classList.remove("stale");
    draw();
  } catch {
    isStale = true;
    document.body.classList.add("stale");
    const age = Math.round((performance.now() - lookedAt) / 1000);
    put("state", look ? `heddled does not answer; this picture is ${age} s old` : "heddled does not answer", "state stale");
  }
  setTimeout(ask, TURN);
}

ask();
