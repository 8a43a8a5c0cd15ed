import Foundation
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// A host with Heddle and Docker: both daemons in a network namespace and a mount namespace of their own, and a LAN with
/// one machine on it before them.
final class DockerHost: @unchecked Sendable {
    // Sendable: used by one test at a time.

    let lab: HeddleUnderTest
    private(set) var engine: DockerEngine
    private(set) var place: MountPlace
    /// A machine on the LAN.
    let lan: TestSandbox
    /// The host's interface on the LAN.
    let uplink: String

    /// The host's addresses on the LAN, and the LAN machine's.
    static let host = "192.0.2.1"
    static let host6 = "2001:db8::1"
    static let remote = "192.0.2.2"
    static let remote6 = "2001:db8::2"
    /// Docker's own bridge, which is left alone.
    static let bridge = "docker0"

    /// Makes all of it, with nothing running, in a lab whose daemon hasn't been started.
    init(_ lab: HeddleUnderTest, options: [String] = []) throws {
        self.lab = lab
        place = try MountPlace()
        lab.place = place
        engine = try DockerEngine(lab, in: place, options: options)
        lan = try lab.makeSandbox("lan", ipv6: true)
        uplink = try join(lab, lan, host: "\(Self.host)/24", other: "\(Self.remote)/24")
        try MacvlanLab.addIPv6(lab.host, uplink, "\(Self.host6)/64")
        try MacvlanLab.addIPv6(lan, HeddleUnderTest.ownInterface, "\(Self.remote6)/64")
    }

    /// Runs a test on a host of its own, on which both are running.
    static func run(
        options: [String] = [], at location: SourceLocation = #_sourceLocation, _ body: (DockerHost) throws -> Void
    ) throws {
        try HeddleUnderTest.run(starting: false, at: location) { lab in
            let host = try DockerHost(lab, options: options)
            defer { host.end(at: location) }
            do {
                try host.start()
                try body(host)
            } catch {
                throw LabError("\(error)\n\(host.engine.logTail)")
            }
        }
    }

    /// Starts Heddle, then Docker, and gives it the image.
    func start() throws {
        try lab.start(["--docker"])
        try engine.start()
        lab.ownInterfaces.insert(Self.bridge)
        let archive = engine.directory + "/image.tar"
        try DockerImage.pack(at: archive)
        try docker(DockerImage.importing(archive))
    }

    /// Kills Heddle's daemon and starts the next.
    func replaceDaemon() throws {
        try lab.killDaemon()
        try lab.start(["--docker"])
    }

    /// What a power cut leaves: files. Nothing is in the kernel any more, and no process lives.
    func cutPower() throws {
        let survivors = place.killAll(group: engine.group)
        guard survivors.isEmpty else { throw LabError("processes outlive the power cut: \(survivors)") }
        place.end()
        try lab.host.ask { route in
            for link in try route.links() where link.name != "lo" && link.name != uplink {
                try route.deleteLink(index: link.index)
            }
        }
        place = try MountPlace()
        lab.place = place
        engine = try DockerEngine(lab, in: place, options: engine.options)
    }

    /// Ends Docker with all of its containers; what it leaves is an issue, and is taken away. Heddle is still there.
    func end(at location: SourceLocation) {
        if let names = try? engine.docker(["ps", "-aq"]), !names.output.isEmpty {
            let all = names.output.split(separator: "\n").map(String.init)
            _ = try? engine.docker(["rm", "-f"] + all)
        }
        for network in (try? lab.client.networks()) ?? [] where network.name.hasPrefix("docker-") {
            _ = try? engine.docker(["network", "rm", String(network.name.dropFirst(7))])
        }
        engine.end()
        let daemon = lab.daemon?.pid
        let others = place.processes(group: engine.group).filter { pid in
            pid != daemon && !isHeddles(pid)
        }
        for pid in others { kill(pid, SIGKILL) }
        let areGone = Patience.until(.seconds(5)) { others.allSatisfy { access("/proc/\($0)", F_OK) != 0 } }
        #expect(areGone, "processes of Docker's are left", sourceLocation: location)
        #expect(engine.removeGroups() == [], "control groups are left", sourceLocation: location)
        try? lab.host.ask { route in
            guard let bridge = try route.link(named: Self.bridge) else { return }
            try route.deleteLink(index: bridge.index)
        }
    }

    private func isHeddles(_ pid: pid_t) -> Bool {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")) ?? ""
        return [Programs.daemon, Programs.engine].contains(path)
    }
}
