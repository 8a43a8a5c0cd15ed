import Glibc
import Testing

@testable import DataPlane

/// A drop at a port; of a tunnel's side at port `ScriptedWorker.tunnel`.
struct CountedDrop: Hashable, CustomStringConvertible {
    var port: UInt16
    var reason: DropReason

    var description: String { "\(reason.name) at \(port)" }
}

extension ScriptedWorker {
    /// What would become of a frame; the worker must not have done anything.
    func explain(
        _ frame: [UInt8], from port: UInt16, domain: UInt16 = 0, location: SourceLocation = #_sourceLocation
    ) throws -> [ExplanationStep] {
        let memory = try #require(ExplanationMemory(frame: frame))
        _ = mailbox.takeEvents()
        let before = counted
        #expect(perform(.explain(port: port, domain: domain, memory)) == 0, sourceLocation: location)
        #expect(counted == before, sourceLocation: location)
        #expect(device.take().sent.isEmpty, sourceLocation: location)
        #expect(mailbox.takeEvents().isEmpty, sourceLocation: location)
        return memory.steps
    }

    /// Explains a frame, handles it, and compares: what is sent by which port with which head, what is dropped where and
    /// why.
    @discardableResult
    func putExplained(
        _ frame: [UInt8], into port: UInt16, _ note: Comment? = nil, location: SourceLocation = #_sourceLocation
    ) throws -> [ExplanationStep] {
        let steps = try explain(frame, from: port, location: location)
        let before = drops
        let sent = put(frame, into: port)
        expect(steps, sent, before, note, location)
        return steps
    }

    /// The same of a frame in a VTEP's datagram, which comes by the tunnel.
    @discardableResult
    func arriveExplained(
        _ frame: [UInt8], from vtep: UInt16, outer: [UInt8], _ note: Comment? = nil,
        location: SourceLocation = #_sourceLocation
    ) throws -> [ExplanationStep] {
        let steps = try explain(frame, from: vtep, domain: 1, location: location)
        let before = drops
        let sent = arrive(outer)
        expect(steps, sent, before, note, location)
        return steps
    }

    private func expect(
        _ steps: [ExplanationStep], _ sent: [ScriptedDevice.Sent], _ before: [CountedDrop: UInt64], _ note: Comment?,
        _ location: SourceLocation
    ) {
        let story = Comment(rawValue: "\(note.map { "\($0.rawValue): " } ?? "")\(steps)")
        #expect(steps.first?.kind == .arrived, story, sourceLocation: location)
        guard steps.last?.kind != .omitted else { return }
        var expected: [String: Int] = [:]
        let cut = steps.first { $0.kind == .fragmented }
        // Of a socket whose address had many flows of another endpoint's, the outside port isn't foretold.
        let isForetold = !steps.contains { $0.kind == .flow && $0.first == 0 && $0.end(1)?.port == 0 }
        for step in steps where step.kind == .sent {
            if let cut, cut.port == step.port {
                expected["\(step.port) in fragments", default: 0] += Int(cut.second)
                continue
            }
            expected["\(step.port) \(step.first) \(isForetold ? step.bytes : [])", default: 0] += 1
        }
        var real: [String: Int] = [:]
        for frame in sent {
            if frame.port == cut?.port {
                real["\(frame.port) in fragments", default: 0] += 1
                continue
            }
            // In front of an inner frame are eight bytes of VXLAN.
            let bytes = frame.name.isEmpty ? frame.frame : Array(frame.bytes.dropFirst(8))
            let head = isForetold ? Array(bytes.prefix(ExplanationStep.headLength)) : []
            real["\(frame.port) \(bytes.count) \(head)", default: 0] += 1
        }
        #expect(expected == real, story, sourceLocation: location)
        var told: [CountedDrop: UInt64] = [:]
        for step in steps where step.kind == .dropped {
            guard let reason = step.reason else { continue }
            let place = step.port >= VTEPTable.firstNumber ? Self.tunnel : step.port
            told[CountedDrop(port: place, reason: reason), default: 0] += 1
        }
        let after = drops.compactMap { (drop, count) in
            count == before[drop, default: 0] ? nil : (drop, count &- before[drop, default: 0])
        }
        #expect(told == Dictionary(uniqueKeysWithValues: after), story, sourceLocation: location)
    }

    /// All drops of ports 1…255 and of the tunnel side of domain 1.
    private var drops: [CountedDrop: UInt64] {
        var all: [CountedDrop: UInt64] = [:]
        for port in UInt16(1)...255 {
            for (reason, count) in counters(port).drops { all[CountedDrop(port: port, reason: reason)] = count }
        }
        for (reason, count) in overlayCounters().drops {
            all[CountedDrop(port: Self.tunnel, reason: reason), default: 0] += count
        }
        return all
    }

    /// A sum of all that a frame may leave in what others can read: counters, stations with their times, flows.
    private var counted: [UInt64] {
        let counters = UnsafeBufferPointer(start: tables.numbers(of: 0), count: 256 * CounterIndex.count)
        let overlays = UnsafeBufferPointer(start: tables.numbers(overlay: 0), count: 16 * CounterIndex.count)
        let flows = UnsafeRawBufferPointer(start: tables.flowMemory, count: FlowTable.bytes / 64)
        let stations = UnsafeRawBufferPointer(
            start: tables.stationMemory(worker: 0), count: SharedTables.stationTableBytes)
        return [counters.reduce(0, sum), overlays.reduce(0, sum), sum(flows), sum(stations)]
    }

    private func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        (left ^ right) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    private func sum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var total: UInt64 = 0
        for offset in stride(from: 0, to: bytes.count & ~7, by: 8) {
            total = sum(total, bytes.load(fromByteOffset: offset, as: UInt64.self))
        }
        return total
    }
}
