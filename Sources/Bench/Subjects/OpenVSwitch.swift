import Glibc
import Netlink

/// Open vSwitch with its user-space datapath on veth ports, with a database and a daemon of its own in temporary
/// directories, beside whatever Open vSwitch the host runs.
final class OpenVSwitch: Subject {
    let kind = SubjectKind.openVSwitch

    private let workspace: Workspace
    private var process: ChildProcess?

    init(workspace: Workspace) {
        self.workspace = workspace
    }

    private struct Programs {
        var databaseTool: String
        var databaseServer: String
        var daemon: String
        var control: String
        var schema: String
    }

    private static let schemaPlaces = ["/usr/share/openvswitch/vswitch.ovsschema"]

    func setUp(in workspace: Workspace) throws -> TestPath {
        let programs = try Self.programs()
        let host = try workspace.makeSandbox("ovs")
        let sender = try workspace.makeSandbox("ovs-a")
        let receiver = try workspace.makeSandbox("ovs-b")
        let folder = try workspace.folder() + "/ovs"
        guard mkdir(folder, 0o700) == 0 else { throw BenchError("cannot make the directory \(folder)") }
        for (sandbox, port) in [(sender, "port1"), (receiver, "port2")] {
            try host.routes().createVeth(
                near: NewLink(name: try Plan.name(port), isUp: true), far: NewLink(name: try Plan.name(Plan.interface)),
                farNamespace: sandbox.namespace)
        }
        for sandbox in [sender, receiver] {
            // Its packet sockets don't carry the virtio header: what the sandboxes leave unfinished stays so, and
            // TCP and UDP would never be accepted (Open vSwitch: Documentation/intro/install/userspace.rst).
            var offloads = EthtoolSocket.Offloads()
            offloads.txChecksum = false
            try EthtoolSocket(in: sandbox.namespace).setOffloads(Plan.interface, offloads)
        }
        try start(programs, in: host, folder: folder)
        return TestPath(
            sender: try Plan.bringUp(sender, Plan.sender), receiver: try Plan.bringUp(receiver, Plan.receiver))
    }

    var switchProcesses: [Int32] { process.map { [$0.identifier] } ?? [] }

    private static func programs() throws -> Programs {
        guard let databaseTool = Tool.find("ovsdb-tool"), let databaseServer = Tool.find("ovsdb-server"),
            let daemon = Tool.find("ovs-vswitchd"), let control = Tool.find("ovs-vsctl")
        else { throw SubjectUnavailable(reason: "Open vSwitch is not installed (Debian: openvswitch-switch)") }
        // OVS_PKGDATADIR is Open vSwitch's own way to say where its data lies.
        let own = getenv("OVS_PKGDATADIR").map { [String(cString: $0) + "/vswitch.ovsschema"] }
        let places = (own ?? []) + schemaPlaces
        guard let schema = places.first(where: { access($0, R_OK) == 0 }) else {
            throw SubjectUnavailable(reason: "Open vSwitch's database schema was not found at \(places)")
        }
        return Programs(
            databaseTool: databaseTool, databaseServer: databaseServer, daemon: daemon, control: control,
            schema: schema)
    }

    private func start(_ programs: Programs, in host: Sandbox, folder: String) throws {
        let database = folder + "/conf.db"
        let socket = folder + "/db.sock"
        let log = ChildProcess.Output.file(folder + "/log")
        try finish(host.start(programs.databaseTool, ["create", database, programs.schema], output: log))
        let control = ["--unixctl=\(folder)/server.ctl", "--no-chdir"]
        try workspace.adopt(
            host.start(programs.databaseServer, [database, "--remote=punix:\(socket)"] + control, output: log))
        try waitForFile(socket)
        let daemon = try host.start(
            programs.daemon, ["unix:\(socket)", "--unixctl=\(folder)/vswitchd.ctl", "--no-chdir"], output: log)
        try workspace.adopt(daemon)
        process = daemon
        var commands = ["--db=unix:\(socket)", "--timeout=10", "--no-wait", "init"]
        try finish(host.start(programs.control, commands, output: log))
        commands = ["--db=unix:\(socket)", "--timeout=10", "add-br", "br0"]
        commands += ["--", "set", "bridge", "br0", "datapath_type=netdev"]
        for port in ["port1", "port2"] { commands += ["--", "add-port", "br0", port] }
        try finish(host.start(programs.control, commands, output: log))
    }

    private func finish(_ program: ChildProcess) throws {
        guard program.wait(seconds: 15) == .exited(0) else {
            program.stop()
            throw BenchError("\(program.name) failed")
        }
    }

    private func waitForFile(_ path: String) throws {
        let deadline = MachineClock.now + MachineClock.nanoseconds(5)
        while access(path, F_OK) != 0 {
            guard MachineClock.now < deadline else { throw BenchError("ovsdb-server did not make \(path)") }
            MachineClock.sleep(seconds: 0.02)
        }
    }
}
