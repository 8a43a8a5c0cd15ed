import Addresses

/// An interface as it was found.
struct LinkSight: Hashable, Sendable {
    /// Its index in the namespace where it was found.
    var index: Int32
    /// Its name there.
    var name: String
    /// Its alias; empty if it has none.
    var alias: String
    /// Its MAC address, if it has one.
    var mac: MACAddress?
}

/// A port that the engine (or, before there is one, this daemon) holds open.
struct HeldPort: Hashable, Sendable {
    /// What kind of descriptor it is.
    var isTap: Bool
    /// Names the descriptor.
    var token: UInt64
}

/// A sandbox as it was found under an endpoint's reference.
enum SandboxSight: Hashable, Sendable {
    /// There is no namespace under that reference.
    case absent
    /// The daemon's own namespace lies there: never touched.
    case own
    /// A namespace, its number, and the endpoint's interface if it is there (same index and mark).
    case present(cookie: UInt64, interface: LinkSight?)
}

/// What the reconciler looks at: the world as it was found.
struct Sightings: Sendable {
    /// Open ports by number.
    var held: [UInt16: HeldPort] = [:]
    /// Sandboxes by endpoint id; adopted interfaces have none.
    var sandboxes: [String: SandboxSight] = [:]
    /// Everything in the private namespace but its loopback.
    var privateLinks: [LinkSight] = []
    /// Whether the private namespace had to be made anew, so that all that was in it is lost.
    var isPrivateNew = false
    /// Everything in the daemon's own namespace.
    var ownLinks: [LinkSight] = []
}
