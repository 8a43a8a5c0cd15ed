import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What a network with a parent costs the host's own traffic. Nothing is demanded of the numbers: they are printed.
@Suite("Daemon: macvlan, the host's own traffic", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct MacvlanCostTests {
    @Test("The host's TCP by the parent, with and without the network, in turn")
    func hostTraffic() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            let request = NetworkRequest(
                name: "office", driver: "macvlan", subnets: MacvlanLab.subnets, options: ["parent": macvlan.parent])
            var ratios: [Double] = []
            for round in 0..<5 {
                let with = try rate(macvlan)
                try lab.client.removeNetwork(named: "office")
                let without = try rate(macvlan)
                _ = try lab.client.createNetwork(request)
                // The first round warms up.
                if round > 0 { ratios.append(with / without) }
            }
            let shown = ratios.map { "\(($0 * 1_000).rounded() / 1_000)" }.joined(separator: ", ")
            print("host's own TCP with a macvlan network on the interface, relative to without: \(shown)")
            #expect(ratios.allSatisfy { $0 > 0 })
        }
    }

    /// Bytes a millisecond that the LAN machine sends to the host.
    private func rate(_ macvlan: MacvlanLab) throws -> Double {
        let stream = try ByteStream(from: macvlan.lan, to: macvlan.lab.host, MacvlanLab.host)
        guard stream.waitForMore(8 << 20) else { throw LabError("nothing flows to the host") }
        let (before, begun) = (stream.received, ContinuousClock.now)
        Patience.pass(.milliseconds(400))
        let (after, end) = (stream.received, ContinuousClock.now)
        if let failure = stream.stop().failure { throw LabError(failure) }
        return Double(after - before) / (end - begun).milliseconds
    }
}
