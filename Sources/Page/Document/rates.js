// Counters of two looks become rates.

/** Seconds of which the panel shows a curve, and for which a drop stays red. */
export const REMEMBERED = 60;
const RECENT = 5;

/** What names a port from one look to the next: an endpoint's port by its id, which outlives its label. */
export const portKey = (port) => port.endpoint ? `endpoint ${port.endpoint}`
  : JSON.stringify([port.kind, port.counters.network, port.counters.port]);

export class Rates {
  constructor() {
    /** Key of a port → { counters, rx, tx (bit/s or null), drops: Map, history: [[rx, tx]], dropped: [{ turn, reason, rate }] } */
    this.entries = new Map();
    this.time = null;
    this.turn = 0;
  }

  /** Takes the counters of one look; `time` in milliseconds. */
  take(ports, time) {
    this.turn++;
    const seconds = this.time === null ? 0 : (time - this.time) / 1000;
    const next = new Map();
    for (const port of ports) {
      const { counters } = port;
      const kept = this.entries.get(portKey(port));
      // A counter that went back began anew: no rate for this turn.
      const rate = (before, now) => before === undefined || now < before || seconds <= 0 ? null : (now - before) / seconds;
      const inBits = (side) => {
        const found = rate(kept?.counters[side].bytes, counters[side].bytes);
        return found === null ? null : found * 8;
      };
      const entry = {
        counters, rx: inBits("rx"), tx: inBits("tx"), drops: new Map(), history: kept?.history ?? [],
        dropped: kept?.dropped.filter((one) => one.turn > this.turn - RECENT) ?? [],
      };
      for (const [reason, total] of kept ? Object.entries(counters.drops) : []) {
        const dropped = rate(kept.counters.drops[reason] ?? 0, total);
        if (dropped > 0) {
          entry.drops.set(reason, dropped);
          entry.dropped.push({ turn: this.turn, reason, rate: dropped });
        }
      }
      entry.history.push([entry.rx ?? 0, entry.tx ?? 0]);
      if (entry.history.length > REMEMBERED) entry.history.shift();
      next.set(portKey(port), entry);
    }
    this.entries = next;
    this.time = time;
  }

  of(key) { return this.entries.get(key); }

  /** Rates of several ports as if they were one. */
  sum(keys) {
    const found = keys.map((key) => this.of(key)).filter((entry) => entry && entry.rx !== null);
    if (found.length === 0) return { rx: null, tx: null };
    return {
      rx: found.reduce((all, entry) => all + entry.rx, 0), tx: found.reduce((all, entry) => all + (entry.tx ?? 0), 0),
    };
  }

  /** The reason that dropped most at these ports in the last seconds, or null. */
  recentDrop(...keys) {
    const worst = new Map();
    for (const key of keys) for (const one of this.of(key)?.dropped ?? []) {
      worst.set(one.reason, Math.max(one.rate, worst.get(one.reason) ?? 0));
    }
    const [first] = [...worst].sort((a, b) => b[1] - a[1]);
    return first ? { reason: first[0], rate: first[1], others: worst.size - 1 } : null;
  }

  /** Of all ports: what comes in, goes out, and is dropped now; null while nothing is known. */
  totals() {
    let rx = 0, tx = 0, drops = 0, isKnown = false;
    for (const entry of this.entries.values()) {
      if (entry.rx !== null) isKnown = true;
      rx += entry.rx ?? 0; tx += entry.tx ?? 0;
      for (const rate of entry.drops.values()) drops += rate;
    }
    return isKnown ? { rx, tx, drops } : null;
  }
}
