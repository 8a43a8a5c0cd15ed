import Glibc

/// A TCP connection between two sandboxes.
final class LabConnection {
    /// The client's end.
    let near: Int32
    /// The server's end.
    private(set) var far: Int32

    /// Connects `source` to a server in `target` that has `address`; by way of another address and port, if told so.
    init(
        from source: TestSandbox, to target: TestSandbox, _ address: String, port: UInt16 = 7_008,
        by way: String? = nil, _ wayPort: UInt16 = 0
    ) throws {
        let listener = try target.inside { try InternetSocket.stream(address) }
        defer { close(listener) }
        try InternetSocket.bind(listener, address, port: port)
        InternetSocket.setTimeout(listener, .seconds(10))
        guard listen(listener, 4) == 0 else { throw LabError.system("listen") }
        let client = try source.inside { try InternetSocket.stream(address) }
        InternetSocket.setTimeout(client, .seconds(10))
        do {
            try InternetSocket.connect(client, way ?? address, port: way == nil ? port : wayPort)
        } catch {
            close(client)
            throw error
        }
        near = client
        far = accept(listener, nil, nil)
        guard far >= 0 else { throw LabError.system("accept") }
        InternetSocket.setTimeout(far, .seconds(10))
        var one: Int32 = 1
        for end in [near, far] { setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4) }
    }

    deinit {
        abort(near)
        closeFar()
    }

    /// Closes the server's end.
    func closeFar() {
        if far >= 0 { abort(far) }
        far = -1
    }

    /// Closes without a goodbye: one that is not answered, for the switch is gone, would keep its namespace for minutes.
    private func abort(_ end: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(end, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(end)
    }

    /// Sends a few bytes there and back; how long that took. Throws if it fails or the connection is dead.
    func exchange() throws -> Duration {
        let begun = ContinuousClock.now
        var question = UInt64.random(in: 0 ... .max)
        for (from, to) in [(near, far), (far, near)] {
            guard send(from, &question, 8, Int32(MSG_NOSIGNAL)) == 8 else { throw LabError.system("send") }
            var answer: UInt64 = 0
            guard recv(to, &answer, 8, Int32(MSG_WAITALL)) == 8 else { throw LabError.system("receive") }
            guard answer == question else { throw LabError("other bytes came out of the connection") }
        }
        return .now - begun
    }
}
