import Foundation
import HeddleAPI
import HeddleClient
import Testing

/// Connections one after another to one server: the pool's ports come again and again.
@Suite("Daemon: gateway, connections a second", .enabled(if: geteuid() == 0, "needs root"), .labAlone)
struct ConnectionRateTests {
    /// HEDDLE_STORM_SECONDS: for a longer run by hand.
    private static let seconds =
        ProcessInfo.processInfo.environment["HEDDLE_STORM_SECONDS"].flatMap { Int($0) } ?? 5

    @Test("5,000 connections a second to one server, none refused")
    func rate() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let (other, _) = try gateway.another("other")
            let server = try TakingServer(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let verdict = ConnectionStorm.run(
                from: [gateway.box, other], to: GatewayLab.remote, port: 7_001, perSecond: 5_000,
                seconds: Self.seconds)
            print(
                "\(verdict.attempts) connections, \(verdict.rate) a second, \(verdict.failures) failed",
                "(error \(verdict.error)); \(server.taken) taken; drops",
                try gateway.drops().filter { $0.value > 0 })
            #expect(verdict.failures == 0)
            #expect(try gateway.drops("no-outside-port") == 0 && gateway.drops("flow-limit") == 0)
        }
    }
}
