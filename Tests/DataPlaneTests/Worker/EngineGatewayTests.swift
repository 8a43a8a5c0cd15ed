import Addresses
import DataPlane
import Glibc
import Testing

@Suite("An engine's way out of the host")
struct EngineGatewayTests {
    private func publish(_ number: UInt32) -> EngineRequest {
        .publish(
            PublishConfiguration(
                number: number, transport: 6, first: UInt16(8_000 + number), last: UInt16(8_000 + number), domain: 1,
                port: 1, mac: MACAddress(value: TestFrames.alice), inside: .v4(IPv4Address(value: 0x0A00_0002)),
                insideFirst: 80))
    }

    private let domain = EngineRequest.domain(
        DomainConfiguration(
            id: 1, gateway: GatewayConfiguration(port: 9, mac: MACAddress(value: 0x0200_0000_0009))))

    private func keep(_ number: UInt32, _ client: EngineClient) throws -> FakeTap {
        let tap = try FakeTap(1)
        #expect(try client.request(.keep(number), passing: tap.near) == 0)
        tap.closeNear()
        return tap
    }

    private func kept(_ client: EngineClient) throws -> Set<UInt32> {
        let before = client.others.count
        #expect(try client.request(.takeDescriptors) == 0)
        var numbers: Set<UInt32> = []
        for received in client.others.dropFirst(before) {
            if case .kept(let number) = received.reply, received.descriptor != nil { numbers.insert(number) }
        }
        return numbers
    }

    @Test("kept descriptors are given back, replaced, let go of, and closed unless they are named")
    func keptDescriptors() throws {
        let rig = try EngineRig(io: .epoll)
        var client = try rig.connect()
        let taps = try [UInt32(0), 1, 2].map { try keep($0, client) }
        #expect(try client.request(.keep(7)) == EBADF, "there is nothing to keep")
        #expect(try kept(client) == [0, 1, 2])
        // The next daemon has no descriptor to hand over: those that it names stay.
        client = try rig.connect()
        #expect(try client.request(.begin) == 0)
        #expect(try client.request(.keep(0)) == 0 && client.request(.keep(2)) == 0)
        #expect(try client.request(.commit) == 0)
        #expect(try kept(client) == [0, 2])
        #expect(taps[1].isClosed())
        let other = try keep(2, client)
        client = try rig.connect()
        #expect(taps[2].isClosed(), "another one is in its place")
        #expect(try client.request(.letGo(2)) == 0 && client.request(.letGo(2)) == ENOENT)
        #expect(other.isClosed())
        #expect(try kept(client) == [0])
    }

    @Test("publishes that a whole configuration doesn't name end")
    func publishes() throws {
        let rig = try EngineRig(io: .epoll)
        let client = try rig.connect()
        #expect(try client.request(publish(1)) == ENOENT, "its network isn't there")
        #expect(try client.request(domain) == 0)
        #expect(try client.request(publish(1)) == 0 && client.request(publish(2)) == 0)
        #expect(try client.request(.begin) == 0 && client.request(domain) == 0)
        #expect(try client.request(publish(2)) == 0 && client.request(.commit) == 0)
        #expect(try client.request(.unpublish(1)) == ENOENT && client.request(.unpublish(2)) == 0)
    }

    @Test("a list of routes that is too long is refused, and so is what follows it without a beginning")
    func routes() throws {
        let rig = try EngineRig(io: .epoll)
        let client = try rig.connect()
        let route = RouteConfiguration(destination: IPPrefix(host: .v4(IPv4Address(value: 1))), uplink: 0)
        let many = Array(repeating: route, count: RouteConfiguration.maximumPerMessage)
        func part(_ isFirst: Bool, _ isLast: Bool) throws -> Int32 {
            try client.request(.routes(ListPart(isFirst: isFirst, isLast: isLast, items: many)))
        }
        #expect(try part(false, true) == EINVAL)
        #expect(try part(true, false) == 0)
        for _ in 1..<20 { #expect(try part(false, false) == 0) }
        #expect(try part(false, false) == ENOSPC)
        #expect(try part(false, true) == EINVAL)
        #expect(try part(true, false) == 0 && part(false, true) == 0)
    }

    @Test("a list of addresses comes in parts, and one that is too long is refused")
    func hostAddresses() throws {
        let rig = try EngineRig(io: .epoll)
        let client = try rig.connect()
        let many = (0..<HostAddressConfiguration.maximumPerMessage).map {
            HostAddressConfiguration(address: .v4(IPv4Address(value: UInt32($0))))
        }
        func part(_ isFirst: Bool, _ isLast: Bool) throws -> Int32 {
            let part = ListPart(isFirst: isFirst, isLast: isLast, items: many)
            return try client.request(.hostAddresses(part))
        }
        #expect(try part(false, true) == EINVAL)
        #expect(try part(true, false) == 0)
        let fitting = HostAddressConfiguration.maximum / HostAddressConfiguration.maximumPerMessage
        for _ in 1..<fitting { #expect(try part(false, false) == 0) }
        #expect(try part(false, false) == ENOSPC)
        #expect(try part(false, true) == EINVAL)
        #expect(try part(true, false) == 0 && part(false, true) == 0)
    }

    @Test("an uplink needs its port")
    func uplink() throws {
        let rig = try EngineRig(io: .epoll)
        let client = try rig.connect()
        let uplink = EngineRequest.uplink(
            UplinkConfiguration(port: 5, mac: MACAddress(value: 1), mtu: 1_500))
        #expect(try client.request(uplink) == ENOENT)
    }
}
