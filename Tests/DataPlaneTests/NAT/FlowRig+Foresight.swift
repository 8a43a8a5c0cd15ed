import Testing

@testable import DataPlane

/// Whatever a test does with a table is foreseen first: what was foreseen must come.
extension FlowRig {
    /// A flow that is asked for.
    enum Wish {
        case outgoing(UInt8, TransportAddress, TransportAddress, endpoint: UInt16, domain: UInt16)
        case incoming(UInt8, TransportAddress, TransportAddress, TransportAddress, endpoint: UInt16, publish: UInt32)
    }

    func foreseen(_ wish: () -> Wish, _ make: (inout FlowTable) -> FlowCreation) -> FlowCreation {
        guard foresees else { return make(&table) }
        let foresight = foresee(wish())
        let creation = make(&table)
        switch (foresight, creation) {
        case (.standing(let expected), .made(let number)): #expect(expected == number)
        case (.made(let expected), .made(let number)): expectSame(expected, number)
        case (.refused(let expected), .refused(let refusal)): #expect(expected == refusal)
        default: Issue.record("foreseen \(foresight), and it was \(creation)")
        }
        return creation
    }

    func foreseenAdmission(_ outside: TransportAddress, _ remote: TransportAddress) -> UInt32 {
        guard foresees else { return table.admitIncoming(outside: outside, remote: remote, now: now) }
        let foresight = table.foreseeAdmission(outside: outside, remote: remote, now: now)
        let number = table.admitIncoming(outside: outside, remote: remote, now: now)
        switch foresight {
        case .standing(let expected): #expect(expected == number)
        case .made(let expected): expectSame(expected, number)
        case .refused, nil: #expect(number == 0)
        }
        return number
    }

    func foreseenFollowing(
        _ number: UInt32, fromInside: Bool, frames: UInt32, bytes: Int, _ facts: TCPSegmentFacts
    ) -> Bool {
        guard foresees else {
            return table.follow(
                number, fromInside: fromInside, frames: frames, bytes: bytes, tcp: facts, now: now)
        }
        let expected = table.foreseeFollowing(
            table.flow(number).pointee, isNew: false, fromInside: fromInside, tcp: facts, now: now)
        let passes = table.follow(
            number, fromInside: fromInside, frames: frames, bytes: bytes, tcp: facts, now: now)
        #expect(expected == passes)
        return passes
    }

    private func foresee(_ wish: Wish) -> FlowForesight {
        var changes = FlowChanges()
        switch wish {
        case .outgoing(let proto, let inside, let remote, let endpoint, let domain):
            return table.foreseeOutgoing(
                proto, domain: domain, insidePort: endpoint, insideMAC: 2, inside: inside, remote: remote,
                outsideHigh: Self.host.high, outsideLow: Self.host.low, uplink: 1, now: now, &changes)
        case .incoming(let proto, let outside, let inside, let remote, let endpoint, let publish):
            var target = PublishTarget()
            target.number = publish
            target.domain = 1
            target.inside = inside
            target.insidePort = endpoint
            return table.foreseeIncoming(
                proto, target, outside: outside, remote: remote, uplink: 1, now: now, &changes)
        }
    }

    private func expectSame(_ expected: Flow, _ number: UInt32) {
        let made = table.flow(number).pointee
        #expect(made.inside.isSame(as: expected.inside) && made.remote.isSame(as: expected.remote))
        #expect(made.insidePort == expected.insidePort && made.isIncoming == expected.isIncoming)
        // Of a socket whose address another endpoint had, the port isn't foretold.
        if expected.outside.port != 0 { #expect(made.outside.isSame(as: expected.outside)) }
    }
}
