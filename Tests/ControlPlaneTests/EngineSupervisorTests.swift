import Addresses
import DataPlane
import Dispatch
import Glibc
import Testing

@testable import ControlPlane

/// What an engine is told again when something comes back, goes elsewhere, or is new.
@Suite("The supervisor and a real engine")
struct EngineSupervisorTests {
    private static func plain(_ id: UInt16) -> DomainConfiguration { DomainConfiguration(id: id) }

    /// The same domain, routed: it is the first worker's.
    private static func routed(_ id: UInt16) -> DomainConfiguration {
        var domain = plain(id)
        domain.gateway = GatewayConfiguration(port: 9, mac: MACAddress(value: 0x02_00_00_00_00_09), isInternal: true)
        return domain
    }

    private static func loss(_ port: UInt16) -> ImpairmentConfiguration {
        var settings = ImpairmentSettings()
        settings.loss = ImpairmentSettings.certain
        return ImpairmentConfiguration(port: port, isOut: false, settings: settings)
    }

    @Test("a domain that goes to another worker takes its captures along, those of its ports too, and back")
    func move() throws {
        let rig = try EngineSupervisorRig(workers: 2)
        try rig.startEngine()
        try rig.supervisor.set(Self.plain(1))
        let ports = try (UInt16(1)...2).map { try rig.makePort($0, domain: 1) }
        for id in UInt16(1)...2 { try rig.supervisor.plug(port: id) }
        let whole = try rig.capture(CaptureConfiguration(number: 7, domain: 1))
        let single = try rig.capture(CaptureConfiguration(number: 8, port: 2))
        for domain in [Self.plain(1), Self.routed(1), Self.plain(1)] {
            try rig.supervisor.set(domain)
            try ports[0].send()
            #expect(ports[1].receives())
            #expect(whole.ports(2) == [1, 2] && single.ports(1) == [2], "\(domain.worker(of: 2))")
        }
        // And each can be ended.
        rig.supervisor.endCapture(7)
        rig.supervisor.endCapture(8)
        try ports[0].send()
        #expect(ports[1].receives())
        #expect(whole.ports(0) == [] && single.ports(0) == [])
    }

    @Test("a port that was missing when the engine was replaced is captured when it is back")
    func back() throws {
        let rig = try EngineSupervisorRig()
        try rig.startEngine()
        try rig.supervisor.set(Self.plain(1))
        let first = try rig.makePort(1, domain: 1)
        let other = try rig.makePort(2, domain: 1)
        for id in UInt16(1)...2 { try rig.supervisor.plug(port: id) }
        let capture = try rig.capture(CaptureConfiguration(number: 7, port: 1))
        try first.send()
        #expect(other.receives() && capture.ports(1) == [1])
        rig.supervisor.removePort(1)
        rig.endEngine()
        try rig.startEngine()
        try rig.supervisor.synchronise()
        let again = try rig.makePort(1, domain: 1)
        try rig.supervisor.plug(port: 1)
        try again.send()
        #expect(other.receives() && capture.ports(1) == [1])
        // Once more, with the same engine, which captures on: nothing is told twice, nothing is recorded twice.
        rig.supervisor.removePort(1)
        let third = try rig.makePort(1, domain: 1)
        try rig.supervisor.plug(port: 1)
        try third.send()
        #expect(other.receives() && capture.ports(2) == [1])
    }

    /// What the supervisor told.
    private final class Told {
        var number: UInt32?
        var why = ""
        let isDone = DispatchSemaphore(value: 0)
    }

    @Test("a capture that the next worker has no room for is told to have ended, and why")
    func lost() throws {
        let rig = try EngineSupervisorRig(workers: 2)
        try rig.startEngine()
        for id in UInt16(1)...2 { try rig.supervisor.set(Self.plain(id)) }
        // The first worker runs all that it can.
        let others = try (1...UInt32(CaptureConfiguration.mostAtOnce)).map {
            try rig.capture(CaptureConfiguration(number: $0, domain: 2))
        }
        let moved = try rig.capture(CaptureConfiguration(number: 99, domain: 1))
        let told = Told()
        rig.supervisor.onCaptureLost = { number, why in
            (told.number, told.why) = (number, why)
            told.isDone.signal()
        }
        try rig.supervisor.set(Self.routed(1))
        #expect(try rig.runLoop(until: told.isDone))
        #expect(told.number == 99 && told.why.contains("a capture"), "\(told.why)")
        withExtendedLifetime((others, moved)) {}
    }

    @Test("a port that comes is impaired before it receives")
    func first() throws {
        let rig = try EngineSupervisorRig()
        try rig.startEngine()
        try rig.supervisor.set(Self.plain(1))
        let other = try rig.makePort(2, domain: 1)
        try rig.supervisor.plug(port: 2)
        for round in UInt8(1)...20 {
            let port = try rig.makePort(1, domain: 1)
            rig.supervisor.hold(Self.loss(1))
            // It waits when the port comes.
            try port.send(from: round)
            try rig.supervisor.plug(port: 1)
            #expect(!other.receives(within: 10), "round \(round)")
            rig.supervisor.removePort(1)
        }
        // So is one that takes the place of another, of which the engine wasn't told that it is gone.
        for token in UInt64(100)...120 {
            let port = try rig.makePort(1, domain: 1, token: token)
            try port.send()
            try rig.supervisor.plug(port: 1)
            #expect(!other.receives(within: 10), "token \(token)")
        }
        // The next one of that number isn't.
        rig.supervisor.removePort(1)
        rig.supervisor.forgetImpairments(port: 1)
        let port = try rig.makePort(1, domain: 1)
        try rig.supervisor.plug(port: 1)
        try port.send()
        #expect(other.receives())
    }

    @Test("an engine that doesn't answer has done nothing: that is an error, and what was wished before stays")
    func silence() throws {
        let rig = try EngineSupervisorRig()
        _ = try rig.makePort(1, domain: 1)
        rig.supervisor.hold(Self.loss(1))
        let before = rig.supervisor.impairments
        try rig.connectToSilence()
        var settings = ImpairmentSettings()
        settings.delay = 1
        #expect(throws: EngineFailure.unavailable("it does not answer")) {
            try rig.supervisor.set(ImpairmentConfiguration(port: 1, isOut: false, settings: settings))
        }
        #expect(rig.supervisor.impairments == before)
        // Without one, the next is told.
        rig.endEngine()
        try rig.supervisor.set(ImpairmentConfiguration(port: 1, isOut: false, settings: settings))
        #expect(rig.supervisor.impairments.values.map(\.settings) == [settings])
    }
}
