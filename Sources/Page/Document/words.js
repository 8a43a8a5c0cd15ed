// Numbers and names as the page writes them. Pure but for `fit` and `fitStart`, which have the browser measure text.

function scaled(value, unit) {
  const prefixes = ["", "k", "M", "G", "T"];
  let step = 0;
  while (value >= 999.5 && step < prefixes.length - 1) { value /= 1000; step++; }
  const digits = step === 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${prefixes[step]}${unit}`.trim();
}

/** A rate in bit/s; null: not known yet. */
export const bits = (rate) => rate === null ? "–" : scaled(rate, "bit/s");
/** The same where there is little room, and the unit is clear. */
export const shortBits = (rate) => rate === null ? "–" : scaled(rate, "");
export const bytes = (number) => scaled(number, "B");
export const count = (number) => number.toLocaleString("en-US").replaceAll(",", "\u202f");
export const perSecond = (rate) => `${rate > 0 && rate < 1 ? rate.toFixed(1) : scaled(rate, "")}/s`;
export const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** An address without its prefix length. */
export const bare = (address) => address.replace(/\/\d+$/, "");
/** What of a sandbox's path tells it from others. */
export const lastPart = (path) => path.replace(/^.*\//, "");

// In the order of `heddle impair`.
const SETTINGS = ["delay", "jitter", "distribution", "loss", "loss_model", "duplicate", "reorder", "gap", "corrupt", "rate", "queue"];

/** An impairment in the words of `heddle impair`. */
export function impairmentText(one) {
  const words = (side) => side ? SETTINGS.filter((name) => side[name] !== undefined && side[name] !== null)
    .map((name) => `${name.replace("_", "-")} ${side[name]}`).join(", ") : "";
  const [inward, outward] = [words(one.in), words(one.out)];
  if (inward === outward) return inward;
  return [inward && `in: ${inward}`, outward && `out: ${outward}`].filter(Boolean).join("; ");
}

const range = (first, last) => first === last ? `${first}` : `${first}-${last}`;
/** Which ports of the host lead to which of an endpoint. */
export const publishText = (one) => `${range(one.host_port, one.host_end)}→${range(one.port, one.end)}`;

/** What drops, no wider than that many pixels of the font "small strong". The reason is shortened, never its rate. */
export function dropText(drop, pixels) {
  const rate = ` ${perSecond(drop.rate)}${drop.others ? ` +${drop.others}` : ""}`;
  return `✕ ${fit(drop.reason, pixels - 6 * (rate.length + 2), "small strong")}${rate}`;
}

const fonts = { strong: "600 12px", plain: "12px", small: "11px", "small strong": "600 11px", rate: "10.5px" };
const pen = document.createElement("canvas").getContext("2d");
const known = new Map();

/** A text that is no wider than that many pixels in one of the drawing's fonts. What is left out is left out of the
    middle: ends tell names apart as well as beginnings do. */
export const fit = (text, pixels, font) => fitted(text, pixels, font,
  (kept) => `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`);

/** The same for a list, whose end is left out. */
export const fitStart = (text, pixels, font) => fitted(text, pixels, font, (kept) => `${text.slice(0, kept).trimEnd()}…`);

function fitted(text, pixels, font, shortened) {
  const key = `${font} ${pixels} ${text}`;
  let found = known.get(key);
  if (found !== undefined) return found;
  pen.font = `${fonts[font]} system-ui, sans-serif`;
  found = text;
  for (let kept = text.length - 1; kept > 1 && pen.measureText(found).width > pixels; kept--) found = shortened(kept);
  // Texts with numbers in them come and go.
  if (known.size > 5000) known.clear();
  known.set(key, found);
  return found;
}
