// Draws an arrangement. Where a thing stands follows from what there is alone, so that two looks at one topology are one
// picture.

import { bits, shortBits, plural, impairmentText, publishText, dropText, bare, lastPart, fit, fitStart } from "./words.js";

/** Endpoints as they are drawn where there is room, and in networks with many of them. */
const LARGE = { width: 156, height: 62, gap: 10, lead: 40, below: 10 };
const SMALL = { width: 126, height: 40, gap: 8, lead: 12, below: 10 };
const OUTSIDE = { width: 152, height: 54, gap: 10 };
/** Where the host's networks begin: beside what lies outside, if there is anything. */
const LEFT = OUTSIDE.width + 40, ALONE = 32;
/** Above a band's first bus; between bands. */
const HEAD = 48, GAP = 10;
/** A band's name and facts need that much. */
const NARROWEST = 340;

const isOn = (entry) => (entry?.rx ?? 0) + (entry?.tx ?? 0) >= 1;

export class Drawing {
  constructor(canvas, rates) {
    this.canvas = canvas;
    this.rates = rates;
    this.chosen = null;
    this.left = ALONE;
  }

  /** Draws all of it, `width` pixels wide. */
  draw(look, { bands, outsiders }, width, empty) {
    const { canvas } = this;
    this.left = outsiders.length > 0 ? LEFT : ALONE;
    const inner = Math.max(400, width - this.left - 12);
    const box = canvas.put("host box", "rect", canvas.ground, { x: this.left - 16, y: 6, width: inner + 24, rx: 10, class: "box" });
    const name = `host ${look.host.name}`;
    canvas.text("host name", canvas.ground, this.left, 25, name, "strong");
    const addresses = look.host.addresses.map(bare).join("   ");
    canvas.text("host addresses", canvas.ground, this.left + inner - 4, 25, fit(addresses, inner - 260, "small"), "faint small", { "text-anchor": "end" });
    let y = 36;
    for (const row of this.rows(bands, outsiders, inner)) {
      const height = Math.max(...row.map((place) => place.height));
      for (const place of row) this.drawBand(place, y, height);
      y += height + GAP;
    }
    if (bands.length === 0) {
      canvas.text("empty", canvas.ground, this.left, 60, empty, "faint");
      y = 90;
    }
    box.setAttribute("height", y - 6);
    const bottom = Math.max(y, this.drawOutsiders(outsiders)) + 10;
    const size = { width: this.left + inner + 12, height: bottom };
    for (const [side, value] of Object.entries(size)) if (canvas.svg.getAttribute(side) !== `${value}`) canvas.svg.setAttribute(side, value);
    canvas.sweep();
  }

  classes(base, key, drop, more) {
    return [base, drop && "drops", this.chosen === key && "chosen", more].filter(Boolean).join(" ");
  }

  line(key, path, rate, drop, isClosed) {
    const { canvas } = this;
    const one = canvas.put(key, "path", canvas.lines, {
      d: path, class: ["edge", isOn(rate) && "on", drop && "drops", isClosed && "closed"].filter(Boolean).join(" "),
    });
    // By the logarithm: 1 kbit/s and 10 Gbit/s are to be seen on one page.
    const sum = (rate?.rx ?? 0) + (rate?.tx ?? 0);
    one.style.strokeWidth = `${(sum < 1 ? 1.5 : Math.min(9, 1.5 + Math.log10(sum) * 0.7)).toFixed(1)}px`;
  }

  /** Bands that lines from outside lead to begin at the left; others stand beside them where there is room. */
  rows(bands, outsiders, inner) {
    const isReached = new Set(outsiders.flatMap((one) => one.bands));
    const rows = [];
    for (const band of bands) {
      const size = band.cards.length > 2 * Math.floor(inner / (LARGE.width + LARGE.gap)) ? SMALL : LARGE;
      const tiles = band.host ? [{ host: band.host }, ...band.cards] : band.cards;
      const most = Math.max(1, Math.floor((inner - 20 + size.gap) / (size.width + size.gap)));
      const columns = Math.max(1, Math.min(most, tiles.length)), lines = Math.max(1, Math.ceil(tiles.length / columns));
      const place = {
        band, size, tiles, columns, lines, left: this.left - 4,
        width: Math.min(inner, Math.max(NARROWEST, 20 + columns * (size.width + size.gap) - size.gap)),
        height: HEAD + (tiles.length ? lines * (size.lead + size.height + size.below) : 30),
      };
      const row = isReached.has(band) || lines > 1 ? undefined
        : rows.find((one) => one.every((other) => other.lines === 1) && one.at(-1).left + one.at(-1).width + GAP + place.width <= this.left - 4 + inner);
      if (row) { place.left = row.at(-1).left + row.at(-1).width + GAP; row.push(place); } else rows.push([place]);
    }
    // The last of a row has what is left.
    for (const row of rows) row.at(-1).width = this.left - 4 + inner - row.at(-1).left;
    return rows;
  }

  drawBand({ band, size, tiles, columns, lines, left: edge, width }, top, height) {
    const { canvas } = this, { key } = band;
    const left = edge + 4, rowHeight = size.lead + size.height + size.below;
    canvas.put(`${key} band`, "rect", canvas.ground, { x: edge, y: top, width, height, rx: 8, class: "band" });
    this.drawHead(band, left + 10, top + 19, width, size);
    band.busY = top + HEAD;
    for (let row = 0; row < lines; row++) {
      const busY = band.busY + row * rowHeight;
      const inRow = tiles.slice(row * columns, (row + 1) * columns);
      const end = left + 10 + Math.max(1, inRow.length) * (size.width + size.gap) - size.gap;
      canvas.put(`${key} bus ${row}`, "path", canvas.ground, {
        d: row === 0 ? `M${left + 3} ${busY}H${end}` : `M${left + 3} ${busY - rowHeight}V${busY}H${end}`, class: "bus",
      });
      inRow.forEach((tile, column) => {
        const x = left + 10 + column * (size.width + size.gap);
        if (tile.host) this.drawHost(band, tile.host, size, x, busY); else this.drawEndpoint(tile, size, x, busY);
      });
    }
    if (tiles.length === 0) canvas.text(`${key} empty`, canvas.cards, left + 10, top + HEAD + 20, "no endpoints", "faint small");
  }

  drawHead(band, x, y, width, size) {
    const { canvas, rates } = this, { network, key } = band;
    const head = canvas.button(key, canvas.cards, `network ${network.name}`, {
      class: this.classes("band-head", key), transform: `translate(${x} ${y})`,
    });
    canvas.text(`${key} title`, head, 0, 0, network.name, "strong");
    const facts = [network.driver, ...network.subnets];
    if (band.tunnel) facts.push(`VNI ${band.tunnel.vni}`, `VTEP ${band.tunnel.local}`);
    facts.push(`MTU ${network.mtu}`);
    if (network.internal) facts.push("internal");
    if (network.isolated) facts.push("isolated");
    facts.push(plural(band.count, "endpoint"));
    if (size === SMALL) facts.push("rates in bit/s");
    canvas.text(`${key} facts`, head, 0, 16, fit(facts.join("  ·  "), width - 28, "small"), "faint small");
    // What drops at an endpoint is told there.
    const drop = rates.recentDrop(...band.others.filter((one) => one !== band.host).map((one) => one.key));
    const isClosed = network.tunnel?.state === "closed";
    const closed = isClosed ? `tunnel closed${network.tunnel.reason ? `: ${network.tunnel.reason}` : ""}` : "";
    const note = closed ? fit(closed, width - 160, "small strong") : drop ? dropText(drop, width - 160) : "";
    canvas.text(`${key} drop`, head, width - 28, 0, note, "drop-text", { "text-anchor": "end" });
  }

  /** The host's own port in a network: the gateway. */
  drawHost(band, host, size, x, busY) {
    const drop = this.rates.recentDrop(host.key);
    this.drawTile({
      key: `host ${band.network.name}`, port: host.key, label: `the host's port of ${band.network.name}`, kind: "gateway",
      title: "host", corner: "", second: band.network.gateways.map(bare).join(" ") || "no gateway", note: "gateway", noteClass: "faint small", drop,
    }, size, x, busY);
  }

  drawEndpoint(card, size, x, busY) {
    const { endpoint } = card, drop = this.rates.recentDrop(card.port), isGone = endpoint.state === "gone";
    let note = endpoint.name ? lastPart(endpoint.sandbox) : "", noteClass = "faint small";
    if (card.impairment) [note, noteClass] = [`≈ ${impairmentText(card.impairment)}`, "impaired"];
    else if (card.publish.length > 0) [note, noteClass] = [`⇄ ${card.publish.map(publishText).join(" ")}`, "publish"];
    this.drawTile({
      key: card.key, port: card.port, label: `${card.label} on ${endpoint.network}`, title: card.title, corner: endpoint.ifname,
      second: isGone ? "gone" : card.address, note, noteClass, drop, isGone,
      marks: `${card.impairment ? "≈" : ""}${card.publish.length ? "⇄" : ""}`,
    }, size, x, busY);
  }

  drawTile(tile, size, x, busY) {
    const { canvas, rates } = this, { key, drop } = tile;
    const entry = rates.of(tile.port), y = busY + size.lead, centre = x + size.width / 2;
    this.line(`${key} edge`, `M${centre} ${busY}V${y}`, entry, drop, tile.isGone);
    const group = canvas.button(key, canvas.cards, tile.label, {
      class: this.classes("card", key, drop, [tile.kind, tile.isGone && "gone"].filter(Boolean).join(" ")),
      transform: `translate(${x} ${y})`,
    });
    canvas.put(`${key} rect`, "rect", group, { width: size.width, height: size.height, rx: 7 });
    const [rx, tx] = [entry?.rx ?? null, entry?.tx ?? null], rateClass = isOn(entry) ? "rate on" : "rate";
    const dropNote = drop && dropText(drop, size.width - 18);
    if (size === SMALL) {
      canvas.text(`${key} title`, group, 8, 16, fit(tile.title, tile.marks ? 88 : 110, "small strong"), "strong small");
      canvas.text(`${key} marks`, group, size.width - 8, 16, tile.marks ?? "", "impaired", { "text-anchor": "end" });
      const line = dropNote ?? (tile.isGone ? "gone" : `↑ ${shortBits(rx)}  ↓ ${shortBits(tx)}`);
      canvas.text(`${key} rx`, group, 8, 31, line, dropNote ? "drop-text" : rateClass);
      return;
    }
    canvas.text(`${key} rx`, canvas.lines, centre + 8, busY + 16, `↑ ${bits(rx)}`, rateClass);
    canvas.text(`${key} tx`, canvas.lines, centre + 8, busY + 30, `↓ ${bits(tx)}`, rateClass);
    const corner = fit(tile.corner, 60, "small");
    canvas.text(`${key} title`, group, 10, 18, fit(tile.title, size.width - (corner ? 28 + corner.length * 7 : 20), "strong"), "strong");
    canvas.text(`${key} corner`, group, size.width - 10, 18, corner, "faint small", { "text-anchor": "end" });
    canvas.text(`${key} address`, group, 10, 35, fit(tile.second, size.width - 20, "small"), "faint small");
    const shorten = tile.noteClass === "faint small" ? fit : fitStart;
    canvas.text(`${key} note`, group, 10, 52, dropNote ?? shorten(tile.note, size.width - 20, "small"), dropNote ? "drop-text" : tile.noteClass);
  }

  /** Each near the first of the networks that lead to it. Returns how far down they reach. */
  drawOutsiders(outsiders) {
    const middle = (one) => Math.min(...one.bands.map((band) => band.busY));
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    outsiders.sort((a, b) => middle(a) - middle(b) || compare(a.kind, b.kind) || compare(a.title, b.title));
    let next = 8;
    // A stack of several stands around its middle, not below it.
    const beside = new Map();
    for (const one of outsiders) beside.set(middle(one), (beside.get(middle(one)) ?? 0) + 1);
    for (const one of outsiders) {
      const stack = beside.get(middle(one)) * (OUTSIDE.height + OUTSIDE.gap) - OUTSIDE.gap;
      const y = Math.max(next, middle(one) - stack / 2);
      this.drawOutsider(one, y);
      next = y + OUTSIDE.height + OUTSIDE.gap;
    }
    return next;
  }

  drawOutsider(one, y) {
    const { canvas, rates } = this, { key } = one;
    const rate = rates.sum(one.ports), drop = rates.recentDrop(...one.ports);
    const from = [OUTSIDE.width + 2, y + OUTSIDE.height / 2];
    for (const band of one.bands) {
      const to = [this.left + 3, band.busY];
      this.line(`${key} edge ${band.network.name}`, `M${from[0]} ${from[1]}C${from[0] + 24} ${from[1]} ${to[0] - 24} ${to[1]} ${to[0]} ${to[1]}`,
        rate, drop, one.isClosed);
    }
    const group = canvas.button(key, canvas.cards, `${one.kind} ${one.title}`, {
      class: this.classes("card outside", key, drop, one.isClosed && "gone"), transform: `translate(4 ${y})`,
    });
    const width = OUTSIDE.width - 2;
    canvas.put(`${key} rect`, "rect", group, { width, height: OUTSIDE.height, rx: 7 });
    canvas.text(`${key} title`, group, 9, 17, fit(one.title, width - 18, "small strong"), "strong small");
    const second = one.uplink?.addresses.length ? `${one.kind} ${bare(one.uplink.addresses[0])}` : one.kind;
    const note = drop ? dropText(drop, width - 18) : fit(second, width - 18, "small");
    canvas.text(`${key} note`, group, 9, 32, note, drop ? "drop-text" : "faint small");
    canvas.text(`${key} rate`, group, 9, 46, `↑ ${shortBits(rate.rx)}  ↓ ${shortBits(rate.tx)}  bit/s`, isOn(rate) ? "rate on" : "rate");
  }
}
