// The panel with counters and facts. It is made anew each second and put over what is there, so that a text that is
// marked stays marked.

import { bits, bytes, count, perSecond, impairmentText, publishText } from "./words.js";
import { REMEMBERED } from "./rates.js";
import { SVG, set } from "./canvas.js";

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
    row.append(html("th", "", name), html("td", isBad ? "bad" : "", String(value)));
  }
  return one;
}

function curve(history) {
  const one = set(document.createElementNS(SVG, "svg"), { class: "spark", viewBox: "0 0 59 40", preserveAspectRatio: "none" });
  const peak = Math.max(1, ...history.flat());
  for (const [index, name] of [[0, "rx"], [1, "tx"]]) {
    const points = history.map((pair, place) => `${place + REMEMBERED - history.length} ${(38 - 36 * pair[index] / peak).toFixed(1)}`);
    one.appendChild(set(document.createElementNS(SVG, "path"), {
      class: name, d: `M${points.join("L")}`, "vector-effect": "non-scaling-stroke",
    }));
  }
  return one;
}

function counters(entry) {
  if (!entry) return [];
  const { counters } = entry;
  const legend = html("p", "legend");
  legend.append(html("span", "rx", `↑ into the switch ${bits(entry.rx)}`), html("span", "tx", `↓ out of it ${bits(entry.tx)}`));
  const drops = Object.entries(counters.drops).filter(([, total]) => total > 0).sort((a, b) => b[1] - a[1]);
  return [
    html("h3", "", "the last minute"), curve(entry.history), legend,
    html("h3", "", "counters"), table([
      ["received", `${count(counters.rx.frames)} frames`], ["bytes received", bytes(counters.rx.bytes)],
      ["super-frames received", count(counters.rx.superframes)],
      ["forwarded", count(counters.forwarded)], ["flooded", count(counters.flooded)],
      ["sent", `${count(counters.tx.frames)} frames`], ["bytes sent", bytes(counters.tx.bytes)],
    ]),
    html("h3", "", "drops"),
    drops.length ? table(drops.map(([reason, total]) => {
      const rate = entry.drops.get(reason);
      return [reason, rate ? `${count(total)} (${perSecond(rate)})` : count(total), Boolean(rate)];
    })) : html("p", "", "none"),
  ];
}

const portNames = { host: "the host's port", overlay: "the tunnel's side", parent: "the parent's port", names: "the name service's port" };

function describeNetwork(band, rates) {
  const { network, tunnel } = band;
  const told = new Set(["vni", "local", "port", "peer"]);
  return [
    table([
      ["driver", network.driver], ["subnets", network.subnets.join(", ")], ["gateways", network.gateways.join(", ")],
      ["MTU", network.mtu], ["endpoints", band.count],
      ["VNI", tunnel?.vni], ["VTEP", tunnel && `${tunnel.local}, port ${tunnel.port}`], ["floods to", tunnel?.peers.join(", ")],
      ["tunnel", network.tunnel && `${network.tunnel.state}${network.tunnel.reason ? `: ${network.tunnel.reason}` : ""}`, network.tunnel?.state === "closed"],
      ["internal", network.internal ? "yes" : ""], ["isolated", network.isolated ? "yes" : ""],
      ...Object.entries(network.options).filter(([name]) => !tunnel || !told.has(name)),
      ["names asked for", network.names?.questions], ["id", network.id],
    ], "facts"),
    ...band.others.flatMap((one) => [
      html("h2", "", portNames[one.port.kind] ?? one.port.counters.port), ...counters(rates.of(one.key)),
    ]),
  ];
}

function describeEndpoint(card, rates) {
  const { endpoint } = card;
  const publish = (one) => `${one.host_ip ? `${one.host_ip}:` : ""}${publishText(one)}/${one.proto}${one.state === "waiting" ? ` (${one.reason ?? "waiting"})` : ""}`;
  return [
    table([
      ["network", endpoint.network], ["sandbox", endpoint.sandbox], ["state", endpoint.state, endpoint.state === "gone"],
      ["addresses", endpoint.addresses.join(", ")], ["MAC", endpoint.mac],
      ["interface", `${endpoint.ifname} (${endpoint.via})`], ["VLAN", endpoint.vlan], ["name", endpoint.name],
      ["aliases", endpoint.aliases.join(", ")], ["published", card.publish.map(publish).join(", ")],
      ["impaired", card.impairment && impairmentText(card.impairment)], ["id", endpoint.id],
    ], "facts"),
    ...counters(rates.of(card.port)),
  ];
}

function describeOutsider(one, rates) {
  const facts = table([
    ["networks", one.bands.map((band) => band.network.name).join(", ")],
    ["addresses", one.uplink?.addresses.join(", ")], ["MAC", one.uplink?.mac], ["MTU", one.uplink?.mtu],
  ], "facts");
  if (one.kind !== "VTEP") return [facts, ...one.ports.flatMap((key) => counters(rates.of(key)))];
  return [facts, ...one.bands.flatMap((band, place) => [
    html("h2", "", `the tunnel's side of ${band.network.name}, all peers together`), ...counters(rates.of(one.ports[place])),
  ])];
}

/** Title and content of what a key names; null if it is not there. */
function describe(key, { bands, outsiders }, rates) {
  for (const band of bands) {
    if (key === band.key) return [`network ${band.network.name}`, describeNetwork(band, rates)];
    if (key === `host ${band.network.name}`) {
      return [`the host's port of ${band.network.name}`, [
        table([["interface", band.host?.port.counters.port], ["gateways", band.network.gateways.join(", ")]], "facts"),
        ...counters(rates.of(band.host?.key)),
      ]];
    }
    for (const card of band.cards) if (key === card.key) return [card.label, describeEndpoint(card, rates)];
  }
  const outsider = outsiders.find((one) => key === one.key);
  return outsider ? [`${outsider.kind} ${outsider.title}`, describeOutsider(outsider, rates)] : null;
}

/** Makes `old` like `now`, and leaves alone what is alike. */
function become(old, now) {
  if (old.nodeName !== now.nodeName) return old.replaceWith(now);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== now.data) old.data = now.data;
    return;
  }
  for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!now.hasAttribute(name)) old.removeAttribute(name);
  children(old, [...now.childNodes]);
}

function children(parent, now) {
  const old = [...parent.childNodes];
  now.forEach((one, place) => place < old.length ? become(old[place], one) : parent.appendChild(one));
  for (const extra of old.slice(now.length)) extra.remove();
}

/** Shows what `key` names, or hides the panel. Returns whether there is such a thing. */
export function showPanel(panel, key, arrangement, rates) {
  const found = key === null ? null : describe(key, arrangement, rates);
  panel.hidden = !found;
  if (!found) return false;
  const title = panel.querySelector("#panel-title");
  if (title.textContent !== found[0]) title.textContent = found[0];
  children(panel.querySelector("#panel-body"), found[1]);
  return true;
}
