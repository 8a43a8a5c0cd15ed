import Addresses
import HeddleAPI

/// A pool of addresses that Docker got.
struct DockerPoolRecord: Hashable, Sendable {
    /// How often it was given out.
    var uses: Int
    /// What it is.
    var subnet: IPPrefix
    /// Where addresses are chosen from; nil: in all of it.
    var range: IPPrefix?
    /// How Docker names it.
    var id: String

    /// What the id of a pool begins with that was given out for a request; what follows is never used again, so that
    /// whoever still has an old pool's id reaches no other pool by it.
    static func prefix(space: String, subnet: IPPrefix, range: IPPrefix?) -> String {
        "\(space)|\(subnet)" + (range.map { "|\($0)" } ?? "") + "#"
    }
}

/// An address of a pool that Docker got.
struct DockerAddressRecord: Hashable, Sendable {
    /// The pool's id.
    var pool: String
    /// The address.
    var address: IPAddress
    /// What it is for.
    var use: Use

    /// What an address is for, as far as it can be told.
    enum Use: String, Hashable, Sendable {
        /// A network's gateway.
        case gateway
        /// Asked for by name while its network was being made: an auxiliary address.
        case early
        /// A container's.
        case container
    }
}
