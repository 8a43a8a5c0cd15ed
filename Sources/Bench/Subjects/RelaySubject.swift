import DataPlane
import Glibc
import Netlink

/// Two TAPs joined by a process that carries every frame from one to the other and looks at none: what the input and
/// output of a switch in user space cost at least. The TAPs stay, the process lives for a turn only, since it keeps
/// the processors from sleeping.
package final class RelaySubject: Subject {
    package let kind = SubjectKind.relay

    /// Frames that a TAP's queue holds: as many as Heddle's own, so that the two differ in nothing but the switch.
    private static let queueLength: UInt32 = 8_192

    private let executable: String
    private let workspace: Workspace
    private var host: Sandbox?
    private var taps: [Int32] = []
    private var process: ChildProcess?

    /// `executable` is the program that runs `Relay` when asked with `Relay.command`.
    init(executable: String, workspace: Workspace) {
        self.executable = executable
        self.workspace = workspace
    }

    deinit {
        for tap in taps { close(tap) }
    }

    package func setUp(in workspace: Workspace) throws -> TestPath {
        let host = try workspace.makeSandbox("relay")
        self.host = host
        let sender = try workspace.makeSandbox("relay-a")
        let receiver = try workspace.makeSandbox("relay-b")
        try openTap("tap1", in: host, movingTo: sender)
        try openTap("tap2", in: host, movingTo: receiver)
        let path = TestPath(
            sender: try Plan.bringUp(sender, Plan.sender), receiver: try Plan.bringUp(receiver, Plan.receiver))
        // For the check that the path works.
        try beginTurn()
        return path
    }

    package func beginTurn() throws {
        guard process == nil, let host else { return }
        let program = try host.start(executable, [Relay.command], passing: taps)
        try workspace.adopt(program)
        process = program
    }

    package func endTurn() {
        process?.stop()
        process = nil
    }

    package var switchProcesses: [Int32] { process.map { [$0.identifier] } ?? [] }

    /// Opened outside and moved in, as Heddle does: a descriptor opened inside would hold the sandbox.
    private func openTap(_ name: String, in host: Sandbox, movingTo sandbox: Sandbox) throws {
        let descriptor = try host.run { try TapDevice.create(name: name, persist: false) }
        taps.append(descriptor)
        let routes = try host.routes()
        guard let link = try routes.link(named: name) else { throw BenchError("the TAP \(name) vanished") }
        var change = LinkChange()
        change.txQueueLength = Self.queueLength
        try routes.change(link: link.index, change)
        try routes.move(link: link.index, to: sandbox.namespace, as: try Plan.name(Plan.interface))
    }
}
