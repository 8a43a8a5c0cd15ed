// Offers: `Plug`, a TCP or UDP socket with short waits.

import Glibc

/// A socket that is closed with this value. For one thread at a time.
final class Plug: @unchecked Sendable {
    // Sendable: a descriptor is all there is.

    let descriptor: Int32

    /// Takes over a descriptor.
    init(_ descriptor: Int32, wait: Duration = .seconds(5)) {
        self.descriptor = descriptor
        InternetSocket.setTimeout(descriptor, wait)
    }

    deinit {
        close(descriptor)
    }

    /// A TCP connection; nil if it isn't there in time.
    static func connect(
        from place: LabNamespace, to address: String, port: UInt16, within limit: Duration = .seconds(5)
    ) throws -> Plug? {
        try place.run {
            let plug = Plug(try InternetSocket.stream(address), wait: limit)
            do {
                try InternetSocket.connect(plug.descriptor, address, port: port)
            } catch {
                return nil
            }
            InternetSocket.setTimeout(plug.descriptor, .seconds(10))
            return plug
        }
    }

    /// A UDP socket that speaks to an address and port.
    static func datagram(from place: LabNamespace, to address: String, port: UInt16) throws -> Plug {
        try place.run {
            let plug = Plug(try InternetSocket.datagram(address))
            try InternetSocket.connect(plug.descriptor, address, port: port)
            return plug
        }
    }

    /// A listener or bound UDP socket.
    static func server(
        in place: LabNamespace, at address: String, port: UInt16, isStream: Bool
    ) throws -> Plug {
        try place.run {
            let plug = Plug(try isStream ? InternetSocket.stream(address) : InternetSocket.datagram(address))
            try InternetSocket.bind(plug.descriptor, address, port: port)
            if isStream, listen(plug.descriptor, 2_048) != 0 { throw LabError.system("listen") }
            return plug
        }
    }

    /// The next connection; nil if none comes within the time.
    func accept(within milliseconds: Int32 = 5_000) -> Plug? {
        guard isReadable(within: milliseconds) else { return nil }
        let accepted = Glibc.accept(descriptor, nil, nil)
        return accepted < 0 ? nil : Plug(accepted, wait: .seconds(10))
    }

    /// Whether there is something to read, an end included.
    func isReadable(within milliseconds: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, milliseconds) == 1
    }

    /// Sends all; the errno that came of it, or 0.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int32 {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return errno }
            sent += count
        }
        return 0
    }

    /// The next bytes; none at the end, nil at an error (see errno).
    func receive(upTo most: Int = 65_536) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: most)
        let count = recv(descriptor, &buffer, most, 0)
        return count < 0 ? nil : Array(buffer[..<count])
    }

    /// Just so many bytes; nil if they don't come.
    func receive(exactly count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = receive(upTo: count - bytes.count), !more.isEmpty else { return nil }
            bytes += more
        }
        return bytes
    }

    /// Nothing more will be sent.
    func endOutput() {
        shutdown(descriptor, Int32(SHUT_WR))
    }
}
