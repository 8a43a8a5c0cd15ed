public import Addresses

/// Why a pool cannot be made or an address cannot be had.
public struct AddressPoolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// A subnet or range has bits behind its prefix.
        case hostBits(IPPrefix)
        /// The subnet overlaps one that no host is in.
        case special(IPPrefix)
        /// The gateway is not in the subnet.
        case gatewayOutside(IPAddress)
        /// The range is not in the subnet.
        case rangeOutside(IPPrefix)
        /// The address is not in the subnet.
        case outside(IPAddress)
        /// The address is the gateway's.
        case isGateway(IPAddress)
        /// The address is the subnet's own: the network address or, in IPv6, the subnet-router anycast address.
        case isNetwork(IPAddress)
        /// The address is the broadcast address.
        case isBroadcast(IPAddress)
        /// Somebody else has the address.
        case inUse(IPAddress)
        /// All addresses of the range are taken.
        case exhausted(IPPrefix)
    }

    /// The subnet in question.
    public let subnet: IPPrefix
    /// What is wrong.
    public let reason: Reason

    /// Makes an error of its parts.
    public init(subnet: IPPrefix, reason: Reason) {
        self.subnet = subnet
        self.reason = reason
    }

    /// One line: the thing, the reason, the way out.
    public var description: String {
        switch reason {
        case .hostBits(let prefix): "\(prefix) has bits behind its prefix: did you mean \(prefix.masked)?"
        case .special(let special): "\(subnet) overlaps \(special), whose addresses no host has: use another subnet"
        case .gatewayOutside(let gateway): "the gateway \(gateway) is not in the subnet \(subnet): use one that is"
        case .rangeOutside(let range): "the range \(range) is not inside the subnet \(subnet): use one that is"
        case .outside(let address): "\(address) is not in the subnet \(subnet): use an address that is"
        case .isGateway(let address): "\(address) is the gateway of \(subnet): use another address"
        case .isNetwork(let address): "\(address) is \(networkWords) of \(subnet): use another address"
        case .isBroadcast(let address): "\(address) is the broadcast address of \(subnet): use another address"
        case .inUse(let address): "\(address) is in use: use another address, or detach the endpoint that has it"
        case .exhausted(let range):
            "all addresses of \(range) are in use: detach endpoints, or make a network with a larger subnet"
        }
    }

    private var networkWords: String {
        subnet.family == .v4 ? "the network address" : "the subnet-router anycast address"
    }
}
