import Addresses

extension GatewayConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(port)
        writer.write(mac.value)
        writer.write(ipv4 != nil)
        if let ipv4 { writer.write(ipv4.value) }
        writer.write(ipv6 != nil)
        if let ipv6 {
            writer.write(ipv6.high)
            writer.write(ipv6.low)
        }
        writer.write(isInternal)
        writer.write(isRouted)
        writer.write(mtu)
        writer.write(namePort)
        writer.write(UInt8(subnets.count))
        for subnet in subnets { writer.write(subnet) }
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        self.init(port: try reader.read(), mac: try reader.readMAC())
        if try reader.readFlag() { ipv4 = IPv4Address(value: try reader.read()) }
        if try reader.readFlag() {
            let high = try reader.read(UInt64.self)
            ipv6 = IPv6Address(high: high, low: try reader.read())
        }
        isInternal = try reader.readFlag()
        isRouted = try reader.readFlag()
        mtu = try reader.read()
        namePort = try reader.read()
        let count = try reader.read(UInt8.self)
        guard count <= Self.maximumSubnets else { throw .badField }
        for _ in 0..<count { subnets.append(try reader.readPrefix()) }
    }
}

extension UplinkConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(port)
        writer.write(mac.value)
        writer.write(mtu)
        writer.write(ipv4 != nil)
        if let ipv4 { writer.write(ipv4.value) }
        writer.write(ipv6 != nil)
        if let ipv6 {
            writer.write(ipv6.high)
            writer.write(ipv6.low)
        }
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        self.init(port: try reader.read(), mac: try reader.readMAC(), mtu: try reader.read())
        if try reader.readFlag() { ipv4 = IPv4Address(value: try reader.read()) }
        if try reader.readFlag() {
            let high = try reader.read(UInt64.self)
            ipv6 = IPv6Address(high: high, low: try reader.read())
        }
    }
}

extension PoolConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(first)
        writer.write(count)
        writer.write(UInt16(excluded.count))
        for port in excluded { writer.write(port) }
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        self.init(first: try reader.read(), count: try reader.read())
        guard Int(first) + Int(count) <= 65_536 else { throw .badField }
        let listed = try reader.read(UInt16.self)
        guard listed <= Self.maximumExcluded else { throw .badField }
        for _ in 0..<listed { excluded.append(try reader.read()) }
    }
}

extension HostAddressConfiguration: ListedMessage {
    func write(to writer: inout ByteWriter) {
        writer.write(address)
        writer.write(port)
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        let address = try reader.readAddress()
        self.init(address: address, port: try reader.read())
    }
}

extension RouteConfiguration: ListedMessage {
    func write(to writer: inout ByteWriter) {
        writer.write(destination)
        writer.write(isRefused)
        writer.write(uplink)
        writer.write(optional: gateway)
        writer.write(optional: source)
        writer.write(mtu)
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        let destination = try reader.readPrefix()
        self.init(
            destination: destination, isRefused: try reader.readFlag(), uplink: try reader.read(),
            gateway: try reader.readOptionalAddress(), source: try reader.readOptionalAddress(),
            mtu: try reader.read())
    }
}

extension NextHopConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(uplink)
        writer.write(address)
        writer.write(mac != nil)
        if let mac { writer.write(mac.value) }
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        let uplink = try reader.read(UInt16.self)
        self.init(uplink: uplink, address: try reader.readAddress(), mac: nil)
        if try reader.readFlag() { mac = try reader.readMAC() }
    }
}

extension PublishConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(number)
        writer.write(transport)
        writer.write(optional: host)
        writer.write(uplink)
        writer.write(first)
        writer.write(last)
        writer.write(domain)
        writer.write(port)
        writer.write(mac.value)
        writer.write(inside)
        writer.write(insideFirst)
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        let number = try reader.read(UInt32.self)
        let transport = try reader.read(UInt8.self)
        let host = try reader.readOptionalAddress()
        self.init(
            number: number, transport: transport, host: host, uplink: try reader.read(), first: try reader.read(),
            last: try reader.read(), domain: try reader.read(), port: try reader.read(), mac: try reader.readMAC(),
            inside: try reader.readAddress(), insideFirst: try reader.read())
        guard number != 0, first <= last, Int(insideFirst) + Int(last - first) <= 65_535 else { throw .badField }
    }
}

extension ByteWriter {
    /// The address and the prefix length.
    fileprivate mutating func write(_ prefix: IPPrefix) {
        write(prefix.address)
        write(UInt8(prefix.length))
    }

    /// A flag, and the address if there is one.
    fileprivate mutating func write(optional address: IPAddress?) {
        write(address != nil)
        if let address { write(address) }
    }
}

extension ByteReader {
    fileprivate mutating func readPrefix() throws(MessageError) -> IPPrefix {
        let address = try readAddress()
        guard let prefix = IPPrefix(address, length: Int(try read(UInt8.self))) else { throw .badField }
        return prefix
    }

    fileprivate mutating func readOptionalAddress() throws(MessageError) -> IPAddress? {
        try readFlag() ? try readAddress() : nil
    }
}
