import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Testing

@testable import ControlPlane

/// What a daemon with very much recorded takes to answer; the figures are in Documentation/Measurements.md.
@Suite("Daemon: a large store", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct LargeStoreTests {
    private static let networks: UInt16 = 1_000
    private static let endpoints: UInt16 = 5_000

    @Test("1,000 networks and 5,000 endpoints are listed at once")
    func listing() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            // Makes the directory, and the file in its newest form.
            try lab.start()
            try lab.killDaemon()
            try fill(lab.stateDirectory)
            let start = try milliseconds { try lab.start() }
            #expect(try lab.client.networks().count == Int(Self.networks))
            #expect(try lab.client.endpoints().count == Int(Self.endpoints))
            let served = try median(below: 50) { _ = try lab.client.networks() }
            let shown = try median(below: 50) { () throws in #expect(try lab.heddle("network", "ls").status == 0) }
            let all = try median(below: 250) { () throws in #expect(try lab.heddle("endpoint", "ls").status == 0) }
            let figures =
                "start \(start) ms; median of 20: asked \(served) ms, network ls \(shown) ms, endpoint ls \(all) ms"
            print("large store: \(figures)")
            #expect(served < 50 && shown < 50 && all < 250, "\(figures)")
            try lab.killDaemon()
            try empty(lab.stateDirectory)
            try lab.start()
        }
    }

    /// Adopted interfaces that are gone: none has to be made for that.
    private func fill(_ directory: String) throws {
        let store = try Store(directory: directory)
        for number in 1...Self.networks {
            let subnet = try #require(IPPrefix("10.\(number >> 8).\(number & 255).0/24"))
            let gateway = IPAddress(family: .v4, number: subnet.network.number + 1)
            try store.save(
                NetworkRecord(
                    id: "n\(number)", name: "net\(number)", domain: number, driver: "bridge", subnets: [subnet],
                    gateways: [gateway], ranges: [], mtu: 1_500, isInternal: false, isIsolated: false, options: [:],
                    phase: .active, hostPort: nil, hostToken: 0, hostIndex: 0))
        }
        for number in 1...Self.endpoints {
            try store.save(
                EndpointRecord(
                    id: "e\(number)", network: "n\(number % Self.networks + 1)", port: number, sandbox: "",
                    ifname: "ext\(number)", via: .adopted, mac: MACAddress(value: 0x0200_0000_0000 | UInt64(number)),
                    addresses: [], name: "web\(number)", aliases: [], vlan: nil, isGuarded: false, phase: .active,
                    isGone: true, cookie: 0, index: 0, nearIndex: 0, token: UInt64(number), isPinning: false))
        }
        try store.close()
    }

    /// The lab looks through all that is recorded when it ends.
    private func empty(_ directory: String) throws {
        let store = try Store(directory: directory)
        let recorded = try store.load()
        for endpoint in recorded.endpoints { try store.delete(endpoint) }
        for network in recorded.networks { try store.delete(network) }
        try store.close()
    }

    private func milliseconds(_ body: () throws -> Void) throws -> Double {
        let start = ContinuousClock.now
        try body()
        return Double((ContinuousClock.now - start) / .microseconds(1)) / 1_000
    }

    /// The least of the medians of 20, of which ten are tried until one is below `limit`: what runs beside makes them
    /// larger, never smaller.
    private func median(below limit: Double, _ body: () throws -> Void) throws -> Double {
        var least = Double.infinity
        for attempt in 0..<10 where least >= limit {
            // A machine that is busy is so for seconds.
            if attempt > 2 { Patience.pass(.seconds(1)) }
            let times = try (0..<20).map { _ in try milliseconds(body) }.sorted()
            least = min(least, times[times.count / 2])
        }
        return least
    }
}
