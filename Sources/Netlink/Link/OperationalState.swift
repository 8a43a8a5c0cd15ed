/// Whether an interface can carry traffic (RFC 2863; IF_OPER_* of linux/if.h).
///
/// The kernel looks at an interface some time after its carrier has changed, and only then lets it send: until the state
/// says `up`, frames for it are dropped without a word.
public enum OperationalState: UInt8, Hashable, Sendable {
    /// The kernel has not looked yet, or the driver doesn't tell: it works if it is up and has a carrier.
    case unknown = 0
    /// Some part of it is missing.
    case notPresent = 1
    /// No carrier, or not up.
    case down = 2
    /// What it stands on is down.
    case lowerLayerDown = 3
    /// In a test mode.
    case testing = 4
    /// Waits for something outside, such as authentication.
    case dormant = 5
    /// It carries traffic.
    case up = 6
}
