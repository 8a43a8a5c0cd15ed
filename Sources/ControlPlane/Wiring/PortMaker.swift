import Addresses
import DataPlane
import Glibc
import HeddleAPI
import Netlink
import SystemPackage

/// Makes the devices of endpoints: in the private namespace first, where nobody sees them half made, then moved into
/// the sandbox under their name in one request; what others move on is made in place.
struct PortMaker {
    /// What was made.
    struct Made {
        /// Of the TAP or the packet socket; the receiver owns it.
        var descriptor: Int32
        /// The interface's index in the sandbox.
        var index: Int32
        /// The near end's index in the private namespace; 0 if there is none.
        var nearIndex: Int32
    }

    /// What a device shall be.
    struct Plan {
        var port: UInt16
        var ifname: String
        var mac: MACAddress
        var mtu: Int
        var alias: String

        /// The TAP's name before it is moved.
        var temporaryName: String { "t\(port)" }
        /// The near end's name.
        var nearName: String { "v\(port)" }

        /// What a new TAP gets.
        var change: LinkChange {
            var change = LinkChange()
            change.mac = mac
            change.mtu = UInt32(clamping: mtu)
            change.alias = alias
            change.txQueueLength = PortMaker.queueLength
            return change
        }
    }

    /// Frames that wait while an engine is replaced.
    static let queueLength: UInt32 = 8_192
    /// What ethtool shows, in Mb/s: bonding, bandwidth monitors and LACP want a number.
    static let linkSpeed: UInt32 = 10_000

    let privateNamespace: PrivateNamespace

    /// Makes a TAP and moves it into the sandbox.
    func makeTap(_ plan: Plan, in sandbox: SandboxSession) throws(APIError) -> Made {
        let what = "making the TAP \(plan.ifname)"
        let name = try Self.name(plan.ifname)
        let descriptor = try inside(privateNamespace.namespace, for: what) { () throws(APIError) -> Int32 in
            do throws(PortError) {
                return try TapDevice.create(name: plan.temporaryName, persist: true)
            } catch {
                throw .refused(error, for: what)
            }
        }
        do throws(APIError) {
            FailPoint.pass(.attachMade)
            try Self.kernel(what) { () throws(NetlinkError) in
                guard let link = try privateNamespace.route.link(named: plan.temporaryName) else {
                    throw NetlinkError(
                        errno: .operationNotSupportedByDevice, operation: "find the TAP \(plan.temporaryName)")
                }
                try privateNamespace.route.change(link: link.index, plan.change)
                setSpeed(of: plan.temporaryName, privateNamespace.ethtool)
                FailPoint.pass(.attachPrepared)
                try privateNamespace.route.move(link: link.index, to: sandbox.namespace, as: name)
            } taken: {
                Self.nameTaken(plan)
            }
            FailPoint.pass(.attachMoved)
            let link = try Self.kernel(what) { () throws(NetlinkError) in
                try sandbox.interface(marked: plan.alias, index: 0, name: plan.ifname)
            }
            guard let link else { throw .failed("\(what): it vanished at once") }
            return Made(descriptor: descriptor, index: link.index, nearIndex: 0)
        } catch {
            // Gone with its last descriptor, wherever it is by now.
            TapDevice.release(descriptor: descriptor)
            close(descriptor)
            throw error
        }
    }

    /// Makes a TAP where it is to be found, down: for who moves it on, since a move costs some 20 ms (it waits for the
    /// kernel's readers). Until it has its mark, it goes with its descriptor.
    func makeTap(_ plan: Plan, inPlace host: SandboxSession) throws(APIError) -> Made {
        let what = "making the TAP \(plan.ifname)"
        let descriptor = try inside(host.namespace, for: what) { () throws(APIError) -> Int32 in
            do throws(PortError) {
                return try TapDevice.create(name: plan.ifname, persist: false)
            } catch {
                throw .refused(error, for: what)
            }
        }
        do throws(APIError) {
            FailPoint.pass(.attachMade)
            let index = try Self.kernel(what) { () throws(NetlinkError) in
                guard let link = try host.route.link(named: plan.ifname) else {
                    throw NetlinkError(errno: .operationNotSupportedByDevice, operation: "find the TAP \(plan.ifname)")
                }
                try host.route.change(link: link.index, plan.change)
                return link.index
            }
            if let ethtool = try? EthtoolSocket(in: host.namespace) { setSpeed(of: plan.ifname, ethtool) }
            do throws(PortError) {
                try TapDevice.keep(descriptor: descriptor)
            } catch {
                throw .refused(error, for: what)
            }
            FailPoint.pass(.attachMoved)
            return Made(descriptor: descriptor, index: index, nearIndex: 0)
        } catch {
            TapDevice.release(descriptor: descriptor)
            close(descriptor)
            throw error
        }
    }

    /// Makes a pair: the far end in the sandbox, the near end in the private namespace, and a packet socket on it.
    func makeVeth(_ plan: Plan, in sandbox: SandboxSession) throws(APIError) -> Made {
        let what = "making the veth pair of \(plan.ifname)"
        let near = NewLink(
            name: try Self.name(plan.nearName), mtu: UInt32(clamping: plan.mtu), txQueueLength: Self.queueLength)
        let far = NewLink(
            name: try Self.name(plan.ifname), mac: plan.mac, mtu: UInt32(clamping: plan.mtu),
            txQueueLength: Self.queueLength)
        let route = privateNamespace.route
        let nearIndex = try Self.kernel(what) { () throws(NetlinkError) in
            try route.createVeth(near: near, far: far, farNamespace: sandbox.namespace, alias: plan.alias)
        } taken: {
            Self.nameTaken(plan)
        }
        do throws(APIError) {
            FailPoint.pass(.attachMade)
            let index = try Self.kernel(what) { () throws(NetlinkError) in
                // Without an address of its own the near end says nothing into the sandbox.
                try route.silenceIPv6(link: nearIndex)
                try route.setUp(link: nearIndex)
                guard let link = try sandbox.route.link(named: plan.ifname) else {
                    throw NetlinkError(
                        errno: .operationNotSupportedByDevice, operation: "find the interface \(plan.ifname)")
                }
                try sandbox.route.setAlias(link: link.index, plan.alias)
                return link.index
            }
            FailPoint.pass(.attachMoved)
            let descriptor = try openSocket(nearIndex: nearIndex, what: what)
            return Made(descriptor: descriptor, index: index, nearIndex: nearIndex)
        } catch {
            try? route.deleteLink(index: nearIndex)
            throw error
        }
    }

    /// Opens a packet socket on a near end.
    func openSocket(nearIndex: Int32, what: String) throws(APIError) -> Int32 {
        try inside(privateNamespace.namespace, for: what) { () throws(APIError) -> Int32 in
            do throws(PortError) {
                return try PacketSocket.open(interfaceIndex: nearIndex, promiscuous: false)
            } catch {
                throw .refused(error, for: what)
            }
        }
    }

    /// Takes away what there is in the private namespace for a port. Whether there was anything.
    @discardableResult
    func clean(port: UInt16) throws(NetlinkError) -> Bool {
        var isFound = false
        let plan = Plan(port: port, ifname: "", mac: .zero, mtu: 0, alias: "")
        for name in [plan.temporaryName, plan.nearName] {
            guard let link = try privateNamespace.route.link(named: name) else { continue }
            try privateNamespace.route.deleteLinkIfThere(index: link.index)
            isFound = true
        }
        return isFound
    }

    private func setSpeed(of name: String, _ ethtool: EthtoolSocket) {
        // A kernel that refuses shows an unknown speed; nothing else depends on it.
        try? ethtool.setSpeed(name, megabits: Self.linkSpeed)
    }

    static func name(_ text: String) throws(APIError) -> InterfaceName {
        guard let name = InterfaceName(text) else {
            throw .invalid("\(APIError.quoted(text)) is not an interface name")
        }
        return name
    }

    /// Runs rtnetlink requests with errors for the API; `taken` is what EEXIST means.
    static func kernel<Result>(
        _ what: String, _ body: () throws(NetlinkError) -> Result, taken: (() -> APIError)? = nil
    ) throws(APIError) -> Result {
        do throws(NetlinkError) {
            return try body()
        } catch {
            if error.isAlreadyThere, let taken { throw taken() }
            throw .refused(error, for: what)
        }
    }

    private static func nameTaken(_ plan: Plan) -> APIError {
        .conflict(
            "the sandbox has an interface \(plan.ifname) already",
            hint: "Choose another --ifname, or leave it out to get the first free ethN.")
    }
}

extension RouteSession {
    /// Keeps the kernel from making IPv6 addresses of its own; fine where there is no IPv6 at all: switched off, or an
    /// MTU below its 1280 bytes.
    func silenceIPv6(link index: Int32) throws(NetlinkError) {
        do throws(NetlinkError) {
            try setIPv6AddressGeneration(link: index, .none)
        } catch {
            if error.errno != .addressFamilyNotSupported { throw error }
        }
    }

    /// Removes an interface; fine if it is gone already.
    func deleteLinkIfThere(index: Int32) throws(NetlinkError) {
        do throws(NetlinkError) {
            try deleteLink(index: index)
        } catch {
            if !error.isMissing { throw error }
        }
    }
}
