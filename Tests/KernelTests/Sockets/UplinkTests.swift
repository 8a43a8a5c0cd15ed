import Addresses
import CLinux
import DataPlane
import Glibc
import Netlink
import SystemPackage
import Testing

extension RealKernel {
    @Suite("Uplinks")
    struct UplinkTests {
        /// The remote host's word to the host by Ethernet.
        private struct Wire {
            let socket: FrameSocket
            private let front: [UInt8]

            init(_ lab: SocketLab) throws {
                socket = try FrameSocket(in: lab.remote)
                let (to, from) = (try lab.host.link("up0").mac, try lab.remote.link("eth0").mac)
                front = Frames.big(to?.value ?? 0, 6) + Frames.big(from?.value ?? 0, 6)
            }

            func frame(
                _ proto: UInt8, _ transport: [UInt8], offset: UInt16 = 0, to: [UInt8] = [192, 0, 2, 1],
                tag: [UInt8] = [], mac: [UInt8]? = nil
            ) -> [UInt8] {
                let length = UInt64(20 + transport.count)
                var header: [UInt8] = [0x45, 0] + Frames.big(length, 2) + [0, 1] + Frames.big(UInt64(offset), 2)
                header += [64, proto, 0, 0, 192, 0, 2, 2] + to
                header.replaceSubrange(10..<12, with: Frames.big(UInt64(Frames.checksum(header)), 2))
                let ethernet = (mac ?? Array(front[..<6])) + front[6...]
                return ethernet + tag + [8, 0] + header + transport
            }

            func frame6(_ next: UInt8, _ rest: [UInt8], to: String = SocketLab.uplink6) throws -> [UInt8] {
                let (source, target) = (try IPAddress(parsing: "2001:db8:a::2"), try IPAddress(parsing: to))
                return front + [0x86, 0xDD, 0x60, 0, 0, 0] + Frames.big(UInt64(rest.count), 2) + [next, 64]
                    + source.octets + target.octets + rest
            }
        }

        @Test("hears just what was planned, while the host's own traffic passes by unseen")
        func justThePlan() throws {
            let lab = try SocketLab()
            let plan = UplinkFilterPlan(
                poolFirst: 61_440, poolCount: 4_096, tcp: [8_080...8_090], udp: [53...53],
                routed: [try IPPrefix(parsing: "10.9.0.0/16"), try IPPrefix(parsing: "2001:db8:f::/64")])
            let index = try lab.index("up0")
            let uplink = try lab.host.run { try UplinkSocket.open(interface: index, filter: plan.filter) }
            defer { close(uplink) }
            let wire = try Wire(lab)
            let payload = [UInt8](repeating: 5, count: 24)
            func ports(_ port: UInt16) -> [UInt8] { [0x30, 0x39] + Frames.big(UInt64(port), 2) + payload }
            let echo = Frames.big(62_000, 2)
            let wanted = [
                wire.frame(6, ports(61_440)), wire.frame(17, ports(65_535)), wire.frame(6, ports(8_085)),
                wire.frame(17, ports(53)), wire.frame(17, ports(53), offset: 0x2000),
                wire.frame(17, payload, offset: 0x2005), wire.frame(6, payload, offset: 5),
                wire.frame(1, payload, offset: 5), wire.frame(1, [0, 0, 0, 0] + echo + payload),
                wire.frame(1, [3, 4, 0, 0] + payload), wire.frame(1, [11, 0, 0, 0] + payload),
                wire.frame(1, [12, 0, 0, 0] + payload), wire.frame(99, payload, to: [10, 9, 1, 2]),
                try wire.frame6(6, ports(61_440)), try wire.frame6(17, ports(53)),
                try wire.frame6(44, [17, 0, 0, 1, 0, 0, 0, 1] + ports(53)),
                try wire.frame6(44, [17, 0, 0, 0x89, 0, 0, 0, 1] + payload),
                try wire.frame6(58, [129, 0, 0, 0] + echo + payload), try wire.frame6(58, [2, 0, 0, 0] + payload),
                try wire.frame6(0, payload, to: "2001:db8:f::77"),
            ]
            let unwanted = [
                wire.frame(6, ports(61_439)), wire.frame(6, ports(53)), wire.frame(17, ports(8_085)),
                wire.frame(17, ports(54), offset: 0x2000), wire.frame(99, payload, offset: 5), wire.frame(99, payload),
                wire.frame(1, [0, 0, 0, 0, 0, 1] + payload), wire.frame(1, [5, 0, 0, 0] + payload),
                wire.frame(6, ports(61_440), tag: Frames.tag(7)),
                wire.frame(6, ports(61_440), mac: Frames.big(0x0200_0000_0099, 6)),
                wire.frame(17, ports(53), mac: Frames.big(Frames.broadcast, 6)),
                try wire.frame6(6, ports(80)), try wire.frame6(60, payload),
                try wire.frame6(44, [50, 0, 0, 0x88, 0, 0, 0, 1] + payload),
                try wire.frame6(58, [135, 0, 0, 0] + payload), try wire.frame6(58, [129, 0, 0, 0, 0, 1] + payload),
            ]
            let traffic = try SideThread {
                try Talk.transfer(
                    from: lab.remote, to: lab.host, at: IPv4Address(parsing: SocketLab.uplink4), bytes: 200 << 20)
                try Talk.transfer(
                    from: lab.host, to: lab.remote, at: IPv4Address(parsing: "192.0.2.2"), bytes: 50 << 20)
                try Talk.ping(from: lab.remote, to: IPv4Address(parsing: SocketLab.uplink4))
            }
            var rounds = 0
            repeat {
                for (number, frame) in wanted.enumerated() {
                    try wire.socket.put(frame)
                    try wire.socket.put(unwanted[number % unwanted.count])
                }
                rounds += 1
                for (number, frame) in wanted.enumerated() {
                    let heard = try #require(Self.take(uplink, within: 2_000), "frame \(number), round \(rounds)")
                    // An Ethernet frame may have been padded on its way.
                    #expect(Array(heard.prefix(frame.count)) == frame, "frame \(number), round \(rounds)")
                }
            } while !traffic.hasEnded && rounds < 20_000
            try traffic.join()
            #expect(Self.take(uplink, within: 100) == nil)
            #expect(try PacketSocket.takeDrops(descriptor: uplink) == 0)
            print("uplink: \(rounds) rounds of \(wanted.count) frames")
        }

        @Test("a filter that is changed again and again while frames come loses none")
        func change() throws {
            let lab = try SocketLab()
            let index = try lab.index("up0")
            func filter(_ number: Int) -> SocketFilter {
                let ranges = (0..<UInt16(number % 40)).map { (1_000 + 2 * $0)...(1_000 + 2 * $0) }
                return UplinkFilterPlan(poolFirst: 61_440, poolCount: 4_096, tcp: ranges).filter
            }
            let first = filter(0)
            let uplink = try lab.host.run { try UplinkSocket.open(interface: index, filter: first) }
            defer { close(uplink) }
            let wire = try Wire(lab)
            let count = 20_000
            let sending = try SideThread {
                for number in 0..<count {
                    try wire.socket.put(wire.frame(17, [0, 1, 0xF0, 0] + Frames.big(UInt64(number), 8)))
                }
            }
            var changes = 0
            while !sending.hasEnded {
                try UplinkSocket.setFilter(uplink, filter(changes))
                changes += 1
            }
            try sending.join()
            for number in 0..<count {
                let frame = try #require(Self.take(uplink, within: 1_000), "\(number)")
                #expect(Array(frame[38..<46]) == Frames.big(UInt64(number), 8))
            }
            #expect(changes > 20, "\(changes)")
        }

        @Test("the kernel takes filters with any number of ranges", arguments: [0, 1, 10, 1_000, 3_000, 20_000])
        func manyRanges(count: Int) throws {
            let lab = try SocketLab()
            var random = Seeded(UInt64(count))
            let ports = (0..<count).map { _ in UInt16(random.below(61_440)) }
            let plan = UplinkFilterPlan(
                poolFirst: 61_440, poolCount: 4_096, tcp: ports.prefix(count / 2).map { $0...$0 },
                udp: ports.dropFirst(count / 2).map { $0...$0 })
            let start = heddle_monotonic_nanoseconds()
            let filter = plan.filter
            let made = heddle_monotonic_nanoseconds()
            let index = try lab.index("up0")
            let uplink = try lab.host.run { try UplinkSocket.open(interface: index, filter: filter) }
            defer { close(uplink) }
            let opened = heddle_monotonic_nanoseconds()
            try UplinkSocket.setFilter(uplink, filter)
            let changed = heddle_monotonic_nanoseconds()
            print(
                "\(count) ranges: \(filter.instructions.count) instructions, made in \((made - start) / 1_000) µs, "
                    + "opened in \((opened - made) / 1_000) µs, changed in \((changed - opened) / 1_000) µs")
            let wire = try Wire(lab)
            for port in ports.prefix(count / 2).shuffled(using: &random).prefix(50) + [61_440, 65_535] {
                let frame = wire.frame(6, [0, 1] + Frames.big(UInt64(port), 2) + [UInt8](repeating: 0, count: 20))
                try wire.socket.put(frame)
                #expect(Self.take(uplink, within: 1_000).map { Array($0.prefix(frame.count)) } == frame)
            }
        }

        @Test("an interface that isn't there is an error that names it")
        func noInterface() throws {
            let lab = try SocketLab()
            let error = #expect(throws: PortError.self) {
                close(try lab.host.run { try UplinkSocket.open(interface: 4_711, filter: .dropAll) })
            }
            #expect(
                error?.errno == .noSuchAddressOrDevice
                    || error?.errno == .operationNotSupportedByDevice)
            #expect(error?.subject.contains("4711") == true)
        }

        /// The next frame without its virtio_net_hdr.
        private static func take(_ descriptor: Int32, within milliseconds: Int32) -> [UInt8]? {
            var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, milliseconds) == 1 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 70_000)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return count > 10 ? Array(buffer[10..<count]) : nil
        }
    }
}
