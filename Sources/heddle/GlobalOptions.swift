import ArgumentParser
import Glibc
import HeddleAPI
import HeddleClient

/// What every command understands, before and after its name: the root command and each subcommand have this group, and
/// the parser fills it once for both.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket. (default: HEDDLE_SOCKET, or else \(APIPath.defaultSocket))", valueName: "path"),
        completion: .file())
    var socket: String?

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    /// The socket to use: as typed, or from the environment, or the default.
    var socketPath: String {
        socket ?? GlobalOptions.environmentSocket ?? APIPath.defaultSocket
    }

    /// Asks the daemon.
    var client: DaemonClient {
        DaemonClient(socketPath: socketPath)
    }

    mutating func validate() throws {
        if socket == "" {
            throw ValidationError("The path after --socket is empty.")
        }
    }

    /// HEDDLE_SOCKET; nil if it is unset or empty.
    static var environmentSocket: String? {
        // The environment is not changed by this program, so that the text stays valid while it is copied.
        guard let value = getenv("HEDDLE_SOCKET") else { return nil }
        let path = String(cString: value)
        return path.isEmpty ? nil : path
    }
}
