import Glibc

/// Bytes through one TCP connection between sandboxes, compared on arrival.
enum CheckedStream {
    /// Carries so many bytes; how many of them arrived as they were, up to the first that didn't.
    static func carry(
        _ count: Int, from source: TestSandbox, to target: TestSandbox, _ address: String, port: UInt16 = 7_010
    ) throws -> Int {
        let listening = try target.inside { try InternetSocket.stream(address) }
        defer { close(listening) }
        try InternetSocket.bind(listening, address, port: port)
        guard listen(listening, 1) == 0 else { throw LabError.system("listen") }
        let sending = try source.inside { try InternetSocket.stream(address) }
        defer { close(sending) }
        InternetSocket.setTimeout(sending, .seconds(20))
        InternetSocket.setTimeout(listening, .seconds(20))
        try InternetSocket.connect(sending, address, port: port)
        let receiving = accept(listening, nil, nil)
        guard receiving >= 0 else { throw LabError.system("accept") }
        defer { close(receiving) }
        InternetSocket.setTimeout(receiving, .seconds(20))
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 11) }
        var sent = 0
        var arrived = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        // By turns, in one thread: what can be written is, and what has come is read.
        while arrived < count {
            var descriptors = [
                pollfd(fd: sending, events: sent < count ? Int16(POLLOUT) : 0, revents: 0),
                pollfd(fd: receiving, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, 20_000) > 0 else { return arrived }
            if descriptors[0].revents & Int16(POLLOUT) != 0 {
                let end = min(count, sent + 1 << 18)
                let taken = bytes[sent..<end].withUnsafeBytes {
                    Glibc.send(sending, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT.rawValue))
                }
                if taken > 0 { sent += taken }
            }
            guard descriptors[1].revents != 0 else { continue }
            let length = recv(receiving, &buffer, buffer.count, Int32(MSG_DONTWAIT.rawValue))
            guard length > 0 else { return arrived }
            guard arrived + length <= count, buffer[..<length].elementsEqual(bytes[arrived..<arrived + length]) else {
                return arrived
            }
            arrived += length
        }
        return arrived
    }
}
