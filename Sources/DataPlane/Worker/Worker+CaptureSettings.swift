import Glibc

/// Not on a frame's path.
extension Worker where IO: ~Copyable {
    /// Begins a capture of a port, or of all ports of a domain; 0 or an errno.
    mutating func start(_ capture: CaptureConfiguration, _ memory: CaptureMemory) -> Int32 {
        let result = captures.start(capture, memory)
        if result == 0 { watchCaptured() }
        return result
    }

    /// Ends a capture.
    mutating func stopCapture(_ number: UInt32) -> Int32 {
        guard captures.stop(number) else { return ENOENT }
        watchCaptured()
        return 0
    }

    /// The captures have changed: every port's frames are looked at by those that want them.
    private mutating func watchCaptured() {
        for port in 1..<SharedTables.maximumPorts where states[port].life == .present {
            watchCaptured(UInt16(port))
        }
    }

    /// Has a port's frames looked at by the captures that want them.
    mutating func watchCaptured(_ port: UInt16) {
        captures.add(port: port, domain: forwarding.port(port).pointee.domain)
        var attention = states[Int(port)].attention & ~(PortState.capturedIn | PortState.capturedOut)
        if captures.mask(port: port, isOut: false) != 0 { attention |= PortState.capturedIn }
        if captures.mask(port: port, isOut: true) != 0 { attention |= PortState.capturedOut }
        states[Int(port)].attention = attention
    }
}
