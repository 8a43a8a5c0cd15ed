import Addresses
import HeddleAPI

extension LabReader {
    /// One of a node's `networks`: a network's name, or a mapping.
    mutating func readAttachment(_ field: LabField) -> LabAttachment? {
        if field.isSingle {
            return fields.text(field).map { LabAttachment(network: $0, place: field.place) }
        }
        guard let keys = fields.fields(field, keys: LabKeys.attachment) else { return nil }
        guard let network = keys["network"] else {
            fields.refuse(field.place, "there is no network: add one")
            return nil
        }
        guard let name = fields.text(network) else { return nil }
        var attachment = LabAttachment(network: name, place: field.place)
        attachment.addresses = parseAll(keys["address"]) { try IPAddress(parsing: $0) }
        attachment.name = fields.text(keys["name"])
        attachment.aliases = fields.texts(keys["aliases"]).map(\.text)
        attachment.mac = readMAC(keys["mac"])
        attachment.vlan = fields.integer(keys["vlan"], in: 1...4_094)
        attachment.via = fields.word(keys["via"], of: ["tap", "veth"])
        for one in fields.texts(keys["publish"]) {
            guard parse(one.text, one.place, { try PublishSpecification(parsing: $0) }) != nil else { continue }
            attachment.publish.append(one.text)
            attachment.publishPlaces.append(one.place)
        }
        attachment.publishMode = fields.word(keys["publish-mode"], of: ["translate", "relay"])
        attachment.ifname = readNewInterface(keys["ifname"])
        attachment.impairment = keys["impair"].flatMap { readDirections($0) }
        return attachment
    }

    /// A MAC address that a station may have.
    private mutating func readMAC(_ field: LabField?) -> MACAddress? {
        guard let field, let mac = parse(field, { try MACAddress(parsing: $0) }) else { return nil }
        if mac.isZero {
            fields.refuse(field.place, "no station can have the MAC address \(mac)")
        } else if mac.isGroup {
            fields.refuse(
                field.place, "\(mac) is a group address, which no station can have: its first octet must be even")
        }
        return mac
    }

    /// The name of an interface that shall be made.
    private mutating func readNewInterface(_ field: LabField?) -> String? {
        guard let field, let text = fields.text(field) else { return nil }
        checkInterface(text, field.place)
        if text == "lo" {
            fields.refuse(field.place, "lo is there in each node: use another name")
        } else if text == "all" || text == "default" {
            fields.refuse(field.place, "\(text) means every interface: use another name")
        }
        return text
    }

    /// One of `links`: two names, or a mapping.
    mutating func readLink(_ field: LabField) {
        var ends: [LabLink.End] = []
        var link = LabLink(name: "", ends: [], place: field.place)
        var keys: [String: LabField] = ["ends": field]
        if field.isMapping {
            guard let read = fields.fields(field, keys: LabKeys.link) else { return }
            keys = read
        }
        guard let list = keys["ends"].flatMap({ fields.list($0) }) else {
            if keys["ends"] == nil { fields.refuse(field.place, "there are no ends: add ends: [NODE, NODE]") }
            return
        }
        for one in list {
            if let end = readEnd(one) { ends.append(end) }
        }
        guard list.count == 2 else {
            return fields.refuse(keys["ends"]?.place ?? field.place, "a link has two ends, not \(list.count)")
        }
        guard ends.count == 2 else { return }
        link.ends = ends
        link.subnets = parseAll(keys["subnet"]) { try IPPrefix(parsing: $0) }
        link.mtu = fields.integer(keys["mtu"], in: 68...65_521)
        link.impairment = keys["impair"].flatMap { readSettings($0) }
        link.name = "\(ends[0].node)-\(ends[1].node)"
        if let name = keys["name"], let text = fields.text(name) {
            checkName(text, name.place, longest: LabName.longest)
            link.name = text
        } else if link.name.utf8.count > LabName.longest {
            fields.refuse(field.place, "the link needs a short name: add name, of at most \(LabName.longest) letters")
        }
        lab.links.append(link)
    }

    private mutating func readEnd(_ field: LabField) -> LabLink.End? {
        if field.isSingle {
            return fields.text(field).map { LabLink.End(node: $0, place: field.place) }
        }
        guard let keys = fields.fields(field, keys: LabKeys.linkEnd) else { return nil }
        guard let node = keys["node"] else {
            fields.refuse(field.place, "the end is at no node: add node")
            return nil
        }
        guard let name = fields.text(node) else { return nil }
        var end = LabLink.End(node: name, place: field.place)
        end.addresses = parseAll(keys["address"]) { try IPPrefix(parsing: $0) }
        end.mac = readMAC(keys["mac"])
        end.ifname = readNewInterface(keys["ifname"])
        end.impairment = keys["impair"].flatMap { readDirections($0) }
        return end
    }
}
