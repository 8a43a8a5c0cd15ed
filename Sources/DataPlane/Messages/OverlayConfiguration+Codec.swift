import Addresses

extension OverlayConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(vni)
        writer.write(tunnel)
        writer.write(mtu)
        writer.write(learning)
        writer.write(acceptsAnyPeer)
        writer.write(answersNeighbours)
        writer.write(routerMAC.value)
        writer.write(routerIPv4 != nil)
        if let routerIPv4 { writer.write(routerIPv4.value) }
        writer.write(routerIPv6 != nil)
        if let routerIPv6 {
            writer.write(routerIPv6.high)
            writer.write(routerIPv6.low)
        }
        writer.write(UInt8(peers.count))
        for peer in peers { writer.write(peer) }
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        let vni = try reader.read(UInt32.self)
        guard vni <= Self.largestVNI else { throw .badField }
        self.init(
            vni: vni, tunnel: try reader.read(), mtu: try reader.read(), learning: try reader.readFlag(),
            acceptsAnyPeer: try reader.readFlag(), answersNeighbours: try reader.readFlag(),
            routerMAC: try reader.readMAC())
        if try reader.readFlag() { routerIPv4 = IPv4Address(value: try reader.read()) }
        if try reader.readFlag() {
            let high = try reader.read(UInt64.self)
            routerIPv6 = IPv6Address(high: high, low: try reader.read())
        }
        let count = try reader.read(UInt8.self)
        guard count <= Self.maximumPeers else { throw .badField }
        for _ in 0..<count { peers.append(try reader.readAddress()) }
    }
}

extension TunnelConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(id)
        writer.write(device)
        writer.write(interface)
        writer.write(udpPort)
        writer.write(local)
        writer.write(UInt8(senders.count))
        for sender in senders { writer.write(sender) }
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        let id = try reader.read(UInt16.self)
        let device = try reader.read(UInt16.self)
        let interface = try reader.read(UInt32.self)
        let udpPort = try reader.read(UInt16.self)
        self.init(
            id: id, senders: [], device: device, interface: interface, udpPort: udpPort,
            local: try reader.readAddress())
        let count = try reader.read(UInt8.self)
        guard count > 0, count <= Self.maximumSenders, count.nonzeroBitCount == 1 else { throw .badField }
        for _ in 0..<count { senders.append(try reader.read()) }
    }
}

extension NeighbourConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(domain)
        writer.write(address)
        writer.write(mac.value)
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        let domain = try reader.read(UInt16.self)
        let address = try reader.readAddress()
        self.init(domain: domain, address: address, mac: try reader.readMAC())
    }
}
