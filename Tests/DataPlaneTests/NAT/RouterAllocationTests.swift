import CAllocationCounter
import Testing

@testable import DataPlane

@Suite("Allocations of routed frames")
struct RouterAllocationTests {
    typealias Rig = RouterRig

    /// Frames as they come, and a place where each is routed.
    private struct Work {
        var frames: [(bytes: [UInt8], domain: UInt16)]
        let place = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 64)

        /// Routes them all, so many times; returns how many went on.
        func run(_ router: inout Router, rounds: Int, from start: UInt32) -> Int {
            var passed = 0
            for round in 0..<rounds {
                let now = start &+ UInt32(truncatingIfNeeded: round)
                for index in frames.indices {
                    let count = frames[index].bytes.count
                    frames[index].bytes.withUnsafeBytes { bytes in
                        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: count) }
                    }
                    let domain = frames[index].domain
                    let frame = DataPlane.RoutedFrame(
                        header: place, length: count - VirtioNetHeader.length, ingress: domain == 0 ? Rig.uplink : 2,
                        domain: domain, isSuperframe: false, now: now)
                    let verdict = domain == 0 ? router.incoming(frame) : router.outgoing(frame)
                    switch verdict.kind {
                    case .toUplink, .toEndpoint: passed += 1
                    case .held, .drop, .refuse, .toHost, .toNames: break
                    }
                    if let key = verdict.followers, router.fragments.takeHeld(key) != nil { passed += 1 }
                }
                router.questions.clear()
                _ = router.pending.takeStale(from: 0, now: now)
                router.fragments.expire(now: now)
            }
            return passed
        }
    }

    @Test("flows that begin, go on, wait and end, errors, fragments, hairpins and refusals allocate nothing")
    func nothing() {
        let rig = Rig()
        rig.publish()
        let sent = rig.send(Rig.out(.udp))
        let left = Rig.left(Rig.out(.udp), from: sent.packet.source.port)
        var hairpin = Rig.out(.udp, to: Rig.host)
        hairpin.destinationPort = 8_080
        var first = Rig.out(.udp)
        first.fragment = 0x2000
        first.payload = [UInt8](repeating: 0, count: 8)
        var later = first
        later.fragment = 2
        var tired = Rig.out()
        tired.hopLimit = 1
        let inside = [
            Rig.out(), Rig.out(.udp), Rig.out(.echoRequest), Rig.out(isIPv4: false), Rig.out(to: Rig.neighbour),
            hairpin,
            first, later, tired, Rig.out(to: Rig.host),
        ]
        let outside = [
            Rig.into(), Rig.into(.udp), Rig.answer(to: left), left.error(3, 3, from: Rig.remote), Rig.into(port: 9),
        ]
        let work = Work(
            frames: inside.map { ($0.header + $0.frame, 1) } + outside.map { ($0.header + $0.frame, 0) })
        defer { work.place.deallocate() }
        _ = work.run(&rig.router, rounds: 2, from: rig.now)
        let before = heddle_thread_allocations()
        let passed = work.run(&rig.router, rounds: 5_000, from: rig.now)
        let after = heddle_thread_allocations()
        #expect(passed > 5_000 * 8)
        #expect(after == before)
    }
}
