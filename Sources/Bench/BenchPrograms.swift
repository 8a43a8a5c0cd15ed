/// Where Heddle's own programs are.
public struct BenchPrograms: Sendable, Hashable {
    /// heddled.
    public var daemon: String
    /// The program that runs `Relay` when it is asked to.
    public var relay: String

    /// Names programs.
    public init(daemon: String, relay: String) {
        self.daemon = daemon
        self.relay = relay
    }

    /// Those beside the program that runs this.
    public static var besideThis: BenchPrograms {
        BenchPrograms(daemon: Tool.ownFolder + "/heddled", relay: "/proc/self/exe")
    }
}
