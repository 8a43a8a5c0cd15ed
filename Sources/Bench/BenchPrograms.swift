/// Where Heddle's own programs are.
public struct BenchPrograms: Sendable, Hashable {
    /// heddled.
    public var daemon: String
    /// The heddled that it is compared with in `BenchScene.builds`; it has its engine beside it.
    public var otherDaemon: String
    /// The program that runs `Relay` when it is asked to.
    public var relay: String

    /// Names programs.
    public init(daemon: String, otherDaemon: String? = nil, relay: String) {
        self.daemon = daemon
        self.otherDaemon = otherDaemon ?? daemon
        self.relay = relay
    }

    /// Those beside the program that runs this.
    public static var besideThis: BenchPrograms {
        BenchPrograms(daemon: Tool.ownFolder + "/heddled", relay: "/proc/self/exe")
    }
}
