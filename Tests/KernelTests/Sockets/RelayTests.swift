import Addresses
import DataPlane
import Foundation
import Glibc
import Logging
import Netlink
import Relay
import Testing

extension RealKernel {
    @Suite("The relay for local clients")
    struct RelayTests {
        private static let port: UInt16 = 8_080
        private static let target: UInt16 = 80

        /// A host with a relay, and what it keeps of a published port.
        private final class Rig: Sendable {
            let lab: SocketLab
            let relay: RelayServer

            init(limits: RelayLimits = RelayLimits()) throws {
                let lab = try SocketLab()
                self.lab = lab
                relay = try lab.host.run { try RelayServer(limits: limits, log: Logger(label: "relay")) }
            }

            deinit {
                relay.shutDown()
            }

            /// Publishes a port; the guard that lives on elsewhere.
            func publish(
                id: UInt32 = 1, _ transport: TransportProtocol, to address: String = SocketLab.endpoint4,
                port: UInt16 = RelayTests.port, target: UInt16 = RelayTests.target
            ) throws -> Plug {
                let filter = SocketFilter.guarding(dropOn: [try lab.index("up0")])
                let kept = try lab.host.run {
                    try transport == .tcp
                        ? GuardSocket.listener(port: port, address: nil, filter: filter)
                        : GuardSocket.datagram(port: port, address: nil, filter: filter)
                }
                try relay.add(
                    id: id, transport, descriptors: [dup(kept)], target: IPAddress(parsing: address), firstPort: target)
                return Plug(kept)
            }

            /// The endpoint's server.
            func server(_ address: String = SocketLab.endpoint4, isStream: Bool = true) throws -> Plug {
                try Plug.server(in: lab.endpoint, at: address, port: RelayTests.target, isStream: isStream)
            }

            func client(_ address: String = "127.0.0.1", from place: LabNamespace? = nil) throws -> Plug {
                guard let plug = try Plug.connect(from: place ?? lab.host, to: address, port: RelayTests.port) else {
                    throw LabError("no connection to \(address)")
                }
                return plug
            }
        }

        /// Bytes that tell where they belong.
        private static func pattern(_ count: Int, _ seed: UInt64) -> [UInt8] {
            var random = Seeded(seed)
            let block = (0..<65_537).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count + block.count)
            while bytes.count < count { bytes += block }
            return Array(bytes.prefix(count))
        }

        /// Memory of this process.
        private static func residentKilobytes() -> Int {
            let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
            let words = text.split(separator: " ")
            return words.count > 1 ? (Int(words[1]) ?? 0) * 4 : 0
        }

        @Test("TCP from the host and from a second interface, over both families; the endpoint sees the gateway")
        func streams() throws {
            let rig = try Rig()
            let kept = try rig.publish(.tcp)
            let server = try rig.server()
            for (place, address) in [
                (rig.lab.host, "127.0.0.1"), (rig.lab.host, "::1"), (rig.lab.host, SocketLab.uplink4),
                (rig.lab.office, SocketLab.second4), (rig.lab.office, SocketLab.second6),
            ] {
                let client = try rig.client(address, from: place)
                let accepted = try #require(server.accept(), "\(address)")
                client.send([1, 2, 3])
                #expect(accepted.receive(exactly: 3) == [1, 2, 3])
                accepted.send([4, 5])
                #expect(client.receive(exactly: 2) == [4, 5])
            }
            let silent = try Plug.connect(
                from: rig.lab.remote, to: SocketLab.uplink4, port: Self.port, within: .milliseconds(200))
            #expect(silent == nil && kept.descriptor >= 0)
        }

        @Test("an IPv6 endpoint for clients of both families")
        func toIPv6() throws {
            let rig = try Rig()
            let kept = try rig.publish(.tcp, to: SocketLab.endpoint6)
            let server = try rig.server(SocketLab.endpoint6)
            for address in ["127.0.0.1", "::1"] {
                let client = try rig.client(address)
                let accepted = try #require(server.accept())
                client.send([7])
                #expect(accepted.receive(exactly: 1) == [7])
            }
            _ = kept
        }

        @Test("each direction ends by itself, and what was sent before its end arrives", arguments: [true, false])
        func halfClose(clientFirst: Bool) throws {
            let rig = try Rig()
            let kept = try rig.publish(.tcp)
            let server = try rig.server()
            let client = try rig.client()
            let accepted = try #require(server.accept())
            let (first, second) = clientFirst ? (client, accepted) : (accepted, client)
            first.send([1, 2])
            first.endOutput()
            #expect(second.receive(exactly: 2) == [1, 2] && second.receive() == [])
            // The other direction goes on for as long as it likes; a slow reader gets all of it after the end, too.
            let bytes = Self.pattern(8 << 20, 5)
            let sending = try SideThread {
                let error = second.send(bytes)
                second.endOutput()
                return error
            }
            usleep(300_000)
            #expect(first.receive(exactly: bytes.count) == bytes)
            #expect(first.receive() == [])
            #expect(try sending.join() == 0)
            #expect(KernelLab.eventually { rig.relay.load.connections == 0 })
            _ = kept
        }

        @Test("an endpoint that doesn't listen, and one that resets: the client is reset")
        func refusals() throws {
            let rig = try Rig()
            let kept = try rig.publish(.tcp)
            let client = try rig.client()
            #expect(client.receive() == nil && errno == ECONNRESET)
            let server = try rig.server()
            for isClientReset in [true, false] {
                let client = try rig.client()
                let accepted = try #require(server.accept())
                client.send([1])
                #expect(accepted.receive(exactly: 1) == [1])
                let (broken, told) = isClientReset ? (client, accepted) : (accepted, client)
                var hard = linger(l_onoff: 1, l_linger: 0)
                setsockopt(broken.descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
                // A connect to "unspecified" ends a TCP connection with a reset.
                var nowhere = sockaddr()
                connect(broken.descriptor, &nowhere, 16)
                #expect(told.receive() == nil && errno == ECONNRESET, "client \(isClientReset)")
            }
            #expect(KernelLab.eventually { rig.relay.load.connections == 0 })
            _ = kept
        }

        @Test("much in both directions at once, with readers that are slow at first")
        func bigTransfers() throws {
            let rig = try Rig()
            let kept = try rig.publish(.tcp)
            let server = try rig.server()
            let client = try rig.client()
            let accepted = try #require(server.accept())
            let size = 64 << 20
            let (up, down) = (Self.pattern(size, 1), Self.pattern(size, 2))
            let senders = try [(client, up), (accepted, down)].map { plug, bytes in
                try SideThread {
                    let error = plug.send(bytes)
                    plug.endOutput()
                    return error
                }
            }
            usleep(500_000)
            let receiving = try SideThread { accepted.receive(exactly: size) == up && accepted.receive() == [] }
            usleep(500_000)
            #expect(client.receive(exactly: size) == down && client.receive() == [])
            #expect(try receiving.join())
            for sender in senders { #expect(try sender.join() == 0) }
            _ = kept
        }

        @Test("a thousand connections at once, then a publish that ends with all of them, and one that comes again")
        func manyConnections() throws {
            let rig = try Rig()
            let kept = try rig.publish(.tcp)
            let server = try rig.server()
            var pairs: [(client: Plug, server: Plug)] = []
            let before = Self.residentKilobytes()
            for number in 0..<1_000 {
                let client = try rig.client()
                let accepted = try #require(server.accept(), "\(number)")
                pairs.append((client, accepted))
            }
            for (number, pair) in pairs.enumerated() {
                pair.client.send(Frames.big(UInt64(number), 4))
                pair.server.send(Frames.big(UInt64(number + 7), 4))
            }
            for (number, pair) in pairs.enumerated() {
                #expect(pair.server.receive(exactly: 4) == Frames.big(UInt64(number), 4))
                #expect(pair.client.receive(exactly: 4) == Frames.big(UInt64(number + 7), 4))
            }
            #expect(rig.relay.load.connections == 1_000)
            print("relay: \(Self.residentKilobytes() - before) KB more for 1,000 connections")
            rig.relay.remove(id: 1)
            for pair in pairs { #expect(pair.client.receive().map(\.isEmpty) != false) }
            #expect(KernelLab.eventually { rig.relay.load.connections == 0 })
            // The listener is still there and takes connections, which the next relay serves.
            let waiting = try rig.client()
            try rig.relay.add(
                id: 2, .tcp, descriptors: [dup(kept.descriptor)], target: IPAddress(parsing: SocketLab.endpoint4),
                firstPort: Self.target)
            let accepted = try #require(server.accept())
            waiting.send([9])
            #expect(accepted.receive(exactly: 1) == [9])
        }

        @Test("what is more than allowed is refused, of one publish and in all")
        func limits() throws {
            var limits = RelayLimits()
            limits.connectionsPerPublish = 3
            limits.connections = 5
            limits.clientsPerPublish = 2
            let rig = try Rig(limits: limits)
            let kept = [try rig.publish(.tcp), try rig.publish(id: 2, .tcp, port: Self.port + 1)]
            let server = try rig.server()
            var held: [Plug] = []
            func attempt(_ port: UInt16) throws -> Bool {
                let client = try #require(try Plug.connect(from: rig.lab.host, to: "127.0.0.1", port: port))
                guard let accepted = server.accept(within: 300) else {
                    #expect(client.receive() == nil)
                    return false
                }
                held += [client, accepted]
                return true
            }
            #expect(try (0..<4).map { _ in try attempt(Self.port) } == [true, true, true, false])
            #expect(try (0..<3).map { _ in try attempt(Self.port + 1) } == [true, true, false])
            held.removeAll()
            #expect(KernelLab.eventually { rig.relay.load.connections == 0 })
            #expect(try attempt(Self.port))
            let guarded = try rig.publish(.udp)
            let echo = try rig.server(isStream: false)
            let clients = try (0..<3).map { _ in
                try Plug.datagram(from: rig.lab.host, to: "127.0.0.1", port: Self.port)
            }
            for (number, client) in clients.enumerated() {
                client.send([UInt8(number)])
                #expect(echo.isReadable(within: number < 2 ? 1_000 : 200) == (number < 2))
                if number < 2 { #expect(echo.receive() == [UInt8(number)]) }
            }
            #expect(rig.relay.load.clients == 2)
            _ = (kept, guarded)
        }

        @Test("UDP: answers come from the address that was asked, for each client by itself")
        func datagrams() throws {
            let rig = try Rig()
            let kept = try rig.publish(.udp)
            let echo = try rig.server(isStream: false)
            let answering = try SideThread {
                var count = 0
                while count < 15 {
                    var sender = sockaddr_storage()
                    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
                    var buffer = [UInt8](repeating: 0, count: 65_536)
                    let (received, answered) = withUnsafeMutablePointer(to: &sender) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                            let received = recvfrom(echo.descriptor, &buffer, buffer.count, 0, name, &length)
                            guard received >= 0 else { return (received, -1) }
                            return (received, sendto(echo.descriptor, buffer, received, 0, name, length))
                        }
                    }
                    guard received >= 0, answered == received else { return count }
                    count += 1
                }
                return count
            }
            // A connected socket hears only the address that it speaks to.
            let clients = try [
                (rig.lab.host, "127.0.0.1"), (rig.lab.host, "::1"), (rig.lab.host, SocketLab.uplink4),
                (rig.lab.office, SocketLab.second4), (rig.lab.office, SocketLab.second6),
            ].map { try Plug.datagram(from: $0, to: $1, port: Self.port) }
            for size in [1, 0, 60_000] {
                for (number, client) in clients.enumerated() {
                    let bytes = [UInt8](repeating: UInt8(number), count: size)
                    #expect(send(client.descriptor, bytes, size, 0) == size)
                    // The longest ones fill a guard's buffer: one at a time.
                    #expect(client.receive(upTo: 65_536) == bytes, "client \(number), \(size) bytes")
                }
            }
            #expect(try answering.join() == 15)
            #expect(rig.relay.load.clients == 5)
            rig.relay.remove(id: 1)
            #expect(rig.relay.load.clients == 0)
            _ = kept
        }

        @Test("UDP: an endpoint's refusal loses nothing that comes later; silent clients are forgotten")
        func datagramLives() throws {
            var limits = RelayLimits()
            limits.clientIdle = .milliseconds(400)
            let rig = try Rig(limits: limits)
            let kept = try rig.publish(.udp)
            let client = try Plug.datagram(from: rig.lab.host, to: "127.0.0.1", port: Self.port)
            for _ in 0..<5 {
                client.send([1])
                usleep(20_000)
            }
            let echo = try rig.server(isStream: false)
            client.send([2])
            #expect(echo.isReadable(within: 1_000) && echo.receive() == [2])
            #expect(rig.relay.load.clients == 1)
            #expect(KernelLab.eventually { rig.relay.load.clients == 0 })
            client.send([3])
            #expect(echo.isReadable(within: 1_000) && echo.receive() == [3])
            _ = kept
        }
    }
}
