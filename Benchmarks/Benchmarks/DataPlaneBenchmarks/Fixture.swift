import DataPlane

/// Frames in slots, and a switch that knows their senders.
final class Fixture {
    static let stride = 2048
    static let firstStation: UInt64 = 0x0200_0A00_0000

    private let tableMemory: UnsafeMutableRawPointer
    /// Slot after slot, `stride` bytes apart: virtio_net_hdr, frame.
    let slots: UnsafeMutableRawPointer
    let scratch: UnsafeMutableRawPointer
    let slotCount: Int
    let length: Int
    var forwarding: Switch

    /// Makes a domain of `ports` ports, with as many slots: slot n holds a frame that station n at port n + 1 sends.
    ///
    /// - Parameters:
    ///   - ports: how many.
    ///   - isGuarded: whether ports have source guards.
    ///   - accessVLAN: of all ports but the last, which is a trunk; 0: none.
    ///   - frame: makes the frame of a sender for a receiver, with its virtio_net_hdr.
    init(
        ports: Int, isGuarded: Bool = false, accessVLAN: UInt16 = 0,
        frame: (_ source: UInt64, _ destination: UInt64) -> [UInt8]
    ) {
        let byteCount = StationTable.bytes(capacity: StationTable.defaultCapacity)
        tableMemory = .allocate(byteCount: byteCount, alignment: 64)
        guard let table = StationTable(formatting: tableMemory, byteCount: byteCount) else { fatalError("no table") }
        forwarding = Switch(stations: table)
        slotCount = ports
        slots = .allocate(byteCount: Self.stride * ports, alignment: 64)
        slots.initializeMemory(as: UInt8.self, repeating: 0, count: Self.stride * ports)
        scratch = .allocate(byteCount: TagRewrite.scratchLength, alignment: 8)
        var length = 0
        forwarding.addDomain(1, ageingMilliseconds: 300_000)
        for index in 0..<ports {
            let source = Self.firstStation + UInt64(index)
            let guarding = SourceGuard(mac: source, ipv4: [0x0A00_0002])
            forwarding.setPort(
                UInt16(index + 1), domain: 1, accessVLAN: index == ports - 1 ? 0 : accessVLAN,
                sourceGuard: isGuarded ? guarding : nil)
            let bytes = frame(source, Self.firstStation + UInt64((index + 1) % ports))
            UnsafeMutableRawBufferPointer(start: slots + Self.stride * index, count: Self.stride).copyBytes(from: bytes)
            length = bytes.count - VirtioNetHeader.length
        }
        self.length = length
        for index in 0..<ports {
            _ = forwarding.verdict(
                ingress: UInt16(index + 1), header: slots + Self.stride * index, length: length, now: 0)
        }
    }

    deinit {
        tableMemory.deallocate()
        slots.deallocate()
        scratch.deallocate()
    }

    /// The slot of a step: all in turn, so that nothing is the same twice in a row.
    @inline(__always)
    func slot(_ step: Int) -> UnsafeMutableRawPointer {
        slots + Self.stride &* (step & (slotCount &- 1))
    }

    /// One frame's verdict and, where it goes out, what happens there.
    @inline(__always)
    func put(_ index: Int) -> UInt64 {
        let ingress = UInt16(truncatingIfNeeded: index &+ 1)
        let header = slots + Self.stride &* index
        let verdict = forwarding.verdict(ingress: ingress, header: header, length: length, now: 1000)
        var sum: UInt64 = 0
        switch verdict.kind {
        case .drop, .tunnel, .route: sum = UInt64(verdict.reason.rawValue)
        case .forward:
            let action = forwarding.egress(to: verdict.port, from: ingress, verdict: verdict, length: length)
            sum = UInt64(action.kind.rawValue) &+ UInt64(verdict.port)
        case .flood:
            for member in forwarding.floodMembers(verdict.domain) {
                let action = forwarding.egress(to: member, from: ingress, verdict: verdict, length: length)
                sum &+= UInt64(action.kind.rawValue)
            }
        }
        return sum
    }
}

/// Frames for benchmarks, behind their virtio_net_hdr.
enum FrameFactory {
    static let broadcast: UInt64 = 0xFFFF_FFFF_FFFF

    private static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
    }

    /// virtio_net_hdr with a partial checksum of TCP over IPv4 and, if `segment` isn't 0, a super-frame.
    static func partial(segment: UInt16) -> [UInt8] {
        [1, segment == 0 ? 0 : 1, 0, 0, UInt8(segment & 0xFF), UInt8(segment >> 8), 34, 0, 16, 0]
    }

    static let plain = [UInt8](repeating: 0, count: VirtioNetHeader.length)

    /// TCP over IPv4 from 10.0.0.2.
    static func tcp(
        header: [UInt8] = plain, from source: UInt64, to destination: UInt64, length: Int = 60
    ) -> [UInt8] {
        var frame = header + big(destination, 6) + big(source, 6) + [8, 0]
        frame += [
            0x45, 0, 0, UInt8(truncatingIfNeeded: length - 14), 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 3,
        ]
        frame += [0, 80, 0x9C, 0x40, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]
        return frame + [UInt8](repeating: 7, count: max(0, header.count + length - frame.count))
    }

    /// A neighbour solicitation behind a hop-by-hop header, in two VLAN tags, from the link-local address of `source`.
    static func solicitation(from source: UInt64, to destination: UInt64) -> [UInt8] {
        let identifier = (source >> 24 ^ 0x02_0000) << 40 | 0xFF_FE00_0000 | source & 0xFF_FFFF
        let linkLocal = big(0xFE80_0000_0000_0000, 8) + big(identifier, 8)
        var frame = plain + big(destination, 6) + big(source, 6) + [0x88, 0xA8, 0, 5, 0x81, 0, 0, 6, 0x86, 0xDD]
        frame += [0x60, 0, 0, 0, 0, 32, 0, 255] + linkLocal + linkLocal
        return frame + [58, 0, 5, 2, 0, 0, 1, 0] + [135, 0, 0, 0, 0, 0, 0, 0] + linkLocal
    }
}
