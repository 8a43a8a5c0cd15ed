import CAllocationCounter
import DataPlane
import Testing

/// The compiler holds that nothing on the way of a frame allocates; this counts.
@Suite("Allocations")
struct AllocationTests {
    private typealias Make = TestFrames

    /// Frames in slots of their own, so that putting them in allocates nothing.
    private final class Slots {
        static let stride = 4096
        let memory: UnsafeMutableRawPointer
        let frames: [(header: [UInt8], frame: [UInt8], ingress: UInt16)]

        init(_ frames: [(header: [UInt8], frame: [UInt8], ingress: UInt16)]) {
            self.frames = frames
            memory = .allocate(byteCount: Self.stride * max(1, frames.count), alignment: 64)
            for (index, frame) in frames.enumerated() {
                let bytes = frame.header + frame.frame
                UnsafeMutableRawBufferPointer(start: memory + index * Self.stride, count: Self.stride)
                    .copyBytes(from: bytes)
            }
        }

        deinit {
            memory.deallocate()
        }
    }

    private static let frames: [(header: [UInt8], frame: [UInt8], ingress: UInt16)] = {
        let tcp = Make.ipv4(protocol: 6, Make.tcp(payload: 2000))
        let solicitation = [135, 0, 0, 0, 0, 0, 0, 0] + Make.big(UInt128(5))
        let back = Make.plain(to: Make.alice, from: Make.bob)
        let lying = Make.vnet(flags: 1, start: 9000)
        return [
            (Make.vnet(), Make.plain(), 1), (Make.vnet(), back, 2), (Make.vnet(), Make.plain(to: Make.broadcast), 1),
            (Make.vnet(flags: 1, start: 34, offset: 16), Make.ethernet(type: 0x0800, tcp), 1),
            (
                Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16),
                Make.ethernet(type: 0x0800, tcp), 1
            ),
            (lying, Make.plain(), 1), (Make.vnet(), Array(Make.plain().prefix(9)), 1),
            (Make.vnet(), Make.ethernet(type: 0x0800, tcp), 3),
            (Make.vnet(), Make.ethernet(type: 0x0806, Make.arp(operation: 1, senderIP: 0x0A00_0002, targetIP: 9)), 3),
            (Make.vnet(), Make.ethernet(type: 0x86DD, Make.ipv6(from: 5, next: 58, solicitation)), 3),
            (Make.vnet(), Make.plain(from: Make.carol), 3), (Make.vnet(), Make.plain(to: Make.broadcast), 11),
            (Make.vnet(), Make.plain(to: Make.broadcast, tags: Make.tag(10)), 13),
            (Make.vnet(), Make.plain(tags: Make.tag(0, priority: 3)), 11),
        ]
    }()

    private func rig() throws -> SwitchRig {
        let rig = try SwitchRig(ports: [1, 2], capacity: 64)
        rig.setPort(3, sourceGuard: SourceGuard(mac: Make.alice, ipv4: [0x0A00_0002], ipv6: [5]))
        rig.addDomain(2)
        rig.setPort(11, domain: 2, accessVLAN: 10)
        rig.setPort(12, domain: 2, accessVLAN: 10)
        rig.setPort(13, domain: 2)
        return rig
    }

    /// All frames all the way, and what happens between frames.
    private func drive(
        _ forwarding: inout Switch, _ slots: Slots, _ scratch: UnsafeMutableRawPointer, rounds: Int
    ) -> Int {
        var sent = 0
        for round in 0..<rounds {
            let now = UInt32(truncatingIfNeeded: round &* 50)
            for index in 0..<slots.frames.count {
                let header = slots.memory + index &* Slots.stride
                let length = slots.frames[index].frame.count
                let ingress = slots.frames[index].ingress
                let verdict = forwarding.verdict(ingress: ingress, header: header, length: length, now: now)
                if case .forward = verdict.kind {
                    let action = forwarding.egress(to: verdict.port, from: ingress, verdict: verdict, length: length)
                    sent &+= TagRewrite.write(action, header: header, length: length, into: scratch).count &+ 1
                } else if case .flood = verdict.kind {
                    let members = forwarding.floodMembers(verdict.domain)
                    for place in 0..<members.count {
                        let action = forwarding.egress(
                            to: members[place], from: ingress, verdict: verdict, length: length)
                        sent &+= TagRewrite.write(action, header: header, length: length, into: scratch).count &+ 1
                    }
                }
            }
            // Stations that come and go, more than the table holds.
            let mac = 0x0200_0000_0000 | UInt64(truncatingIfNeeded: round &* 97)
            _ = forwarding.stations.learn(mac: mac, vlan: 0, domain: 1, port: 2, now: now)
            _ = forwarding.stations.age(budget: 4, now: now)
            sent &+= Int(Checksum.sum(slots.memory, count: 1500) & 1)
        }
        return sent
    }

    @Test("Ten thousand rounds of frames of every kind allocate nothing")
    func nothing() throws {
        let rig = try rig()
        let slots = Slots(Self.frames)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: TagRewrite.scratchLength, alignment: 8)
        defer { scratch.deallocate() }
        // The first round may make the runtime fetch what it knows of types.
        _ = drive(&rig.forwarding, slots, scratch, rounds: 2)
        let before = heddle_thread_allocations()
        let sent = drive(&rig.forwarding, slots, scratch, rounds: 10_000)
        let after = heddle_thread_allocations()
        #expect(sent > 100_000)
        #expect(after == before)
        // The counter counts, unless a sanitizer has malloc.
        let proof = UnsafeMutableRawPointer.allocate(byteCount: 100_000, alignment: 64)
        #expect(heddle_thread_allocations() > after || after == .max)
        proof.deallocate()
    }
}
