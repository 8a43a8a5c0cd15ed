import Addresses
import HeddleAPI
import Netlink

extension Switchboard {
    /// A sandbox joins a network once, whatever it is called: `cookie` finds it under another name.
    func refuseSecond(_ wish: AttachSpecification, network: NetworkRecord, cookie: UInt64? = nil) throws(APIError) {
        let twin = endpointRecords.values.first { endpoint in
            guard endpoint.network == network.id, endpoint.via != .adopted else { return false }
            if endpoint.sandbox == wish.sandbox { return true }
            return cookie != nil && !endpoint.isGone && endpoint.cookie == cookie
        }
        guard let twin else { return }
        let name = twin.sandbox == wish.sandbox ? "" : " as \(twin.sandbox)"
        let isGone = twin.isGone ? "; it is gone and comes back when its sandbox does" : ""
        throw .conflict(
            "the sandbox \(APIError.quoted(wish.sandbox)) is attached to \(network.name) already\(name), by"
                + " \(twin.ifname)\(isGone)",
            hint: "'heddle detach \(network.name) \(twin.sandbox)' undoes that.")
    }

    /// The name that was asked for if it is free, else eth0 or the first free ethN.
    func chooseName(_ wish: AttachSpecification, sandbox: SandboxSession) throws(APIError) -> String {
        let what = "looking at the interfaces of \(APIError.quoted(wish.sandbox))"
        // Those that are gone shall find their name free when the sandbox comes back.
        let promised = endpointRecords.values.filter {
            $0.via != .adopted && ($0.sandbox == wish.sandbox || (!$0.isGone && $0.cookie == sandbox.cookie))
        }
        func isTaken(_ name: String) throws(APIError) -> Bool {
            if promised.contains(where: { $0.ifname == name }) { return true }
            return try PortMaker.kernel(what) { () throws(NetlinkError) in try sandbox.route.link(named: name) } != nil
        }
        if let wanted = wish.ifname {
            guard try isTaken(wanted) else { return wanted }
            throw .conflict(
                "the sandbox \(APIError.quoted(wish.sandbox)) has an interface \(wanted) already",
                hint: "Choose another --ifname, or leave it out to get the first free ethN.")
        }
        for number in 0..<4_096 where try !isTaken("eth\(number)") { return "eth\(number)" }
        throw .conflict("the sandbox \(APIError.quoted(wish.sandbox)) has no free name of eth0…eth4095")
    }

    /// A MAC address is one endpoint's in a network.
    func refuseTaken(mac: MACAddress, network: NetworkRecord) throws(APIError) {
        if network.hostPort != nil, mac == network.gatewayMAC {
            throw .conflict(
                "\(mac) is the MAC address of the gateway of \(network.name)", hint: "Choose another --mac.")
        }
        if let station = stationRecords[network.id]?[mac] {
            throw .conflict(
                "\(mac) is a static station of \(network.name) behind \(station.vtep)",
                hint: "Choose another --mac, or 'heddle stations \(network.name) rm \(mac)'.")
        }
        if let other = endpointRecords.values.first(where: { $0.network == network.id && $0.mac == mac }) {
            throw .conflict(
                "\(mac) is the MAC address of \(other.label) in \(network.name)", hint: "Choose another --mac.")
        }
    }
}
