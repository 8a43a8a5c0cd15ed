import Addresses

/// One attribute. Its payload points into the datagram and is valid as long as that is.
struct NetlinkAttribute {
    /// Without the flag bits.
    var type: UInt16
    var payload: UnsafeRawBufferPointer

    /// The payload's first bytes as a number in host order.
    func number<Number: FixedWidthInteger>(as type: Number.Type = Number.self) throws(NetlinkFormatError) -> Number {
        guard payload.count >= MemoryLayout<Number>.size else {
            throw NetlinkFormatError("attribute \(self.type) has \(payload.count) bytes")
        }
        return try payload.number(at: 0, of: "an attribute")
    }

    /// Text up to the first zero byte or the payload's end; bytes that are no UTF-8 become U+FFFD.
    var text: String {
        String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The MAC address; nil if the link has addresses of another size.
    var macAddress: MACAddress? {
        MACAddress(octets: payload)
    }

    /// The IP address, whose size must be 4 or 16.
    func ipAddress() throws(NetlinkFormatError) -> IPAddress {
        guard let address = IPAddress(octets: payload) else {
            throw NetlinkFormatError("attribute \(type) should be an IP address and has \(payload.count) bytes")
        }
        return address
    }

    /// The attributes inside.
    var nested: AttributeReader { AttributeReader(payload) }
}

/// Walks over attributes.
struct AttributeReader {
    private var bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next attribute; nil at the end. Fewer bytes than a header are padding. After an error there is no next one.
    mutating func next() throws(NetlinkFormatError) -> NetlinkAttribute? {
        guard bytes.count >= WireFormat.attributeHeaderSize else { return nil }
        let rest = bytes
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        let length = Int(try rest.number(at: 0, as: UInt16.self, of: "an attribute"))
        let type = try rest.number(at: 2, as: UInt16.self, of: "an attribute")
        guard length >= WireFormat.attributeHeaderSize, length <= rest.count else {
            throw NetlinkFormatError("an attribute says that it has \(length) of \(rest.count) bytes")
        }
        bytes = UnsafeRawBufferPointer(rebasing: rest[min(WireFormat.aligned(length), rest.count)...])
        return NetlinkAttribute(
            type: type & WireFormat.attributeTypeMask,
            payload: UnsafeRawBufferPointer(rebasing: rest[WireFormat.attributeHeaderSize..<length]))
    }
}
