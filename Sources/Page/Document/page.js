"use strict";
// Asks for the topology once a second, works out rates, and draws. Elements are kept from one second to the next; all
// text of the daemon's is put in as text, never as markup.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const TURN = 1000, REMEMBERED = 60, RECENT = 5;
  const CARD = { width: 168, height: 62, gap: 14, drop: 46 };
  const OUTSIDE = 150;

  const byId = (id) => document.getElementById(id);
  const svg = byId("topology");

  let look = null;          // the latest topology
  let rates = new Map();    // port key -> { rx, tx, drops: Map, history: [[rx, tx]], dropped: [[turn, reason, rate]] }
  let before = null;        // { time, ports: Map }
  let turn = 0;
  let chosen = null;        // key of what the panel shows
  let failures = 0;

  // --- Text

  function scaled(value, unit) {
    const prefixes = ["", "k", "M", "G", "T"];
    let step = 0;
    while (value >= 999.5 && step < prefixes.length - 1) { value /= 1000; step++; }
    const digits = step === 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return `${value.toFixed(digits)} ${prefixes[step]}${unit}`.trim();
  }
  const bits = (rate) => rate === null ? "–" : scaled(rate, "bit/s");
  const count = (number) => number.toLocaleString("en-US").replaceAll(",", "\u202f");
  const perSecond = (rate) => `${rate > 0 && rate < 1 ? rate.toFixed(1) : scaled(rate, "")}/s`;
  // Ends tell names apart as well as beginnings do.
  const short = (text, most) => text.length <= most ? text
    : `${text.slice(0, Math.ceil((most - 1) / 2))}…${text.slice(text.length - Math.floor((most - 1) / 2))}`;

  // --- Counters to rates

  const portKey = (network, port) => JSON.stringify([network, port]);

  function measure(ports, time) {
    const now = new Map();
    const next = new Map();
    for (const port of ports) {
      const key = portKey(port.network, port.port);
      now.set(key, port);
      const old = before?.ports.get(key);
      const seconds = before ? (time - before.time) / 1000 : 0;
      // A counter that went back began anew: no rate for this turn.
      const rate = (a, b) => a === undefined || b < a || seconds <= 0 ? null : (b - a) / seconds;
      const rx = old ? rate(old.rx.bytes, port.rx.bytes) : null, tx = old ? rate(old.tx.bytes, port.tx.bytes) : null;
      const kept = rates.get(key);
      const entry = {
        port, rx: rx === null ? null : rx * 8, tx: tx === null ? null : tx * 8, drops: new Map(),
        history: kept ? kept.history : [], dropped: kept ? kept.dropped.filter((one) => one.turn > turn - RECENT) : [],
      };
      if (old) {
        for (const [reason, total] of Object.entries(port.drops)) {
          const dropped = rate(old.drops[reason] ?? 0, total);
          if (dropped > 0) { entry.drops.set(reason, dropped); entry.dropped.push({ turn, reason, rate: dropped }); }
        }
      }
      entry.history.push([entry.rx ?? 0, entry.tx ?? 0]);
      if (entry.history.length > REMEMBERED) entry.history.shift();
      next.set(key, entry);
    }
    rates = next;
    before = { time, ports: now };
  }

  /** The reason that dropped most in the last seconds, or null. */
  function recentDrop(key) {
    const sums = new Map();
    for (const one of rates.get(key)?.dropped ?? []) sums.set(one.reason, Math.max(one.rate, sums.get(one.reason) ?? 0));
    const [worst] = [...sums].sort((a, b) => b[1] - a[1]);
    return worst ? { reason: worst[0], rate: worst[1], others: sums.size - 1 } : null;
  }

  // --- Elements that stay

  const elements = new Map();
  let used = new Set();

  function element(key, kind, parent, prepare) {
    let one = elements.get(key);
    if (!one) {
      one = document.createElementNS(SVG, kind);
      elements.set(key, one);
      if (prepare) prepare(one);
    }
    if (one.parentNode !== parent) parent.appendChild(one);
    used.add(key);
    return one;
  }
  function set(one, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      const text = String(value);
      if (one.getAttribute(name) !== text) one.setAttribute(name, text);
    }
    return one;
  }
  function text(key, parent, x, y, content, className = "") {
    const one = set(element(key, "text", parent), { x, y, class: className });
    if (one.textContent !== content) one.textContent = content;
    return one;
  }
  function pressable(one, key, label) {
    set(one, { tabindex: 0, role: "button", "aria-label": label, "data-key": key });
  }

  function sweep() {
    for (const [key, one] of elements) if (!used.has(key)) { one.remove(); elements.delete(key); }
    used = new Set();
  }

  // --- What there is

  const labelOf = (endpoint) =>
    endpoint.sandbox === "" ? endpoint.ifname
      : endpoint.via === "host" || endpoint.via === "loopback" ? endpoint.sandbox : `${endpoint.ifname}@${endpoint.sandbox}`;

  // In the order of `heddle impair`.
  const SETTINGS = ["delay", "jitter", "distribution", "loss", "loss_model", "duplicate", "reorder", "gap", "corrupt", "rate", "queue"];

  function impairmentText(one) {
    const words = (side) => side ? SETTINGS.filter((name) => side[name] !== undefined && side[name] !== null)
      .map((name) => `${name.replace("_", "-")} ${side[name]}`).join(", ") : "";
    const [inward, outward] = [words(one.in), words(one.out)];
    if (inward === outward) return inward;
    return [inward && `in: ${inward}`, outward && `out: ${outward}`].filter(Boolean).join("; ");
  }

  function arranged() {
    const wanted = byId("filter").value.trim().toLowerCase();
    const fits = (...texts) => texts.some((one) => one.toLowerCase().includes(wanted));
    const publish = Map.groupBy ? Map.groupBy(look.publish, (one) => one.endpoint) : new Map();
    if (!Map.groupBy) for (const one of look.publish) publish.set(one.endpoint, [...(publish.get(one.endpoint) ?? []), one]);
    const impairments = new Map(look.impairments.map((one) => [one.endpoint, one]));
    const peers = new Map(look.tunnels.map((one) => [one.network, one.peers]));
    return look.networks.map((network) => {
      const isWhole = wanted === "" || fits(network.name, network.driver, ...network.subnets);
      const cards = look.endpoints.filter((one) => one.network === network.name)
        .filter((one) => isWhole || fits(one.sandbox, one.ifname, one.name, one.mac, ...one.addresses, ...one.aliases))
        .map((endpoint) => ({
          endpoint, key: `endpoint ${endpoint.id}`, port: portKey(network.name, labelOf(endpoint)),
          publish: publish.get(endpoint.id) ?? [], impairment: impairments.get(endpoint.id),
        }));
      return { network, cards, isWhole, peers: peers.get(network.name) ?? [], key: `network ${network.name}` };
    }).filter((one) => one.isWhole || one.cards.length > 0);
  }

  // --- Drawing

  const thickness = (entry) => {
    const rate = (entry?.rx ?? 0) + (entry?.tx ?? 0);
    return rate < 1 ? 1.5 : Math.min(9, 1.5 + Math.log10(rate) * 0.7);
  };

  function drawEdge(key, parent, path, entry, drop, isClosed) {
    const isOn = (entry?.rx ?? 0) + (entry?.tx ?? 0) >= 1;
    const one = set(element(key, "path", parent), {
      d: path, class: `edge${isOn ? " on" : ""}${drop ? " drops" : ""}${isClosed ? " closed" : ""}`,
    });
    one.style.strokeWidth = `${thickness(entry).toFixed(1)}px`;
  }

  function drawCard(card, parent, x, y, busY) {
    const { endpoint, key } = card;
    const entry = rates.get(card.port), drop = recentDrop(card.port);
    const centre = x + CARD.width / 2;
    drawEdge(`${key} edge`, parent, `M${centre} ${busY}V${y}`, entry, drop, endpoint.state === "gone");
    const isOn = (entry?.rx ?? 0) + (entry?.tx ?? 0) >= 1;
    const rateClass = isOn ? "rate on" : "rate";
    text(`${key} rx`, parent, centre + 8, busY + 18, `↑ ${bits(entry?.rx ?? null)}`, rateClass);
    text(`${key} tx`, parent, centre + 8, busY + 32, `↓ ${bits(entry?.tx ?? null)}`, rateClass);
    const group = element(key, "g", parent);
    set(group, {
      class: `card${endpoint.state === "gone" ? " gone" : ""}${drop ? " drops" : ""}${chosen === key ? " chosen" : ""}`,
      transform: `translate(${x} ${y})`,
    });
    pressable(group, key, `${labelOf(endpoint)} on ${endpoint.network}`);
    set(element(`${key} rect`, "rect", group), { width: CARD.width, height: CARD.height, rx: 7 });
    text(`${key} title`, group, 10, 18, short(endpoint.name || endpoint.sandbox.replace(/^.*\//, "") || endpoint.ifname, 14), "strong");
    const kind = text(`${key} kind`, group, CARD.width - 10, 18, short(endpoint.ifname, 9), "faint small");
    set(kind, { "text-anchor": "end" });
    const address = endpoint.addresses[0]?.replace(/\/\d+$/, "") ?? endpoint.mac;
    text(`${key} address`, group, 10, 35, short(endpoint.state === "gone" ? "gone" : address, 24), "small faint");
    let note = "", className = "small faint";
    if (drop) {
      note = `✕ ${drop.reason} ${perSecond(drop.rate)}${drop.others ? ` +${drop.others}` : ""}`; className = "drop-text";
    } else if (card.impairment) {
      note = `≈ ${impairmentText(card.impairment)}`; className = "impaired";
    } else if (card.publish.length > 0) {
      note = `⇄ ${card.publish.map((one) => `${one.host_port}→${one.port}`).join(" ")}`; className = "publish";
    } else if (endpoint.name) {
      note = endpoint.sandbox.replace(/^.*\//, "");
    }
    text(`${key} note`, group, 10, 52, short(note, 26), className);
  }

  function facts(network) {
    const words = [network.driver, ...network.subnets];
    if (network.options.vni) words.push(`VNI ${network.options.vni}`);
    words.push(`MTU ${network.mtu}`);
    if (network.internal) words.push("internal");
    if (network.isolated) words.push("isolated");
    return words.join("   ");
  }

  function drawOutside(key, parent, y, title, subtitle, busX, busY, entry, drop, isClosed) {
    const middle = y + 20;
    drawEdge(`${key} edge`, parent, `M${OUTSIDE - 14} ${middle}C${OUTSIDE + 12} ${middle} ${OUTSIDE - 12} ${busY} ${busX} ${busY}`,
      entry, drop, isClosed);
    const group = element(key, "g", parent);
    set(group, { class: `card${chosen === key ? " chosen" : ""}${drop ? " drops" : ""}`, transform: `translate(4 ${y})` });
    pressable(group, key, title);
    set(element(`${key} rect`, "rect", group), { width: OUTSIDE - 18, height: 40, rx: 7 });
    text(`${key} title`, group, 9, 17, short(title, 18), "strong small");
    text(`${key} note`, group, 9, 32, short(drop ? `✕ ${drop.reason}` : subtitle, 20), drop ? "drop-text" : "faint small");
  }

  function draw() {
    if (!look) return;
    const bands = arranged();
    const uplinks = look.ports.filter((port) => port.network === "" && port.port.startsWith("uplink@"))
      .sort((a, b) => a.port.localeCompare(b.port, "en", { numeric: true }));
    const width = Math.max(560, byId("stage").clientWidth - 24);
    const left = OUTSIDE + 20, inner = width - left - 34;
    const columns = Math.max(1, Math.floor((inner - 10) / (CARD.width + CARD.gap)));
    let y = 34;
    const host = set(element("host box", "rect", svg), { x: OUTSIDE + 4, y: 8, width: width - OUTSIDE - 12, rx: 10, class: "box" });
    text("host name", svg, OUTSIDE + 18, 26, `host ${look.host.name}`, "strong");
    let outsideY = 34;
    for (const band of bands) {
      const { network, cards, key } = band;
      const rows = Math.max(1, Math.ceil(cards.length / columns));
      const rowHeight = CARD.drop + CARD.height + 16;
      const outsiders = [];
      for (const peer of band.peers) outsiders.push({
        key: `peer ${network.name} ${peer}`, title: peer, subtitle: "VTEP", port: portKey(network.name, "vxlan"),
        isClosed: network.tunnel?.state === "closed",
      });
      if (network.driver === "macvlan") outsiders.push({
        key: `parent ${network.name}`, title: network.options.parent ?? "parent", subtitle: "parent",
        port: portKey(network.name, `parent@${network.options.parent}`),
      });
      if (network.driver === "bridge" && network.gateways.length > 0 && !network.internal) for (const port of uplinks) {
        outsiders.push({
          key: `uplink ${network.name} ${port.port}`, title: port.port.slice(7), subtitle: "uplink", port: portKey("", port.port),
        });
      }
      const top = Math.max(y, outsiders.length ? outsideY : y);
      const height = Math.max(58 + rows * rowHeight, 20 + outsiders.length * 48);
      set(element(`${key} band`, "rect", svg), { x: left, y: top, width: inner + 12, height, rx: 8, class: "band" });
      const head = element(key, "g", svg);
      set(head, { class: "band-head", transform: `translate(${left + 14} ${top + 22})` });
      pressable(head, key, `network ${network.name}`);
      text(`${key} title`, head, 0, 0, network.name, "strong");
      text(`${key} facts`, head, 0, 17, facts(network), "faint small");
      const drop = recentDrop(portKey(network.name, "vxlan"));
      text(`${key} drop`, head, inner - 20, 0, network.tunnel?.state === "closed" ? `tunnel closed: ${network.tunnel.reason ?? ""}`
        : drop ? `✕ ${drop.reason} ${perSecond(drop.rate)}` : "", "drop-text");
      set(elements.get(`${key} drop`), { "text-anchor": "end" });
      if (cards.length === 0) text(`${key} empty`, svg, left + 14, top + 72, "no endpoints", "empty small");
      const firstBus = top + 54;
      for (let row = 0; row < rows; row++) {
        const busY = firstBus + row * rowHeight;
        const inRow = cards.slice(row * columns, (row + 1) * columns);
        if (row > 0) set(element(`${key} riser ${row}`, "path", svg), {
          d: `M${left + 8} ${busY - rowHeight}V${busY}`, class: "bus",
        });
        set(element(`${key} bus ${row}`, "path", svg), {
          d: `M${left + 8} ${busY}H${left + 14 + Math.max(1, inRow.length) * (CARD.width + CARD.gap) - CARD.gap}`, class: "bus",
        });
        inRow.forEach((card, column) =>
          drawCard(card, svg, left + 14 + column * (CARD.width + CARD.gap), busY + CARD.drop, busY));
      }
      let place = Math.max(outsideY, top + 10);
      for (const one of outsiders) {
        drawOutside(one.key, svg, place, one.title, one.subtitle, left + 8, firstBus, rates.get(one.port),
          recentDrop(one.port), one.isClosed);
        place += 48;
      }
      if (outsiders.length) outsideY = place;
      y = top + height + 14;
    }
    if (bands.length === 0) {
      text("nothing", svg, left + 14, 60, look.networks.length ? "nothing fits the filter" : "no networks yet: heddle network create lan --subnet 10.0.0.0/24", "empty");
      y = 90;
    }
    const bottom = Math.max(y, outsideY) + 6;
    set(host, { height: Math.max(60, y - 6) });
    set(svg, { width, height: bottom, viewBox: `0 0 ${width} ${bottom}` });
    sweep();
    drawTotals();
    drawPanel();
  }

  function drawTotals() {
    let rx = 0, tx = 0, drops = 0, isKnown = false;
    for (const entry of rates.values()) {
      if (entry.rx !== null) isKnown = true;
      rx += entry.rx ?? 0; tx += entry.tx ?? 0;
      for (const rate of entry.drops.values()) drops += rate;
    }
    const put = (id, content) => { if (byId(id).textContent !== content) byId(id).textContent = content; };
    put("total-rx", isKnown ? bits(rx) : "–");
    put("total-tx", isKnown ? bits(tx) : "–");
    put("total-drops", isKnown ? perSecond(drops) : "–");
    byId("total-drops").className = drops > 0 ? "bad" : "";
    put("host", look.host.name);
    const engine = look.status.engine;
    const state = byId("state");
    if (failures > 0) return;
    put("state", engine ? `live · engine ${engine.io}, ${engine.workers} worker${engine.workers === 1 ? "" : "s"}` : "the engine is being replaced");
    state.className = engine ? "state live" : "state stale";
  }

  // --- The panel

  function html(kind, className, content) {
    const one = document.createElement(kind);
    if (className) one.className = className;
    if (content !== undefined) one.textContent = content;
    return one;
  }
  function table(rows, className) {
    const one = html("table", className);
    for (const [name, value, isBad] of rows) {
      if (value === "" || value === undefined || value === null) continue;
      const row = one.insertRow();
      row.appendChild(html("th", "", name));
      row.appendChild(html("td", isBad ? "bad" : "", value));
    }
    return one;
  }
  function spark(history) {
    const one = document.createElementNS(SVG, "svg");
    set(one, { class: "spark", viewBox: "0 0 59 40", preserveAspectRatio: "none" });
    const peak = Math.max(1, ...history.flat());
    for (const [index, name] of [[0, "rx"], [1, "tx"]]) {
      const path = document.createElementNS(SVG, "path");
      const points = history.map((pair, place) => `${place + REMEMBERED - history.length} ${(38 - 36 * pair[index] / peak).toFixed(1)}`);
      set(path, { class: name, d: points.length ? `M${points.join("L")}` : "", "vector-effect": "non-scaling-stroke" });
      one.appendChild(path);
    }
    return one;
  }

  function counters(body, key) {
    const entry = rates.get(key);
    if (!entry) return;
    const { port } = entry;
    body.append(html("h3", "", "the last minute: into the switch (blue), out of it (green)"), spark(entry.history));
    body.append(html("h3", "", "now"), table([
      ["into the switch", bits(entry.rx)], ["out of it", bits(entry.tx)],
    ]));
    body.append(html("h3", "", "counters"), table([
      ["received", `${count(port.rx.frames)} frames`], ["", `${scaled(port.rx.bytes, "B")}`],
      ["of these super-frames", count(port.rx.superframes)],
      ["forwarded", count(port.forwarded)], ["flooded", count(port.flooded)],
      ["sent", `${count(port.tx.frames)} frames`], ["", `${scaled(port.tx.bytes, "B")}`],
    ]));
    const drops = Object.entries(port.drops).filter(([, total]) => total > 0).sort((a, b) => b[1] - a[1]);
    body.append(html("h3", "", "drops"));
    body.append(drops.length ? table(drops.map(([reason, total]) => {
      const rate = entry.drops.get(reason);
      return [reason, rate ? `${count(total)} (${perSecond(rate)})` : count(total), Boolean(rate)];
    })) : html("div", "", "none"));
  }

  function describe() {
    const body = document.createDocumentFragment();
    for (const band of arranged()) {
      if (chosen === band.key) {
        const { network } = band;
        body.append(table([
          ["driver", network.driver], ["subnets", network.subnets.join(", ")], ["gateways", network.gateways.join(", ")],
          ["MTU", String(network.mtu)], ["endpoints", String(band.cards.length)], ["peers", band.peers.join(", ")],
          ["tunnel", network.tunnel ? `${network.tunnel.state} ${network.tunnel.reason ?? ""}` : ""],
          ...Object.entries(network.options), ["id", network.id],
        ], "facts"));
        for (const port of look.ports) {
          if (port.network !== network.name || port.port.includes("@")) continue;
          body.append(html("h3", "", `port ${port.port}`));
          counters(body, portKey(network.name, port.port));
        }
        return { title: `network ${network.name}`, body };
      }
      for (const peer of band.peers) if (chosen === `peer ${band.network.name} ${peer}`) {
        body.append(table([["network", band.network.name], ["VTEP", peer], ["VNI", band.network.options.vni]], "facts"));
        body.append(html("h3", "", "the tunnel's side of the network, all peers together"));
        counters(body, portKey(band.network.name, "vxlan"));
        return { title: `peer ${peer}`, body };
      }
      if (chosen === `parent ${band.network.name}`) {
        counters(body, portKey(band.network.name, `parent@${band.network.options.parent}`));
        return { title: `parent ${band.network.options.parent}`, body };
      }
      for (const port of look.ports) if (chosen === `uplink ${band.network.name} ${port.port}`) {
        counters(body, portKey("", port.port));
        return { title: port.port, body };
      }
      for (const card of band.cards) if (chosen === card.key) {
        const { endpoint } = card;
        body.append(table([
          ["network", endpoint.network], ["sandbox", endpoint.sandbox], ["state", endpoint.state, endpoint.state === "gone"],
          ["addresses", endpoint.addresses.join(", ")], ["MAC", endpoint.mac],
          ["interface", `${endpoint.ifname} (${endpoint.via})`], ["VLAN", endpoint.vlan], ["name", endpoint.name],
          ["aliases", endpoint.aliases.join(", ")],
          ["published", card.publish.map((one) => `${one.host_ip ? one.host_ip + ":" : ""}${one.host_port} → ${one.port}/${one.proto}`).join(", ")],
          ["impaired", card.impairment ? impairmentText(card.impairment) : ""], ["id", endpoint.id],
        ], "facts"));
        counters(body, card.port);
        return { title: labelOf(endpoint), body };
      }
    }
    return null;
  }

  function drawPanel() {
    const panel = byId("panel");
    const found = chosen ? describe() : null;
    const wasHidden = panel.hidden;
    panel.hidden = !found;
    if (!found) { if (chosen && look) chosen = null; }
    else {
      byId("panel-title").textContent = found.title;
      byId("panel-body").replaceChildren(found.body);
    }
    // The stage has another width now.
    if (wasHidden !== panel.hidden) requestAnimationFrame(draw);
  }

  function choose(target) {
    const key = target.closest?.("[data-key]")?.getAttribute("data-key");
    if (!key) return false;
    chosen = chosen === key ? null : key;
    draw();
    return true;
  }

  svg.addEventListener("click", (event) => choose(event.target));
  svg.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && choose(event.target)) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { chosen = null; draw(); } });
  byId("close").addEventListener("click", () => { chosen = null; draw(); });
  byId("filter").addEventListener("input", draw);
  window.addEventListener("resize", draw);

  // --- Asking

  async function ask() {
    try {
      const answer = await fetch("topology", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(`heddled says ${answer.status}`);
      const next = await answer.json();
      turn++;
      measure(next.ports, performance.now());
      look = next;
      failures = 0;
      document.body.classList.remove("stale");
      draw();
    } catch (error) {
      failures++;
      document.body.classList.add("stale");
      byId("state").className = "state stale";
      byId("state").textContent = look ? "heddled does not answer; this picture is old" : "heddled does not answer";
    }
    setTimeout(ask, TURN);
  }
  ask();
})();
