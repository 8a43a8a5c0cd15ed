import CLinux
import Glibc

/// What the daemon must be allowed.
enum Privileges {
    /// Numbers of linux/capability.h.
    private static let needed: [(name: String, bit: UInt64)] = [
        ("CAP_NET_ADMIN", 12), ("CAP_NET_RAW", 13), ("CAP_SYS_ADMIN", 21),
    ]

    /// Throws if something is missing; says what.
    static func check() throws(ControlError) {
        var bits: UInt64 = 0
        let result = heddle_capabilities(&bits)
        guard result == 0 else {
            throw ControlError("cannot read this process's capabilities: \(ControlError.reason(-result))")
        }
        let missing = needed.filter { bits & (1 << $0.bit) == 0 }.map(\.name)
        if missing.isEmpty { return }
        throw ControlError(
            "needs \(missing.joined(separator: ", ")) to make interfaces and enter namespaces: run it as root")
    }
}
