// SVG elements that stay from one second to the next, each known by a key: nothing flickers, and what has the focus
// keeps it. All text is put in as text, never as markup.

export const SVG = "http://www.w3.org/2000/svg";

export function set(one, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (one.getAttribute(name) !== text) one.setAttribute(name, text);
  }
  return one;
}

export class Canvas {
  constructor(svg) {
    this.svg = svg;
    this.elements = new Map();
    this.used = new Set();
    // Drawn in this order, whatever comes first into being.
    for (const layer of ["ground", "lines", "cards"]) {
      this[layer] = svg.appendChild(document.createElementNS(SVG, "g"));
    }
  }

  /** The element of a key, made if there is none. */
  put(key, kind, parent, attributes) {
    let one = this.elements.get(key);
    if (!one) {
      one = document.createElementNS(SVG, kind);
      this.elements.set(key, one);
    }
    if (one.parentNode !== parent) parent.appendChild(one);
    this.used.add(key);
    return set(one, attributes);
  }

  text(key, parent, x, y, content, className = "", attributes = {}) {
    const one = this.put(key, "text", parent, { x, y, class: className, ...attributes });
    if (one.textContent !== content) one.textContent = content;
    return one;
  }

  /** A group that can be clicked, and chosen by keys. */
  button(key, parent, label, attributes) {
    const one = this.put(key, "g", parent, { tabindex: 0, role: "button", "aria-label": label, "data-key": key, ...attributes });
    const tip = this.put(`${key} tip`, "title", one, {});
    if (tip.textContent !== label) tip.textContent = label;
    return one;
  }

  /** Takes away what was not put since the last time. */
  sweep() {
    for (const [key, one] of this.elements) {
      if (!this.used.has(key)) { one.remove(); this.elements.delete(key); }
    }
    this.used = new Set();
  }
}
