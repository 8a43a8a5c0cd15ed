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

    /// The same for the same request.
    static func id(space: String, subnet: IPPrefix, range: IPPrefix?) -> String {
        "\(space)|\(subnet)" + (range.map { "|\($0)" } ?? "")
    }
}

/// An address of a pool that Docker got.
struct DockerAddressRecord: Hashable, Sendable {
    /// The pool's id.
    var pool: String
    /// The address.
    var address: IPAddress
}
