package import Addresses
import Netlink

/// Where a test's traffic begins and ends. What lies between is the subject.
package struct TestPath: Sendable {
    /// One end: an interface with an address in a namespace.
    package struct End: Sendable {
        /// The namespace.
        package var sandbox: Sandbox
        /// The interface's number there.
        package var interfaceIndex: Int32
        /// Its MAC address.
        package var mac: MACAddress
        /// Its IPv4 address.
        package var address: IPv4Address

        /// Reads an interface that exists and has been given `address`.
        package init(sandbox: Sandbox, interface: String, address: IPv4Address) throws {
            guard let link = try sandbox.routes().link(named: interface), let mac = link.mac else {
                throw BenchError("there is no Ethernet interface \(interface) in the namespace \(sandbox.name)")
            }
            self.sandbox = sandbox
            self.interfaceIndex = link.index
            self.mac = mac
            self.address = address
        }
    }

    /// Where frames are sent from.
    package var sender: End
    /// Where they are to arrive.
    package var receiver: End

    /// Makes a path of its ends.
    package init(sender: End, receiver: End) {
        self.sender = sender
        self.receiver = receiver
    }

    /// Pings until an answer comes: the path works, and both ends and the switch know each other's addresses.
    package func waitUntilItWorks(seconds: Double = 5) throws {
        let deadline = MachineClock.now + MachineClock.nanoseconds(seconds)
        repeat {
            let socket = try sender.sandbox.run { try InternetSocket.echo(to: receiver.address) }
            let outcome = RoundTripProbe.echoes(on: socket, count: 1, seconds: 1)
            if outcome.latency.count > 0 { return }
        } while MachineClock.now < deadline
        throw BenchError(
            "no ping came through from \(sender.sandbox.name) to \(receiver.sandbox.name) in \(Int(seconds)) s")
    }
}
