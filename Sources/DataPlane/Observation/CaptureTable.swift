import Glibc

/// All captures of a worker, and which ports they want. Allocates when one begins, never for a frame.
struct CaptureTable: ~Copyable {
    /// What is captured: a frame's bytes, and what is known of it beside them.
    struct Frame {
        /// virtio_net_hdr.
        var header: UnsafeRawPointer
        /// From the destination address on, in one piece.
        var bytes: UnsafeRawPointer
        var available: Int
        var length: Int
        /// 0: the tunnel side of `domain`.
        var port: UInt16
        var domain: UInt16
        var isOut: Bool

        @inline(__always)
        init(
            header: UnsafeRawPointer, bytes: UnsafeRawPointer, length: Int, port: UInt16, domain: UInt16, isOut: Bool
        ) {
            self.header = header
            self.bytes = bytes
            available = length
            self.length = length
            self.port = port
            self.domain = domain
            self.isOut = isOut
        }
    }

    /// What became of a frame.
    struct Outcome {
        var verdict = CaptureVerdict.unknown
        var reason = DropReason.none
        var target: UInt16 = 0

        @inline(__always)
        init(_ verdict: CaptureVerdict = .unknown, reason: DropReason = .none, target: UInt16 = 0) {
            self.verdict = verdict
            self.reason = reason
            self.target = target
        }
    }

    /// Captures that a worker can run.
    static var capacity: Int { @_noAllocation @_noLocks get { CaptureConfiguration.mostAtOnce } }
    /// PACKET_HOST and PACKET_OUTGOING (linux/if_packet.h): what "inbound" and "outbound" of the filter language ask for.
    private static var incomingPacket: UInt32 { @_noAllocation @_noLocks get { 0 } }
    private static var outgoingPacket: UInt32 { @_noAllocation @_noLocks get { 4 } }
    /// Records that are looked at for the one whose sending failed.
    private static var longestSearch: Int { @_noAllocation @_noLocks get { 4_096 } }

    private let slots: UnsafeMutablePointer<UnsafeMutablePointer<RunningCapture>?>
    /// A mask for each port and direction.
    private let ports: UnsafeMutablePointer<UInt16>
    /// A mask for each domain's tunnel side and direction.
    private let tunnels: UnsafeMutablePointer<UInt16>
    /// How many there are.
    private(set) var count = 0
    /// Captures that the tunnel sides of some domains are wanted by.
    private(set) var wantsTunnels = false
    /// Some record isn't published.
    private(set) var hasUnpublished = false
    /// Which captures have a record of the frame that is being handled.
    private var open: UInt16 = 0
    /// The number of the frame that is being handled; 0: none that is captured.
    private(set) var number: UInt64 = 0
    private var lastNumber: UInt64 = 0
    private var suspended: UInt64 = 0
    /// What becomes of it.
    var outcome = Outcome()
    /// Where a frame that lies in pieces is put together.
    let whole: UnsafeMutableRawPointer

    init() {
        slots = zeroed(UnsafeMutablePointer<RunningCapture>?.self, count: Self.capacity)
        ports = zeroed(UInt16.self, count: 2 * SharedTables.maximumPorts)
        tunnels = zeroed(UInt16.self, count: 2 * SharedTables.maximumDomains)
        whole = .allocate(byteCount: SlotMemory.stride, alignment: 64)
    }

    deinit {
        for index in 0..<Self.capacity {
            guard let slot = slots[index] else { continue }
            slot.deinitialize(count: 1)
            slot.deallocate()
        }
        Glibc.free(slots)
        Glibc.free(ports)
        Glibc.free(tunnels)
        whole.deallocate()
    }

    @inline(__always)
    private func slot(_ index: Int) -> UnsafeMutablePointer<RunningCapture>? { slots[index & (Self.capacity &- 1)] }

    /// Which captures want a port's frames in a direction.
    @inline(__always)
    func mask(port: UInt16, isOut: Bool) -> UInt16 {
        ports[(Int(port) & (SharedTables.maximumPorts &- 1)) &* 2 &+ (isOut ? 1 : 0)]
    }

    /// Which captures want what a domain's tunnel side brings or takes.
    @inline(__always)
    func mask(tunnel domain: UInt16, isOut: Bool) -> UInt16 {
        tunnels[(Int(domain) & (SharedTables.maximumDomains &- 1)) &* 2 &+ (isOut ? 1 : 0)]
    }
}

/// What happens with a frame.
extension CaptureTable {
    /// Records a frame that came in, and is handled up to `finish`.
    mutating func begin(_ frame: Frame, _ mask: UInt16) {
        lastNumber &+= 1
        number = lastNumber
        outcome = Outcome()
        open = 0
        var left = mask
        while left != 0 {
            let index = left.trailingZeroBitCount
            left &= left &- 1
            guard let slot = slot(index) else { continue }
            slot.pointee.incoming = record(frame, slot)
            if slot.pointee.incoming != nil { open |= 1 << UInt16(truncatingIfNeeded: index) }
        }
    }

    /// What becomes of the frame that is being handled; the last word counts.
    @inline(__always)
    mutating func note(_ verdict: CaptureVerdict, target: UInt16 = 0) {
        outcome = Outcome(verdict, target: target)
    }

    /// What the switch says of the frame that is being handled.
    @inline(__always)
    mutating func note(_ verdict: Verdict) {
        switch verdict.kind {
        case .drop: note(drop: verdict.reason)
        case .forward: note(.forwarded, target: verdict.port)
        case .flood: note(.flooded)
        case .tunnel: note(.tunnelled, target: verdict.port)
        case .route: note(.routed)
        }
    }

    /// The frame that is being handled goes nowhere.
    @inline(__always)
    mutating func note(drop reason: DropReason) {
        outcome = Outcome(.dropped, reason: reason)
    }

    /// The frame has been handled: its records say what became of it.
    mutating func finish() {
        number = 0
        while open != 0 {
            let index = open.trailingZeroBitCount
            open &= open &- 1
            guard let slot = slot(index), let position = slot.pointee.incoming else { continue }
            slot.pointee.incoming = nil
            write(slot, position, outcome)
        }
    }

    /// Other frames are sent on in between, until `resume`. False: none is being handled.
    mutating func suspend() -> Bool {
        guard number != 0 else { return false }
        suspended = number
        number = 0
        return true
    }

    /// Goes on after `suspend`.
    mutating func resume() {
        number = suspended
        suspended = 0
    }

    /// Whether a frame whose records are open waits for others.
    var isSuspended: Bool { suspended != 0 }

    /// Records a frame that goes out.
    mutating func record(outgoing frame: Frame, _ mask: UInt16, drop reason: DropReason = .none, target: UInt16 = 0) {
        var left = mask
        while left != 0 {
            let index = left.trailingZeroBitCount
            left &= left &- 1
            guard let slot = slot(index) else { continue }
            slot.pointee.outgoing = record(frame, slot)
            guard let position = slot.pointee.outgoing else { continue }
            write(slot, position, Outcome(reason.isDrop ? .dropped : .sent, reason: reason, target: target))
        }
    }

    /// The frame that was recorded last for these captures doesn't go out after all.
    mutating func fail(_ mask: UInt16, _ reason: DropReason) {
        var left = mask
        while left != 0 {
            let index = left.trailingZeroBitCount
            left &= left &- 1
            guard let slot = slot(index), let position = slot.pointee.outgoing else { continue }
            write(slot, position, Outcome(.dropped, reason: reason))
        }
    }

    /// A frame that was given to the I/O was refused: the oldest of that port and length that isn't known to have gone.
    mutating func fail(port: UInt16, length: Int, _ reason: DropReason) {
        var left = mask(port: port, isOut: true)
        while left != 0 {
            let index = left.trailingZeroBitCount
            left &= left &- 1
            guard let slot = slot(index) else { continue }
            var position = max(slot.pointee.writer.published, slot.pointee.failed)
            var looked = 0
            while looked < Self.longestSearch, position < slot.pointee.writer.head {
                looked &+= 1
                let place = UnsafeRawPointer(slot.pointee.writer.place(position))
                let next = position &+ slot.pointee.writer.size(position)
                if place.byte(at: 4) == CaptureRecordLayout.frame, place.byte(at: 5) == CaptureRecordLayout.outgoing,
                    place.byte(at: 6) == CaptureVerdict.sent.rawValue, place.native16(at: 24) == port,
                    Int(place.native32(at: 16)) == length
                {
                    write(slot, position, Outcome(.dropped, reason: reason))
                    slot.pointee.failed = next
                    break
                }
                position = next
            }
        }
    }

    /// Before a batch is handled: what was recorded before has been sent, or is about to be told to have failed.
    mutating func settle() {
        for index in 0..<Self.capacity {
            guard let slot = slot(index) else { continue }
            slot.pointee.settled = slot.pointee.writer.head
        }
    }

    /// After it was handled: what is known is the reader's.
    mutating func publish() {
        hasUnpublished = false
        for index in 0..<Self.capacity {
            guard let slot = slot(index) else { continue }
            slot.pointee.writer.publish(to: slot.pointee.settled)
            if slot.pointee.writer.published != slot.pointee.writer.head { hasUnpublished = true }
        }
    }

    /// Records a frame if the filter wants it; its position, or nil.
    private mutating func record(_ frame: Frame, _ slot: UnsafeMutablePointer<RunningCapture>) -> UInt64? {
        let wanted = wanted(frame, slot)
        guard wanted != 0 else { return nil }
        let captured = min(min(frame.available, slot.pointee.snapLength), Int(wanted))
        guard captured >= 0, let position = slot.pointee.writer.reserve(captured: captured) else { return nil }
        if !frame.isOut, slot.pointee.isFollowing { slot.pointee.left &-= 1 }
        hasUnpublished = true
        // Invariant: `reserve` gave room for the header and so many bytes.
        let place = slot.pointee.writer.place(position)
        place.storeByte(frame.isOut ? CaptureRecordLayout.outgoing : CaptureRecordLayout.incoming, at: 5)
        place.storeNative16(0, at: 6)
        place.storeNative64(UInt64(bitPattern: realtimeNanoseconds()), at: 8)
        place.storeBytes(of: UInt32(truncatingIfNeeded: frame.length), toByteOffset: 16, as: UInt32.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: captured), toByteOffset: 20, as: UInt32.self)
        place.storeNative16(frame.port, at: 24)
        place.storeNative16(0, at: 26)
        place.storeNative16(frame.domain, at: 28)
        place.storeNative16(0, at: 30)
        place.storeNative64(number, at: 32)
        (place + 40).copyMemory(from: frame.header, byteCount: VirtioNetHeader.length)
        place.storeNative16(0, at: 50)
        (place + CaptureRecordLayout.headerLength).copyMemory(from: frame.bytes, byteCount: captured)
        return position
    }

    /// How many bytes of a frame a capture wants; 0: it doesn't want it.
    @inline(__always)
    private func wanted(_ frame: Frame, _ slot: UnsafeMutablePointer<RunningCapture>) -> UInt32 {
        if slot.pointee.isFollowing {
            // What leaves of a frame that is followed may be another packet: translated, say.
            if frame.isOut { return slot.pointee.incoming == nil || number == 0 ? 0 : .max }
            if slot.pointee.left == 0 { return 0 }
        }
        let around = FilterProgram.Surroundings(packetType: frame.isOut ? Self.outgoingPacket : Self.incomingPacket)
        return slot.pointee.filter.run(frame.bytes, available: frame.available, length: frame.length, around)
    }

    @inline(__always)
    private func write(_ slot: UnsafeMutablePointer<RunningCapture>, _ position: UInt64, _ outcome: Outcome) {
        let place = slot.pointee.writer.place(position)
        place.storeByte(outcome.verdict.rawValue, at: 6)
        place.storeByte(outcome.reason.rawValue, at: 7)
        place.storeNative16(outcome.target, at: 26)
    }
}

/// What happens when captures begin and end, and ports come and go.
extension CaptureTable {
    /// Begins a capture: 0, ENOSPC (there are as many as can be) or EINVAL (see `RunningCapture`).
    mutating func start(_ configuration: CaptureConfiguration, _ memory: CaptureMemory) -> Int32 {
        guard let index = (0..<Self.capacity).first(where: { slots[$0] == nil }) else { return ENOSPC }
        guard let capture = RunningCapture(configuration, memory) else { return EINVAL }
        let place = UnsafeMutablePointer<RunningCapture>.allocate(capacity: 1)
        place.initialize(to: capture)
        slots[index] = place
        count += 1
        setTunnel(index, configuration, isSet: true)
        return 0
    }

    /// Ends a capture: what it has recorded is the reader's. False: there is none of that number.
    mutating func stop(_ number: UInt32) -> Bool {
        for index in 0..<Self.capacity {
            guard let slot = slots[index], slot.pointee.configuration.number == number else { continue }
            slot.pointee.writer.publish(to: slot.pointee.writer.head)
            for place in 0..<(2 * SharedTables.maximumPorts) { ports[place] &= ~(1 << UInt16(index)) }
            setTunnel(index, slot.pointee.configuration, isSet: false)
            slot.deinitialize(count: 1)
            slot.deallocate()
            slots[index] = nil
            count -= 1
            // Nobody publishes without captures, and the worker's waits must not stay short.
            if count == 0 { hasUnpublished = false }
            return true
        }
        return false
    }

    /// A port is there, in a domain: the captures that want it get it.
    mutating func add(port: UInt16, domain: UInt16) {
        forget(port: port)
        for index in 0..<Self.capacity {
            guard let slot = slots[index] else { continue }
            let isWanted = slot.pointee.configuration.wants(port: port, domain: domain)
            let place = Int(port) * 2
            if isWanted, slot.pointee.configuration.isIn { ports[place] |= 1 << UInt16(index) }
            if slot.pointee.isFollowing || isWanted && slot.pointee.configuration.isOut {
                ports[place + 1] |= 1 << UInt16(index)
            }
        }
    }

    /// A port is gone.
    mutating func forget(port: UInt16) {
        ports[Int(port) * 2] = 0
        ports[Int(port) * 2 + 1] = 0
    }

    private mutating func setTunnel(_ index: Int, _ configuration: CaptureConfiguration, isSet: Bool) {
        let bit: UInt16 = 1 << UInt16(index)
        if configuration.followed != 0 {
            for domain in 0..<SharedTables.maximumDomains {
                let place = domain * 2 + 1
                tunnels[place] = isSet ? tunnels[place] | bit : tunnels[place] & ~bit
            }
        }
        defer { wantsTunnels = (0..<(2 * SharedTables.maximumDomains)).contains { tunnels[$0] != 0 } }
        guard configuration.port == 0 else { return }
        let place = Int(configuration.domain) & (SharedTables.maximumDomains - 1)
        if configuration.isIn { tunnels[place * 2] = isSet ? tunnels[place * 2] | bit : tunnels[place * 2] & ~bit }
        if configuration.isOut {
            tunnels[place * 2 + 1] = isSet ? tunnels[place * 2 + 1] | bit : tunnels[place * 2 + 1] & ~bit
        }
    }
}
