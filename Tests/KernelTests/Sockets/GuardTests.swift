import Addresses
import CLinux
import DataPlane
import Glibc
import Netlink
import SystemPackage
import Testing

extension RealKernel {
    @Suite("Guards of ports")
    struct GuardTests {
        private static let port: UInt16 = 8_080

        /// What frames of a protocol the remote host got, of all that came; IPv6 headers follow directly here.
        private static func count(_ frames: [[UInt8]], proto: UInt8) -> Int {
            frames.count { frame in
                guard frame.count > 34 else { return false }
                return frame[12] == 8 && frame[13] == 0 ? frame[23] == proto : frame[12] == 0x86 && frame[20] == proto
            }
        }

        /// Ports that ICMP's "unreachable" names.
        private static func refusedPorts(_ frames: [[UInt8]]) -> Set<UInt16> {
            Set(
                frames.compactMap { frame in
                    let isV4 = frame.count > 66 && frame[12] == 8 && frame[13] == 0 && frame[23] == 1 && frame[34] == 3
                    let isV6 = frame.count > 106 && frame[12] == 0x86 && frame[20] == 58 && frame[54] == 1
                    guard isV4 || isV6 else { return nil }
                    let place = isV4 ? 64 : 104
                    return UInt16(frame[place]) << 8 | UInt16(frame[place + 1])
                })
        }

        @Test("TCP: no answer of any kind on the uplink, connections on other interfaces and from the host itself")
        func streams() throws {
            let lab = try SocketLab()
            let filter = SocketFilter.guarding(dropOn: [try lab.index("up0")])
            let listener = Plug(
                try lab.host.run { try GuardSocket.listener(port: Self.port, address: nil, filter: filter) })
            #expect(fcntl(listener.descriptor, F_GETFL) & O_NONBLOCK != 0)
            #expect(fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC != 0)
            let heard = try FrameSocket(in: lab.remote)
            let arriving = try FrameSocket("up0", in: lab.host)
            for address in [SocketLab.uplink4, SocketLab.uplink6] {
                #expect(
                    try Plug.connect(
                        from: lab.remote, to: address, port: Self.port, within: .milliseconds(300)) == nil)
            }
            // The questions came, and a packet socket saw them; nothing was answered.
            #expect(Self.count(arriving.takeAll(), proto: 6) >= 2)
            #expect(Self.count(heard.takeAll(), proto: 6) == 0)
            #expect(listener.accept(within: 50) == nil)
            for (place, address) in [
                (lab.office, SocketLab.second4), (lab.office, SocketLab.second6), (lab.host, "127.0.0.1"),
                (lab.host, "::1"), (lab.host, SocketLab.uplink4), (lab.host, SocketLab.uplink6),
            ] {
                let client = try #require(try Plug.connect(from: place, to: address, port: Self.port), "\(address)")
                let server = try #require(listener.accept(), "\(address)")
                client.send([1, 2, 3])
                #expect(server.receive(exactly: 3) == [1, 2, 3])
            }
        }

        @Test("UDP: no ICMP on the uplink, datagrams on other interfaces and from the host itself")
        func datagrams() throws {
            let lab = try SocketLab()
            let filter = SocketFilter.guarding(dropOn: [try lab.index("up0")])
            let socket = Plug(
                try lab.host.run { try GuardSocket.datagram(port: Self.port, address: nil, filter: filter) })
            let heard = try FrameSocket(in: lab.remote)
            for address in [SocketLab.uplink4, SocketLab.uplink6] {
                let (guarded, free) = try (
                    Plug.datagram(from: lab.remote, to: address, port: Self.port),
                    Plug.datagram(from: lab.remote, to: address, port: Self.port + 1)
                )
                // Proof that an answer would be seen: the next port is nobody's. The host answers only so often.
                var frames: [[UInt8]] = []
                let isAnswered = KernelLab.eventually {
                    guarded.send([1])
                    free.send([2])
                    usleep(20_000)
                    frames += heard.takeAll()
                    return Self.refusedPorts(frames).contains(Self.port + 1)
                }
                #expect(isAnswered, "\(address)")
                usleep(50_000)
                frames += heard.takeAll()
                #expect(!Self.refusedPorts(frames).contains(Self.port) && Self.count(frames, proto: 17) == 0)
            }
            #expect(!socket.isReadable(within: 50))
            for (place, address) in [
                (lab.office, SocketLab.second4), (lab.office, SocketLab.second6), (lab.host, "127.0.0.1"),
                (lab.host, "::1"), (lab.host, SocketLab.uplink4),
            ] {
                try Plug.datagram(from: place, to: address, port: Self.port).send([3])
                #expect(socket.isReadable(within: 1_000) && socket.receive() == [3], "\(address)")
            }
        }

        @Test("nobody else gets a guarded port, whatever they ask for, and whoever has one is named")
        func exclusive() throws {
            let lab = try SocketLab()
            let streams = Plug(
                try lab.host.run { try GuardSocket.listener(port: Self.port, address: nil, filter: .dropAll) })
            let datagrams = Plug(
                try lab.host.run { try GuardSocket.datagram(port: Self.port, address: nil, filter: .dropAll) })
            try lab.host.run {
                for address in ["0.0.0.0", "127.0.0.1", "::", "::1", SocketLab.uplink4] {
                    for option in [0, SO_REUSEADDR, SO_REUSEPORT] {
                        for socket in [try InternetSocket.stream(address), try InternetSocket.datagram(address)] {
                            let plug = Plug(socket)
                            var one: Int32 = 1
                            if option != 0 { setsockopt(socket, SOL_SOCKET, option, &one, 4) }
                            // InternetSocket.bind asks for SO_REUSEADDR by itself.
                            #expect(throws: LabError.self, "\(address), \(option)") {
                                try InternetSocket.bind(plug.descriptor, address, port: Self.port)
                            }
                            #expect(errno == EADDRINUSE)
                        }
                    }
                }
                for transport in TransportProtocol.allCases {
                    let error = #expect(throws: PortError.self) {
                        close(
                            try transport == .tcp
                                ? GuardSocket.listener(port: Self.port, address: nil, filter: .acceptAll)
                                : GuardSocket.datagram(port: Self.port, address: nil, filter: .acceptAll))
                    }
                    #expect(error?.errno == .addressInUse && error?.holder?.pid == getpid())
                    #expect(error?.description.contains("8080/\(transport)") == true)
                    #expect(error?.description.contains("(process \(getpid())) has it") == true)
                }
                #expect(PortHolder.find(port: 9, .tcp) == nil)
            }
            _ = (streams, datagrams)
        }

        @Test("one address alone, and the port of a server that has just ended")
        func oneAddress() throws {
            let lab = try SocketLab()
            let address = try IPAddress(parsing: SocketLab.second4)
            // A connection that its server ended stays for a minute.
            do {
                let server = try Plug.server(in: lab.host, at: SocketLab.second4, port: Self.port, isStream: true)
                let client = try #require(
                    try Plug.connect(from: lab.office, to: SocketLab.second4, port: Self.port))
                let accepted = try #require(server.accept())
                accepted.endOutput()
                #expect(client.receive() == [])
            }
            let listener = Plug(
                try lab.host.run { try GuardSocket.listener(port: Self.port, address: address, filter: .acceptAll) })
            #expect(try Plug.connect(from: lab.office, to: SocketLab.second4, port: Self.port) != nil)
            #expect(listener.accept() != nil)
            #expect(try Plug.connect(from: lab.remote, to: SocketLab.uplink4, port: Self.port) == nil)
            let other = try IPAddress(parsing: SocketLab.second6)
            let second = Plug(
                try lab.host.run { try GuardSocket.listener(port: Self.port, address: other, filter: .acceptAll) })
            #expect(try Plug.connect(from: lab.office, to: SocketLab.second6, port: Self.port) != nil)
            #expect(second.accept() != nil)
            let error = #expect(throws: PortError.self) {
                close(
                    try lab.host.run {
                        try GuardSocket.listener(
                            port: Self.port, address: IPAddress(parsing: "203.0.113.9"), filter: .acceptAll)
                    })
            }
            #expect(error?.errno == .addressNotAvailable)
        }

        @Test("where there is no IPv6, a guard is for IPv4")
        func withoutIPv6() throws {
            let sandbox = try LabNamespace()
            let listener = Plug(
                try sandbox.run { try GuardSocket.listener(port: Self.port, address: nil, filter: .acceptAll) })
            let client = try Plug.connect(from: sandbox, to: "127.0.0.1", port: Self.port)
            #expect(client != nil && listener.accept() != nil)
        }

        @Test("a filter that is changed again and again while datagrams come loses none")
        func change() throws {
            let lab = try SocketLab()
            let uplink = try lab.index("up0")
            let socket = Plug(
                try lab.host.run {
                    try GuardSocket.datagram(port: Self.port, address: nil, filter: .guarding(dropOn: [uplink]))
                })
            var room: Int32 = 32 << 20
            // SO_RCVBUFFORCE
            setsockopt(socket.descriptor, SOL_SOCKET, 33, &room, 4)
            let (wanted, unwanted) = (20_000, 20_000)
            let sender = try Plug.datagram(from: lab.office, to: SocketLab.second4, port: Self.port)
            let other = try Plug.datagram(from: lab.remote, to: SocketLab.uplink4, port: Self.port)
            let sending = try SideThread {
                for number in 0..<wanted {
                    sender.send(Frames.big(UInt64(number), 8))
                    if number < unwanted { other.send([9]) }
                }
            }
            var changes = 0
            while !sending.hasEnded {
                let others = (0..<Int32(changes % 50)).map { 1_000 + $0 }
                try GuardSocket.setFilter(socket.descriptor, .guarding(dropOn: others + [uplink]))
                changes += 1
            }
            try sending.join()
            var numbers: [[UInt8]] = []
            while socket.isReadable(within: 100), let datagram = socket.receive(upTo: 64) { numbers.append(datagram) }
            #expect(changes > 100, "\(changes)")
            #expect(numbers == (0..<wanted).map { Frames.big(UInt64($0), 8) })
        }

        @Test("the pool: all ports but those that others have, for both protocols, quickly")
        func pool() throws {
            let lab = try SocketLab()
            let streams = try Plug.server(in: lab.host, at: "127.0.0.1", port: 61_500, isStream: true)
            let datagrams = try Plug.server(in: lab.host, at: SocketLab.uplink6, port: 65_535, isStream: false)
            let start = heddle_monotonic_nanoseconds()
            var pool = try lab.host.run { try PoolReservation() }
            let taken = heddle_monotonic_nanoseconds() - start
            print("pool: \(pool.descriptors.count) sockets in \(taken / 1_000) µs")
            #expect(pool.taken == [61_500, 65_535])
            #expect(pool.ports.map(\.number) == (61_440...65_535).filter { $0 != 61_500 && $0 != 65_535 })
            #expect(pool.descriptors.count == 2 * 4_094)
            // Neither half of a port that is not ours is held.
            #expect(try Plug.server(in: lab.host, at: SocketLab.uplink4, port: 65_535, isStream: true).descriptor >= 0)
            #expect(throws: LabError.self) {
                try Plug.server(in: lab.host, at: "127.0.0.1", port: 65_000, isStream: false)
            }
            let heard = try FrameSocket(in: lab.remote)
            for address in [SocketLab.uplink4, SocketLab.uplink6] {
                try Plug.datagram(from: lab.remote, to: address, port: 65_000).send([1])
                #expect(
                    try Plug.connect(from: lab.remote, to: address, port: 61_440, within: .milliseconds(200)) == nil)
            }
            let frames = heard.takeAll()
            #expect(Self.count(frames, proto: 6) == 0 && Self.refusedPorts(frames).isEmpty)
            pool.close()
            #expect(pool.descriptors.isEmpty)
            #expect(try Plug.server(in: lab.host, at: "127.0.0.1", port: 65_000, isStream: true).descriptor >= 0)
            _ = (streams, datagrams)
        }
    }
}
