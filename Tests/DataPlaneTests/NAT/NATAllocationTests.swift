import CAllocationCounter
import DataPlane
import Testing

@Suite("Allocations of the router")
struct NATAllocationTests {
    /// All that is asked and done between a frame's arrival and its leaving.
    private struct Tables: ~Copyable {
        var routes = RouteTable()
        var hops = NextHopTable()
        var published = PublishTable()
        var addresses = HostAddressTable()
        var fragments = FragmentTable()

        mutating func drive(
            _ slots: UnsafeMutableRawPointer, _ lengths: [Int], answer: UnsafeMutableRawPointer, rounds: Int
        ) -> Int {
            var sum = 0
            let router = RouterMessage.Router(ipv4: 1, ipv6Low: 2)
            for round in 0..<rounds {
                let now = UInt32(truncatingIfNeeded: round)
                for index in 0..<lengths.count {
                    let header = slots + index &* 2_048
                    let packet = RoutedPacket(header + 10, length: lengths[index], isSuperframe: false)
                    if packet.isMartianSource || packet.isUnroutable { sum &+= 1 }
                    packet.rewriteSource(header, to: packet.destination)
                    packet.rewriteDestination(header, to: packet.source)
                    packet.decrementHopLimit(header)
                    packet.rewriteEthernet(header, source: 5, destination: 6)
                    packet.rewriteError(
                        header, outerSource: packet.source, outerDestination: nil, embeddedSource: packet.source,
                        embeddedDestination: nil)
                    let high = packet.destination.high
                    let low = packet.destination.low
                    sum &+= Int(routes.lookup(high: high, low: low).uplink)
                    sum &+= Int(hops.lookup(uplink: 1, high: high, low: low) & 1)
                    if hops.shouldAsk(uplink: 1, high: high, low: low, now: now) { sum &+= 1 }
                    if published.lookup(proto: 6, destination: packet.destination, uplink: 1).isFound { sum &+= 1 }
                    if addresses.contains(high: high, low: low) { sum &+= Int(addresses.port(of: packet.source)) }
                    let key = FragmentKey(packet, side: UInt16(truncatingIfNeeded: round & 15))
                    fragments.remember(key, flow: 1, isOutgoing: true, newIdentification: 1, now: now)
                    if fragments.find(key, now: now).isFound { sum &+= 1 }
                    fragments.hold(key, header: header, length: lengths[index], port: 1, now: now)
                    if let held = fragments.takeHeld(key) { sum &+= held.length }
                    sum &+= RouterMessage.write(
                        for: header + 10, length: lengths[index], kind: .timeExceeded, router: router, into: answer)
                }
            }
            return sum
        }
    }

    @Test("Ten thousand rounds of frames of every kind allocate nothing")
    func nothing() {
        var tables = Tables()
        let flow = RoutedFrame()
        let route = RouteEntry(
            high: 0, low: 0xFFFF_0000_0000, prefixLength: 0, decision: RouteDecision(uplink: 1))
        tables.routes.replace(with: [route])
        tables.addresses.replace(with: [(0, 0xFFFF_0A00_0002, 1)])
        let frames =
            RoutedFrame.Body.allCases.flatMap { body in
                [true, false].map { RoutedFrame(isIPv4: $0, body: body, payload: [1, 2]).frame }
            } + [flow.error(3, 1, from: 9 << 24).frame]
        let slots = UnsafeMutableRawPointer.allocate(byteCount: 2_048 * (frames.count + 1), alignment: 64)
        defer { slots.deallocate() }
        for (index, frame) in frames.enumerated() {
            UnsafeMutableRawBufferPointer(start: slots + index * 2_048, count: 2_048)
                .copyBytes(from: TestFrames.vnet() + frame)
        }
        let lengths = frames.map(\.count)
        let answer = slots + frames.count * 2_048
        _ = tables.drive(slots, lengths, answer: answer, rounds: 2)
        let before = heddle_thread_allocations()
        let sum = tables.drive(slots, lengths, answer: answer, rounds: 10_000)
        let after = heddle_thread_allocations()
        #expect(sum > 10_000)
        #expect(after == before)
    }
}
