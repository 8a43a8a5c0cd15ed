/// What the switch knows of one broadcast domain. A plain value; the switch owns the list of members.
struct Domain {
    /// Whether the domain exists.
    var isPresent = false
    /// Members in no order. nil: none yet.
    var members: UnsafeMutablePointer<UInt16>?
    var memberCount = 0
    var memberCapacity = 0
    /// How many members are access ports. Not 0: the domain tells VLANs apart.
    var accessCount = 0
    /// How many members are not isolated.
    var openCount = 0
    /// The host port, behind which the domain's router is; 0: nothing is routed.
    var gatewayPort: UInt16 = 0
    /// The router's MAC address; 0: nothing is routed.
    var gatewayMAC: UInt64 = 0
    /// Whether one of the ports leads to a LAN and the others are endpoints there; if not, all ports are alike.
    var hasParent = false
    /// Whether endpoints reach each other directly.
    var joinsEndpoints = false
    /// Whether the LAN may send endpoints' frames back to others.
    var acceptsReturned = false
    /// Whether all that is on the LAN is for the one endpoint.
    var isWire = false
    /// The port that leads to the LAN; 0: it isn't there.
    var parentPort: UInt16 = 0

    init() {}

    /// Adds a member.
    ///
    /// - Returns: its place.
    mutating func append(_ port: UInt16) -> Int {
        if memberCount == memberCapacity {
            let capacity = max(8, memberCapacity * 2)
            let grown = UnsafeMutablePointer<UInt16>.allocate(capacity: capacity)
            grown.initialize(repeating: 0, count: capacity)
            if let members {
                grown.update(from: members, count: memberCount)
                members.deallocate()
            }
            members = grown
            memberCapacity = capacity
        }
        members?[memberCount] = port
        memberCount += 1
        return memberCount - 1
    }

    /// Takes the member at `index` out and puts the last one into its place.
    ///
    /// - Returns: the port that is at `index` now; nil if it was the last.
    mutating func remove(at index: Int) -> UInt16? {
        guard let members, index < memberCount else { return nil }
        memberCount -= 1
        if index == memberCount { return nil }
        members[index] = members[memberCount]
        return members[index]
    }

    /// Frees the list.
    mutating func dispose() {
        members?.deallocate()
        members = nil
        memberCount = 0
        memberCapacity = 0
    }
}
