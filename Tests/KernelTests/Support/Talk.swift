// Offers: `Talk`, real protocols between two sandboxes: ICMP echo with every byte compared, and TCP with every byte
// compared.

import Addresses
import Glibc

/// Traffic of the kernel's own protocols from one namespace to another. Sockets stay in the namespace that they were made
/// in, so that any thread can use them.
enum Talk {
    /// Sends echo requests one by one; throws unless each is answered, byte for byte, within a second.
    static func ping(from sandbox: LabNamespace, to address: IPv4Address, count: Int = 10, payload: Int = 56) throws {
        let socket = try sandbox.run { Glibc.socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_ICMP)) }
        guard socket >= 0 else { throw SetupError("cannot open a socket for ICMP: error \(errno)") }
        defer { close(socket) }
        let identifier = UInt64(UInt16.random(in: .min ... .max))
        for number in 0..<count {
            let data = (0..<payload).map { UInt8(truncatingIfNeeded: $0 + number) }
            var request: [UInt8] = [8, 0, 0, 0] + Frames.big(identifier, 2) + Frames.big(UInt64(number), 2) + data
            let sum = Frames.checksum(request)
            request.replaceSubrange(2..<4, with: Frames.big(UInt64(sum), 2))
            var target = socketAddress(address, 0)
            let sent = withUnsafePointer(to: &target) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(socket, request, request.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard sent == request.count else { throw SetupError("cannot ping \(address): error \(errno)") }
            // The answer differs in its type and checksum alone.
            let expected = Array(request[4...])
            guard awaitReply(socket, expected) else { throw SetupError("no answer from \(address) to ping \(number)") }
        }
    }

    private static func awaitReply(_ socket: Int32, _ expected: [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 66_000)
        var state = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while poll(&state, 1, 1_000) == 1 {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count >= 28 else { continue }
            let header = Int(buffer[0] & 15) * 4
            guard buffer[header] == 0, Array(buffer[(header + 4)..<count]) == expected else { continue }
            return true
        }
        return false
    }

    /// Sends bytes over one TCP connection and compares them all at the other end; throws if any is missing or wrong, or
    /// nothing moves for ten seconds.
    static func transfer(
        from client: LabNamespace, to server: LabNamespace, at address: IPv4Address, bytes: Int
    ) throws {
        let listener = try server.run { try listen() }
        defer { close(listener.descriptor) }
        let receiving = try SideThread {
            var state = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, 10_000) == 1 else { throw SetupError("nobody connects to \(address)") }
            let descriptor = accept(listener.descriptor, nil, nil)
            guard descriptor >= 0 else { throw SetupError("cannot accept: error \(errno)") }
            defer { close(descriptor) }
            try check(descriptor, bytes)
        }
        let sending = try client.run { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { close(sending) }
        setTimeout(sending)
        var target = socketAddress(address, listener.port)
        let connected = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(sending, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SetupError("cannot connect to \(address): error \(errno)") }
        var sent = 0
        while sent < bytes {
            // The pattern's period is prime to all powers of two, so that a piece in the wrong place is seen.
            let start = sent % pattern.count
            let count = pattern.withUnsafeBytes { source in
                Glibc.send(
                    sending, source.baseAddress.map { $0 + start }, min(pattern.count - start, bytes - sent),
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SetupError("cannot send to \(address): error \(errno)") }
            sent += count
        }
        shutdown(sending, Int32(SHUT_WR))
        try receiving.join()
    }

    private static let pattern: [UInt8] = {
        var random = Seeded(77)
        return (0..<1_000_003).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }()

    private static func check(_ descriptor: Int32, _ bytes: Int) throws {
        setTimeout(descriptor)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var received = 0
        while true {
            let start = received % pattern.count
            let count = recv(descriptor, &buffer, min(buffer.count, pattern.count - start), 0)
            guard count >= 0 else { throw SetupError("after \(received) of \(bytes) bytes: error \(errno)") }
            if count == 0 { break }
            let isSame = pattern.withUnsafeBytes { source in
                source.baseAddress.map { memcmp($0 + start, buffer, count) == 0 } ?? false
            }
            guard isSame else { throw SetupError("wrong bytes behind \(received)") }
            received += count
        }
        guard received == bytes else { throw SetupError("\(received) of \(bytes) bytes arrived") }
    }

    private static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SetupError("cannot open a socket: error \(errno)") }
        var own = socketAddress(IPv4Address(value: 0), 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &own) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) != 0 || Glibc.listen(descriptor, 1) != 0
                    || getsockname(descriptor, $0, &length) != 0
            }
        }
        guard !failed else {
            close(descriptor)
            throw SetupError("cannot listen: error \(errno)")
        }
        return (descriptor, UInt16(bigEndian: own.sin_port))
    }

    private static func setTimeout(_ descriptor: Int32) {
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static func socketAddress(_ address: IPv4Address, _ port: UInt16) -> sockaddr_in {
        var result = sockaddr_in()
        result.sin_family = sa_family_t(AF_INET)
        result.sin_port = port.bigEndian
        result.sin_addr.s_addr = address.value.bigEndian
        return result
    }
}
