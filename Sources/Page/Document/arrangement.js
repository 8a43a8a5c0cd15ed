// What hangs together with what: a topology, and what the reader wants to see of it, become bands (a network and its
// ports) and outsiders (what networks lead to). Pure.

import { bare, lastPart } from "./words.js";
import { portKey } from "./rates.js";

function grouped(list, key) {
  const groups = new Map();
  for (const one of list) {
    const found = groups.get(key(one));
    if (found) found.push(one); else groups.set(key(one), [one]);
  }
  return groups;
}

/** As `heddle stats` calls its port. */
const labelOf = (endpoint) => endpoint.sandbox === "" ? endpoint.ifname
  : endpoint.via === "host" || endpoint.via === "loopback" ? endpoint.sandbox : `${endpoint.ifname}@${endpoint.sandbox}`;

/**
 * @param wanted lower case; what has it in its name, address or network stays
 * @param drops null, or says whether a port dropped lately: then only such endpoints stay
 */
export function arrange(look, wanted, drops) {
  const fits = (...texts) => texts.some((one) => one.toLowerCase().includes(wanted));
  const publish = grouped(look.publish, (one) => one.endpoint);
  const endpoints = grouped(look.endpoints, (one) => one.network);
  const ports = grouped(look.ports, (one) => one.counters.network);
  const impairments = new Map(look.impairments.map((one) => [one.endpoint, one]));
  const tunnels = new Map(look.tunnels.map((one) => [one.network, one]));
  const bands = look.networks.map((network) => {
    const isWhole = wanted === "" || fits(network.name, network.driver, ...network.subnets);
    const cards = (endpoints.get(network.name) ?? [])
      .filter((one) => isWhole || fits(one.sandbox, one.ifname, one.name, one.mac, ...one.addresses, ...one.aliases))
      .map((endpoint) => ({
        endpoint, key: `endpoint ${endpoint.id}`, port: `endpoint ${endpoint.id}`, label: labelOf(endpoint),
        title: endpoint.name || lastPart(endpoint.sandbox) || endpoint.ifname,
        address: endpoint.addresses.length ? bare(endpoint.addresses[0]) : endpoint.mac,
        publish: publish.get(endpoint.id) ?? [], impairment: impairments.get(endpoint.id),
      }))
      .filter((card) => !drops || drops(card.port));
    const others = (ports.get(network.name) ?? []).filter((port) => port.kind !== "endpoint")
      .map((port) => ({ port, key: portKey(port) }));
    return {
      network, cards, isWhole, others, tunnel: tunnels.get(network.name), key: `network ${network.name}`,
      count: (endpoints.get(network.name) ?? []).length,
      host: others.find((one) => one.port.kind === "host"),
      isDropping: drops !== null && others.some((one) => drops(one.key)),
    };
  }).filter((band) => band.cards.length > 0 || band.isDropping || (band.isWhole && !drops));
  return { bands, outsiders: outsiders(look, bands) };
}

/** VTEPs of other hosts, uplinks and parents, each once, with the networks that lead there. */
function outsiders(look, bands) {
  const found = new Map();
  function add(key, kind, title, port, band) {
    let one = found.get(key);
    if (!one) { one = { key, kind, title, ports: [], bands: [], isClosed: true }; found.set(key, one); }
    if (port && !one.ports.includes(port)) one.ports.push(port);
    one.bands.push(band);
    if (band.network.tunnel?.state !== "closed") one.isClosed = false;
  }
  for (const band of bands) {
    const portOf = (kind) => band.others.find((one) => one.port.kind === kind)?.key;
    for (const peer of band.tunnel?.peers ?? []) add(`vtep ${peer}`, "VTEP", peer, portOf("overlay"), band);
    const parent = band.others.find((one) => one.port.kind === "parent");
    if (parent) {
      const name = band.network.options.parent ?? "parent";
      add(`parent ${name}`, "parent", name, parent.key, band);
    }
    if (!band.host || band.network.internal) continue;
    for (const uplink of look.host.uplinks) {
      const port = look.ports.find((one) => one.kind === "uplink" && one.counters.port === `uplink@${uplink.name}`);
      add(`uplink ${uplink.name}`, "uplink", uplink.name, port && portKey(port), band);
    }
  }
  for (const one of found.values()) {
    if (one.kind === "uplink") one.uplink = look.host.uplinks.find((uplink) => uplink.name === one.title);
  }
  return [...found.values()];
}
