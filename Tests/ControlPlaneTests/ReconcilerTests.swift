import Testing

@testable import ControlPlane

@Suite struct ReconcilerTests {
    private let mark = Samples.mark

    private func plan(
        _ endpoints: [EndpointRecord], networks: [NetworkRecord] = [Samples.network(hostPort: nil)],
        _ change: (inout Sightings) -> Void = { _ in }
    ) -> [RepairStep] {
        var seen = Sightings()
        change(&seen)
        return Reconciler.plan(networks: networks, endpoints: endpoints, mark: mark, seen: seen)
    }

    private func interface(of record: EndpointRecord) -> LinkSight {
        LinkSight(index: record.index, name: record.ifname, alias: mark.alias(of: record.id))
    }

    private func near(of record: EndpointRecord) -> LinkSight {
        LinkSight(index: record.nearIndex, name: record.nearInterface, alias: mark.alias(of: record.id))
    }

    @Test func nothingRecordedAndNothingThere() {
        #expect(plan([], networks: []).isEmpty)
    }

    @Test func unconfirmedThingsAreUndoneAndRemovalsEnded() {
        let networks = [
            Samples.network(1, phase: .creating), Samples.network(2, phase: .removing, hostPort: nil),
        ]
        let endpoints = [
            Samples.endpoint(1, phase: .creating), Samples.endpoint(2, phase: .removing, isGone: true),
            Samples.endpoint(3, via: .adopted, phase: .creating),
        ]
        let steps = plan(endpoints, networks: networks)
        #expect(
            steps == [
                .rollBackEndpoint(id: "e1"), .finishDetach(id: "e2"), .rollBackEndpoint(id: "e3"),
                .rollBackNetwork(id: "0000000000000001"), .finishNetworkRemoval(id: "0000000000000002"),
            ])
    }

    @Test func aTapThatIsHeldIsKept() {
        let record = Samples.endpoint(1)
        let held = HeldPort(isTap: true, token: record.token)
        #expect(plan([record]) { $0.held = [1: held] } == [.keep(id: "e1")])
        // Its namespace may have lost its name and live on.
        #expect(
            plan([record]) { seen in
                seen.held = [1: held]
                seen.sandboxes["e1"] = .absent
            } == [.keep(id: "e1")])
    }

    @Test func aTapThatNobodyHoldsIsAttachedToAgain() {
        let record = Samples.endpoint(1)
        let steps = plan([record]) {
            $0.sandboxes["e1"] = .present(cookie: record.cookie, interface: interface(of: record))
        }
        #expect(steps == [.reattachTap(id: "e1")])
    }

    @Test func aDescriptorOfAnotherTimeDoesNotCount() {
        let record = Samples.endpoint(1)
        let sight = SandboxSight.present(cookie: record.cookie, interface: interface(of: record))
        for wrong in [HeldPort(isTap: true, token: 1), HeldPort(isTap: false, token: record.token)] {
            let steps = plan([record]) { seen in
                seen.held = [1: wrong]
                seen.sandboxes["e1"] = sight
            }
            #expect(steps == [.reattachTap(id: "e1")])
        }
    }

    @Test func anInterfaceThatTheUserDeletedStaysGone() {
        let record = Samples.endpoint(1)
        #expect(
            plan([record]) { $0.sandboxes["e1"] = .present(cookie: record.cookie, interface: nil) }
                == [.markGone(id: "e1")])
        let gone = Samples.endpoint(1, isGone: true)
        #expect(
            plan([gone]) { $0.sandboxes["e1"] = .present(cookie: gone.cookie, interface: nil) }
                == [.markGone(id: "e1")])
    }

    @Test(arguments: [EndpointRecord.Via.tap, .veth], [true, false])
    func aNewSandboxUnderTheOldNameGetsItsEndpointBack(_ via: EndpointRecord.Via, _ isGone: Bool) {
        let record = Samples.endpoint(1, via: via, isGone: isGone)
        let steps = plan([record]) { seen in
            seen.sandboxes["e1"] = .present(cookie: record.cookie + 1, interface: nil)
            if !isGone { seen.held = [1: HeldPort(isTap: via == .tap, token: record.token)] }
        }
        #expect(steps == [.rewire(id: "e1")])
    }

    @Test func aNewProcessWithTheOldNumberDoesNot() {
        let record = Samples.endpoint(1, sandbox: "pid:77", isGone: true)
        #expect(plan([record]) { $0.sandboxes["e1"] = .present(cookie: 5, interface: nil) } == [.markGone(id: "e1")])
    }

    @Test func theDaemonsOwnNamespaceIsNeverTouched() {
        let record = Samples.endpoint(1, isGone: true)
        #expect(plan([record]) { $0.sandboxes["e1"] = .own } == [.markGone(id: "e1")])
    }

    @Test func whatOnlyTheDaemonKeepsAliveEndsWithItsName() {
        let record = Samples.endpoint(1, isPinning: true)
        let held = HeldPort(isTap: true, token: record.token)
        #expect(plan([record]) { $0.held = [1: held] } == [.markGone(id: "e1")])
        #expect(
            plan([record]) { seen in
                seen.held = [1: held]
                seen.sandboxes["e1"] = .present(cookie: record.cookie, interface: nil)
            } == [.keep(id: "e1")])
    }

    @Test func aPairWithoutSocketGetsOne() {
        let record = Samples.endpoint(1, via: .veth)
        #expect(plan([record]) { $0.privateLinks = [near(of: record)] } == [.reopenSocket(id: "e1")])
        #expect(
            plan([record]) { seen in
                seen.privateLinks = [near(of: record)]
                seen.held = [1: HeldPort(isTap: false, token: record.token)]
            } == [.keep(id: "e1")])
    }

    @Test func aPairThatIsLostWithThePrivateNamespaceIsMadeAgain() {
        let record = Samples.endpoint(1, via: .veth)
        let sight = SandboxSight.present(cookie: record.cookie, interface: nil)
        #expect(
            plan([record]) { seen in
                seen.isPrivateNew = true
                seen.sandboxes["e1"] = sight
            } == [.rewire(id: "e1")])
        #expect(plan([record]) { $0.sandboxes["e1"] = sight } == [.markGone(id: "e1")])
    }

    @Test func aReturnThatWasInterruptedIsBegunAnew() {
        let record = Samples.endpoint(1, phase: .returning, isGone: true)
        #expect(
            plan([record]) { $0.sandboxes["e1"] = .present(cookie: record.cookie, interface: nil) }
                == [.rewire(id: "e1")])
        #expect(plan([record]) == [.markGone(id: "e1")])
    }

    @Test func adoptedInterfacesAreReadAgainOrGone() {
        let record = Samples.endpoint(1, via: .adopted)
        let same = LinkSight(index: record.index, name: "eth0", alias: "", mac: nil)
        #expect(plan([record]) { $0.ownLinks = [same] } == [.reopenSocket(id: "e1")])
        #expect(
            plan([record]) { seen in
                seen.ownLinks = [same]
                seen.held = [1: HeldPort(isTap: false, token: record.token)]
            } == [.keep(id: "e1")])
        let renamed = LinkSight(index: record.index, name: "lan", alias: "", mac: record.mac)
        #expect(plan([record]) { $0.ownLinks = [renamed] } == [.reopenSocket(id: "e1")])
        let other = LinkSight(index: record.index, name: "lan", alias: "", mac: nil)
        #expect(plan([record]) { $0.ownLinks = [other] } == [.markGone(id: "e1")])
        #expect(plan([record]) == [.markGone(id: "e1")])
    }

    @Test func hostPortsAreKeptReattachedOrMade() {
        let network = Samples.network(hostPort: 100)
        let link = LinkSight(
            index: network.hostIndex, name: network.hostInterface, alias: mark.alias(of: network.id))
        let held = HeldPort(isTap: true, token: network.hostToken)
        #expect(plan([], networks: [network]) == [.makeHostPort(network: network.id)])
        #expect(plan([], networks: [network]) { $0.ownLinks = [link] } == [.reattachHostPort(network: network.id)])
        #expect(
            plan([], networks: [network]) { seen in
                seen.ownLinks = [link]
                seen.held = [100: held]
            } == [])
        // Held, but not where it should be: moved away, or another's.
        #expect(plan([], networks: [network]) { $0.held = [100: held] } == [.makeHostPort(network: network.id)])
    }

    @Test func straysGoFirstAndOthersThingsStay() {
        let record = Samples.endpoint(1, via: .veth)
        let stray = LinkSight(index: 9, name: "t9", alias: "")
        let ours = LinkSight(index: 8, name: "hd-x", alias: mark.alias(of: "feed"))
        let foreign = LinkSight(index: 7, name: "hd-y", alias: "heddle:ffffffff:feed")
        let steps = plan([record]) { seen in
            seen.held = [1: HeldPort(isTap: false, token: record.token), 5: HeldPort(isTap: true, token: 3)]
            seen.privateLinks = [stray, near(of: record)]
            seen.ownLinks = [ours, foreign, LinkSight(index: 2, name: "eth0", alias: "uplink")]
        }
        #expect(steps == [.dropPort(5), .deletePrivateLink(stray), .deleteOwnLink(ours), .keep(id: "e1")])
    }
}
