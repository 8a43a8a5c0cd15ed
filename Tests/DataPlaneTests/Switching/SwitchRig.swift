import DataPlane

/// A table that could not be made.
struct RigError: Error {}

/// A station table in memory of its own.
final class TableRig {
    let memory: UnsafeMutableRawPointer
    let byteCount: Int
    var table: StationTable

    init(
        capacity: Int = 1024, portCap: UInt32 = StationTable.defaultPortCap,
        seed: (UInt64, UInt64) = (0x1234_5678_9ABC_DEF0, 0x0FED_CBA9_8765_4321)
    ) throws {
        let byteCount = StationTable.bytes(capacity: capacity)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        guard
            let table = StationTable(
                formatting: memory, byteCount: byteCount, capacity: capacity, portCap: portCap, seed: seed)
        else {
            memory.deallocate()
            throw RigError()
        }
        self.memory = memory
        self.byteCount = byteCount
        self.table = table
    }

    deinit {
        memory.deallocate()
    }
}

/// A switch with frames put in by hand.
final class SwitchRig {
    let memory: UnsafeMutableRawPointer
    var forwarding: Switch
    var now: UInt32 = 1_000_000

    /// Makes a switch with one domain, 1, of the ports given.
    init(ports: [UInt16] = [], capacity: Int = 1024) throws {
        let byteCount = StationTable.bytes(capacity: capacity)
        memory = .allocate(byteCount: byteCount, alignment: 64)
        guard let table = StationTable(formatting: memory, byteCount: byteCount, capacity: capacity) else {
            memory.deallocate()
            throw RigError()
        }
        forwarding = Switch(stations: table)
        forwarding.addDomain(1, ageingMilliseconds: 300_000)
        for port in ports {
            forwarding.setPort(port, domain: 1)
        }
    }

    deinit {
        memory.deallocate()
    }

    /// Where a frame went: the ports it left by with what left, and why it was dropped where it was.
    struct Outcome: Equatable {
        var verdict: Verdict.Kind
        var reason: DropReason = .none
        /// What was sent by each port, from the destination address on.
        var sent: [UInt16: [UInt8]] = [:]
        /// Drops at egress ports.
        var egressDrops: [UInt16: DropReason] = [:]

        var ports: [UInt16] { sent.keys.sorted() }
    }

    /// One frame's verdict.
    func verdict(
        _ frame: [UInt8], from ingress: UInt16, header: [UInt8] = TestFrames.vnet()
    ) -> Verdict {
        let slot = ExactBytes(header + frame)
        return forwarding.verdict(ingress: ingress, header: slot.start, length: frame.count, now: now)
    }

    /// One frame all the way, as a worker drives it.
    func put(
        _ frame: [UInt8], into ingress: UInt16, header: [UInt8] = TestFrames.vnet()
    ) -> Outcome {
        let slot = ExactBytes(header + frame)
        let verdict = forwarding.verdict(ingress: ingress, header: slot.start, length: frame.count, now: now)
        var outcome = Outcome(verdict: verdict.kind, reason: verdict.reason)
        switch verdict.kind {
        case .drop, .tunnel, .route: break
        case .forward: send(slot, by: verdict.port, from: ingress, verdict, &outcome)
        case .flood:
            for member in forwarding.floodMembers(verdict.domain) {
                send(slot, by: member, from: ingress, verdict, &outcome)
            }
        }
        return outcome
    }

    private func send(
        _ slot: borrowing ExactBytes, by port: UInt16, from ingress: UInt16, _ verdict: Verdict,
        _ outcome: inout Outcome
    ) {
        let length = slot.count - VirtioNetHeader.length
        let action = forwarding.egress(to: port, from: ingress, verdict: verdict, length: length)
        let frame = Array(slot.bytes.dropFirst(VirtioNetHeader.length))
        switch action.kind {
        case .skip: break
        case .drop: outcome.egressDrops[port] = action.reason
        case .passUnchanged: outcome.sent[port] = frame
        case .pushTag, .popTag, .setTag:
            let scratch = ExactBytes([UInt8](repeating: 0, count: TagRewrite.scratchLength))
            let rewrite = TagRewrite.write(action, header: slot.start, length: length, into: scratch.start)
            let front = scratch.bytes[VirtioNetHeader.length..<max(VirtioNetHeader.length, rewrite.count)]
            outcome.sent[port] = Array(front) + frame.dropFirst(rewrite.skip)
        }
    }
}
