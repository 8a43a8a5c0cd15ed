import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle status`
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the daemon and the engine: versions, process ids, I/O in use, workers.",
        discussion: """
            The daemon (heddled) is the control plane, the engine (heddle-engine) forwards the frames. IO is the way \
            that the engine reads and writes: uring, or epoll where the kernel has no io_uring to offer.

            Examples:
              heddle status
              heddle status --json
            """)

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let status = try global.client.status()
        try global.print(status) { styled in StatusCommand.table(status).text(styled: styled) }
    }

    static func table(_ status: Status) -> Table {
        var table = Table([
            .left("PROCESS"), .right("PID"), .left("VERSION"), .right("UPTIME"), .left("IO"), .right("WORKERS"),
        ])
        table.add([
            "daemon", "\(status.daemon.pid)", "\(status.daemon.version)",
            "\(Units.span(seconds: status.daemon.uptimeSeconds))", "-", "-",
        ])
        guard let engine = status.engine else {
            table.add(["engine", "-", Table.Cell("being replaced", .alarm), "-", "-", "-"])
            return table
        }
        table.add([
            "engine", "\(engine.pid)", "\(engine.version)", "\(Units.span(seconds: engine.uptimeSeconds))",
            "\(engine.io)", "\(engine.workers)",
        ])
        return table
    }
}
