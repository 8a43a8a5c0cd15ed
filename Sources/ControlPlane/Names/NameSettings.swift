import Addresses

/// Whom names are asked of that no network knows.
public struct NameSettings: Hashable, Sendable {
    /// Empty: those of the host's resolv.conf, as it changes.
    let resolvers: [IPAddress]

    /// Checks addresses; whether somebody answers there shows later.
    public init(resolvers texts: [String] = []) throws(ControlError) {
        var found: [IPAddress] = []
        for text in texts {
            let address: IPAddress
            do {
                address = try IPAddress(parsing: text)
            } catch {
                throw ControlError("\(error)")
            }
            if address.isUnspecified || address.isMulticast {
                throw ControlError("no resolver can have the address \(address)")
            }
            if found.contains(address) { throw ControlError("the resolver \(address) is named twice") }
            found.append(address)
        }
        resolvers = found
    }
}
