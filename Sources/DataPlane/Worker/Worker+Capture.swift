import Glibc

/// What frames get beside switching. Only ports that ask for it come here: see `PortState.attention`. A port's frames pass
/// its impairment between the sandbox and the captures, so that a capture shows what the switch sees.
extension Worker where IO: ~Copyable {
    /// Takes a frame that came in by a port with `attention`. False: it goes on as it is.
    @inline(never)
    mutating func attendIncoming(_ header: UnsafeMutableRawPointer, _ length: Int, port: UInt16) -> Bool {
        let attention = states[Int(port) & (SharedTables.maximumPorts &- 1)].attention
        if attention & PortState.impairedIn != 0, impairIncoming(header, length, port: port) { return true }
        guard attention & PortState.capturedIn != 0 else { return false }
        handleCaptured(header, length, port: port)
        return true
    }

    /// A frame's way from behind its port's impairment on.
    @inline(__always)
    mutating func enter(header: UnsafeMutableRawPointer, length: Int, port: UInt16) {
        if states[Int(port) & (SharedTables.maximumPorts &- 1)].attention & PortState.capturedIn != 0 {
            return handleCaptured(header, length, port: port)
        }
        handle(header: header, length: length, port: port)
    }

    /// As `handle`, with a record of the frame as it came, and of what became of it.
    @inline(never)
    private mutating func handleCaptured(_ header: UnsafeMutableRawPointer, _ length: Int, port: UInt16) {
        beginCapture(header, max(length, 0), port: port)
        let verdict = judge(header: header, length: length, port: port)
        captures.note(verdict)
        if carryOut(verdict, header: header, length: length, port: port) { captures.note(.consumed) }
        captures.finish()
    }

    /// A frame that came in by an uplink whose frames are captured.
    @inline(never)
    mutating func routeCaptured(_ header: UnsafeMutableRawPointer, _ length: Int, port: UInt16) {
        beginCapture(header, max(length, 0), port: port)
        captures.note(.routed)
        routeIncoming(header: header, length: length, port: port)
        captures.finish()
    }

    /// A frame that was cut when it was received.
    @inline(never)
    mutating func recordTruncated(_ header: UnsafeMutableRawPointer, _ length: Int, port: UInt16) {
        beginCapture(header, max(length, 0), port: port)
        captures.note(drop: .truncated)
        captures.finish()
    }

    private mutating func beginCapture(_ header: UnsafeMutableRawPointer, _ length: Int, port: UInt16) {
        let frame = CaptureTable.Frame(
            header: header, bytes: header + VirtioNetHeader.length, length: length, port: port,
            domain: forwarding.port(port).pointee.domain, isOut: false)
        captures.begin(frame, captures.mask(port: port, isOut: false))
    }

    /// Takes a frame that is to leave by a port with `attention`.
    @inline(never)
    mutating func attendOutgoing(_ frame: OutgoingFrame) {
        let attention = states[Int(frame.port) & (SharedTables.maximumPorts &- 1)].attention
        let isCaptured = attention & PortState.capturedOut != 0
        let mask = isCaptured ? captures.mask(port: frame.port, isOut: true) : 0
        if isCaptured { record(frame, mask) }
        if attention & PortState.impairedOut != 0 {
            // What the impairment loses, the record says; a super-frame's packets each have a fate of their own.
            impairments.captured = frame.isSuperframe ? 0 : mask
            let isTaken = impairOutgoing(frame)
            impairments.captured = 0
            if isTaken { return }
        }
        if !put(frame), isCaptured { captures.fail(mask, .egressFull) }
    }

    /// Takes a frame in many pieces that is to leave by a port with `attention`. False: it goes out as it is.
    @inline(never)
    mutating func attendOutgoing(_ message: OutgoingMessage) -> Bool {
        let attention = states[Int(message.port) & (SharedTables.maximumPorts &- 1)].attention
        if attention & PortState.capturedOut != 0 { record(message) }
        return attention & PortState.impairedOut != 0 && impairOutgoing(message)
    }

    /// Records a frame that goes nowhere at its way out.
    @inline(never)
    mutating func recordRefused(
        _ header: UnsafeRawPointer, _ frame: UnsafeRawPointer, _ length: Int, by port: UInt16, _ reason: DropReason
    ) {
        let refused = CaptureTable.Frame(
            header: header, bytes: frame, length: length, port: port, domain: forwarding.port(port).pointee.domain,
            isOut: true)
        captures.record(outgoing: refused, captures.mask(port: port, isOut: true), drop: reason)
    }

    private mutating func record(_ frame: OutgoingFrame, _ mask: UInt16) {
        let count = frame.headCount &+ frame.restCount
        guard count >= VirtioNetHeader.length, frame.headCount >= VirtioNetHeader.length,
            count <= SlotMemory.capacity
        else { return }
        var bytes = frame.head + VirtioNetHeader.length
        if frame.restCount > 0 {
            // The filter wants it in one piece.
            captures.whole.copyMemory(from: frame.head, byteCount: frame.headCount)
            (captures.whole + frame.headCount).copyMemory(from: frame.rest, byteCount: frame.restCount)
            bytes = UnsafeRawPointer(captures.whole) + VirtioNetHeader.length
        }
        let outgoing = CaptureTable.Frame(
            header: frame.head, bytes: bytes, length: count &- VirtioNetHeader.length, port: frame.port,
            domain: forwarding.port(frame.port).pointee.domain, isOut: true)
        captures.record(outgoing: outgoing, mask)
    }

    private mutating func record(_ message: OutgoingMessage) {
        let count = gather(message.message)
        guard count >= VirtioNetHeader.length else { return }
        let outgoing = CaptureTable.Frame(
            header: captures.whole, bytes: UnsafeRawPointer(captures.whole) + VirtioNetHeader.length,
            length: count &- VirtioNetHeader.length, port: message.port,
            domain: forwarding.port(message.port).pointee.domain, isOut: true)
        captures.record(outgoing: outgoing, captures.mask(port: message.port, isOut: true))
    }

    /// Puts what a message has in pieces into `captures.whole`: how many bytes; 0: too many.
    func gather(_ message: UnsafeMutablePointer<msghdr>) -> Int {
        guard let vectors = message.pointee.msg_iov else { return 0 }
        var count = 0
        var position = 0
        while position < message.pointee.msg_iovlen {
            if let base = vectors[position].iov_base {
                let length = vectors[position].iov_len
                guard count &+ length <= SlotMemory.capacity else { return 0 }
                (captures.whole + count).copyMemory(from: base, byteCount: length)
                count &+= length
            }
            position &+= 1
        }
        return count
    }
}
