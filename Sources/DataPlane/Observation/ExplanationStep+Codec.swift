public import Addresses

extension ExplanationStep {
    func write(to writer: inout ByteWriter) {
        writer.write(kind.rawValue)
        writer.write(port)
        writer.write(reason?.rawValue ?? 0)
        writer.write(first)
        writer.write(second)
        let shown = bytes.prefix(Self.headLength)
        writer.write(UInt8(shown.count))
        writer.write(raw: Array(shown))
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        guard let kind = ExplanationKind(rawValue: try reader.read()) else { throw .badField }
        let port = try reader.read(UInt16.self)
        guard let reason = DropReason(rawValue: try reader.read()) else { throw .badField }
        let first = try reader.read(UInt64.self)
        let second = try reader.read(UInt64.self)
        let count = Int(try reader.read(UInt8.self))
        guard count <= Self.headLength else { throw .badField }
        self.init(
            kind, port: port, reason: reason == .none ? nil : reason, first: first, second: second,
            bytes: try reader.readRaw(count))
    }
}

extension ExplanationStep {
    /// Of `impairedIn` and `impairedOut`: what would be done to its packets; nil: of another kind.
    public var impairment: ImpairmentSettings? {
        guard kind == .impairedIn || kind == .impairedOut else { return nil }
        return bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return try? ImpairmentSettings(from: &reader)
        }
    }

    /// The IP address at a place of `bytes`, with a port behind it if `hasPort`; nil: there is none.
    public func end(_ index: Int, hasPort: Bool = true) -> (address: IPAddress, port: UInt16)? {
        let size = hasPort ? 18 : 16
        guard index >= 0, bytes.count >= (index + 1) * size else { return nil }
        let place = index * size
        func word(_ offset: Int) -> UInt64 {
            bytes[(place + offset)..<(place + offset + 8)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let port = hasPort ? UInt16(bytes[place + 16]) << 8 | UInt16(bytes[place + 17]) : 0
        return (IPAddress(high: word(0), low: word(8)), port)
    }
}
