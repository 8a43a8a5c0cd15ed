import Addresses

extension EngineRequest {
    /// The message's bytes.
    public func encoded(sequence: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        MessageHeader(type: type, sequence: sequence).write(to: &writer)
        switch self {
        case .hello, .begin, .commit, .takeDescriptors, .shutdown:
            break
        case .domain(let domain):
            writer.write(domain.id)
            writer.write(domain.ageingMilliseconds)
            writer.write(domain.overlay != nil)
            domain.overlay?.write(to: &writer)
            writer.write(domain.gateway != nil)
            domain.gateway?.write(to: &writer)
            writer.write(domain.parent?.rawValue ?? 0)
        case .port(let port):
            port.write(to: &writer)
        case .tunnel(let tunnel):
            tunnel.write(to: &writer)
        case .removePort(let id), .removeDomain(let id):
            writer.write(id)
        case .addStation(let station), .removeStation(let station):
            writer.write(station.domain)
            writer.write(station.vlan)
            writer.write(station.mac.value)
            writer.write(station.port)
            writer.write(station.vtep != nil)
            if let vtep = station.vtep { writer.write(vtep) }
        case .addNeighbour(let neighbour), .removeNeighbour(let neighbour):
            neighbour.write(to: &writer)
        case .uplink(let uplink):
            uplink.write(to: &writer)
        case .pool(let pool):
            pool.write(to: &writer)
        case .hostAddresses(let addresses):
            addresses.write(to: &writer)
        case .routes(let routes):
            routes.write(to: &writer)
        case .nextHop(let hop):
            hop.write(to: &writer)
        case .publish(let publish):
            publish.write(to: &writer)
        case .unpublish(let number), .keep(let number), .letGo(let number), .stopCapture(let number):
            writer.write(number)
        case .impairment(let impairment):
            impairment.write(to: &writer)
        case .startCapture(let capture):
            if capture.followed != 0 { writer.write(capture.followed) }
            capture.write(to: &writer)
        case .explain(let port, let domain, let frame):
            writer.write(port)
            writer.write(domain)
            writer.write(UInt32(frame.count))
            writer.write(raw: frame)
        case .inject(let port, let frame):
            writer.write(port)
            writer.write(UInt32(frame.count))
            writer.write(raw: frame)
        }
        return writer.bytes
    }

    /// Reads a message; any bytes are safe.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(MessageError) -> (sequence: UInt32, request: EngineRequest) {
        var reader = ByteReader(bytes)
        let header = try MessageHeader(from: &reader)
        let request: EngineRequest
        switch header.type {
        case 1: request = .hello
        case 2: request = .begin
        case 3:
            let id = try reader.read(UInt16.self)
            let ageing = try reader.read(UInt32.self)
            let overlay = try reader.readFlag() ? try OverlayConfiguration(from: &reader) : nil
            let gateway = try reader.readFlag() ? try GatewayConfiguration(from: &reader) : nil
            let mode = try reader.read(UInt8.self)
            let parent = ParentMode(rawValue: mode)
            guard mode == 0 || parent != nil else { throw .badField }
            request = .domain(
                DomainConfiguration(
                    id: id, ageingMilliseconds: ageing, overlay: overlay, gateway: gateway, parent: parent))
        case 4: request = .port(try PortConfiguration(from: &reader))
        case 5: request = .commit
        case 6: request = .removePort(try reader.read())
        case 7: request = .removeDomain(try reader.read())
        case 8: request = .addStation(try StationConfiguration(from: &reader))
        case 9: request = .removeStation(try StationConfiguration(from: &reader))
        case 10:
            let port = try reader.read(UInt16.self)
            let count = Int(try reader.read(UInt32.self))
            guard count <= MessageLimits.maximumFrame else { throw .badField }
            request = .inject(port: port, frame: try reader.readRaw(count))
        case 11: request = .takeDescriptors
        case 12: request = .shutdown
        case 13: request = .tunnel(try TunnelConfiguration(from: &reader))
        case 14: request = .addNeighbour(try NeighbourConfiguration(from: &reader))
        case 15: request = .removeNeighbour(try NeighbourConfiguration(from: &reader))
        case 16: request = .uplink(try UplinkConfiguration(from: &reader))
        case 17: request = .pool(try PoolConfiguration(from: &reader))
        case 18: request = .hostAddresses(try ListPart(from: &reader))
        case 19: request = .routes(try ListPart(from: &reader))
        case 20: request = .nextHop(try NextHopConfiguration(from: &reader))
        case 21: request = .publish(try PublishConfiguration(from: &reader))
        case 22: request = .unpublish(try reader.read())
        case 23: request = .keep(try reader.read())
        case 24: request = .letGo(try reader.read())
        case 40: request = .impairment(try ImpairmentConfiguration(from: &reader))
        case 44: request = .startCapture(try CaptureConfiguration(from: &reader))
        case 45: request = .stopCapture(try reader.read())
        case 48:
            let port = try reader.read(UInt16.self)
            let domain = try reader.read(UInt16.self)
            let count = Int(try reader.read(UInt32.self))
            guard count <= MessageLimits.maximumFrame else { throw .badField }
            request = .explain(port: port, domain: domain, frame: try reader.readRaw(count))
        case 49:
            let followed = try reader.read(UInt32.self)
            guard followed != 0 else { throw .badField }
            var capture = try CaptureConfiguration(from: &reader)
            capture.followed = followed
            request = .startCapture(capture)
        default: throw .unknownType(header.type)
        }
        try reader.finish()
        return (header.sequence, request)
    }

    private var type: UInt8 {
        switch self {
        case .hello: 1
        case .begin: 2
        case .domain: 3
        case .port: 4
        case .commit: 5
        case .removePort: 6
        case .removeDomain: 7
        case .addStation: 8
        case .removeStation: 9
        case .inject: 10
        case .takeDescriptors: 11
        case .shutdown: 12
        case .tunnel: 13
        case .addNeighbour: 14
        case .removeNeighbour: 15
        case .uplink: 16
        case .pool: 17
        case .hostAddresses: 18
        case .routes: 19
        case .nextHop: 20
        case .publish: 21
        case .unpublish: 22
        case .keep: 23
        case .letGo: 24
        case .impairment: 40
        case .startCapture(let capture): capture.followed == 0 ? 44 : 49
        case .stopCapture: 45
        case .explain: 48
        }
    }
}

extension StationConfiguration {
    fileprivate init(from reader: inout ByteReader) throws(MessageError) {
        let domain = try reader.read(UInt16.self)
        let vlan = try reader.read(UInt16.self)
        let mac = try reader.read(UInt64.self)
        guard vlan < 4_095, mac >> 48 == 0 else { throw .badField }
        self.init(domain: domain, vlan: vlan, mac: MACAddress(value: mac), port: try reader.read())
        if try reader.readFlag() { vtep = try reader.readAddress() }
    }
}

extension PortConfiguration {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(id)
        writer.write(domain)
        writer.write(kind.rawValue)
        writer.write(isolated)
        writer.write(accessVLAN)
        writer.write(mtu)
        writer.write(token)
        writer.write(sourceGuard != nil)
        guard let sourceGuard else { return }
        writer.write(sourceGuard.mac.value)
        writer.write(sourceGuard.isOpen)
        writer.write(UInt8(sourceGuard.ipv4.count))
        for address in sourceGuard.ipv4 { writer.write(address.value) }
        writer.write(UInt8(sourceGuard.ipv6.count))
        for address in sourceGuard.ipv6 {
            writer.write(address.high)
            writer.write(address.low)
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(MessageError) {
        let id = try reader.read(UInt16.self)
        let domain = try reader.read(UInt16.self)
        guard let kind = PortKind(rawValue: try reader.read()) else { throw .badField }
        let isolated = try reader.readFlag()
        let accessVLAN = try reader.read(UInt16.self)
        guard accessVLAN < 4_095 else { throw .badField }
        let mtu = try reader.read(UInt32.self)
        let token = try reader.read(UInt64.self)
        var sourceGuard: PortGuard?
        if try reader.readFlag() {
            let mac = try reader.read(UInt64.self)
            guard mac >> 48 == 0 else { throw .badField }
            let isOpen = try reader.readFlag()
            let ipv4Count = try reader.read(UInt8.self)
            guard ipv4Count <= PortGuard.maximumAddresses else { throw .badField }
            var ipv4: [IPv4Address] = []
            for _ in 0..<ipv4Count { ipv4.append(IPv4Address(value: try reader.read())) }
            let ipv6Count = try reader.read(UInt8.self)
            guard ipv6Count <= PortGuard.maximumAddresses else { throw .badField }
            var ipv6: [IPv6Address] = []
            for _ in 0..<ipv6Count {
                let high = try reader.read(UInt64.self)
                ipv6.append(IPv6Address(high: high, low: try reader.read()))
            }
            sourceGuard = PortGuard(mac: MACAddress(value: mac), ipv4: ipv4, ipv6: ipv6)
            sourceGuard?.isOpen = isOpen
        }
        self.init(
            id: id, domain: domain, kind: kind, isolated: isolated, accessVLAN: accessVLAN, mtu: mtu, token: token,
            sourceGuard: sourceGuard)
    }
}
