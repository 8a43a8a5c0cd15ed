/// Reads a message from its first byte on. Any bytes are safe. No name is ever followed through a pointer: nothing here
/// has use for what it says, and so none can lead round in a circle.
struct DNSReader {
    /// Why a message can't be read.
    enum Failure: Error, Hashable {
        /// It ends too early.
        case cut
        /// A label or a name that can't be.
        case badName
    }

    let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var left: Int { bytes.count - position }

    mutating func read8() throws(Failure) -> UInt8 {
        guard left >= 1 else { throw .cut }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func read16() throws(Failure) -> UInt16 {
        guard left >= 2 else { throw .cut }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    mutating func read32() throws(Failure) -> UInt32 {
        UInt32(try read16()) << 16 | UInt32(try read16())
    }

    mutating func skip(_ count: Int) throws(Failure) {
        guard left >= count else { throw .cut }
        position += count
    }

    /// A name without pointers, as questions have it.
    mutating func readName() throws(Failure) -> DNSName {
        let start = position
        var labels: [ArraySlice<UInt8>] = []
        while true {
            let length = Int(try read8())
            if length == 0 { break }
            // The two upper bits: a pointer, or something that was never defined.
            guard length <= DNSName.longestLabel else { throw .badName }
            guard left >= length else { throw .cut }
            labels.append(bytes[position..<position + length])
            position += length
            guard position - start < DNSName.longest else { throw .badName }
        }
        return DNSName(labels: labels)
    }

    /// Steps over a name that may end in a pointer. Whether it is the root's.
    mutating func skipName() throws(Failure) -> Bool {
        let start = position
        while true {
            let length = try read8()
            if length == 0 { return position - start == 1 }
            if length & 0xC0 == 0xC0 {
                try skip(1)
                return false
            }
            guard length <= DNSName.longestLabel else { throw .badName }
            try skip(Int(length))
            guard position - start < DNSName.longest else { throw .badName }
        }
    }
}
