import Testing

@testable import DataPlane

@Suite("The name service's port")
struct SwitchNameTests {
    private typealias Make = TestFrames

    private static let gateway: UInt64 = 0x0200_0A00_0001
    private static let names: UInt16 = 9

    /// Port 1 is the host's, 2 and 3 are endpoints'.
    private func rig() throws -> SwitchRig {
        let rig = try SwitchRig(ports: [1, 2, 3])
        rig.forwarding.setPort(Self.names, domain: 1, isNames: true)
        rig.forwarding.setGateway(1, port: 1, mac: Self.gateway)
        return rig
    }

    private func question() -> [UInt8] {
        Make.ethernet(
            to: 0xFFFF_FFFF_FFFF, from: Self.gateway, type: 0x0806,
            Make.arp(operation: 1, senderIP: 0x0A00_0001, targetIP: 0x0A00_0002))
    }

    @Test("nothing is flooded to it, and what it asks reaches endpoints, not the host")
    func floods() throws {
        let rig = try rig()
        #expect(rig.put(Make.plain(), into: 2).ports == [1, 3])
        #expect(rig.put(question(), into: Self.names).ports == [2, 3])
        #expect(rig.members(1).sorted() == [1, 2, 3])
    }

    @Test("the gateway's MAC address stays the host port's")
    func learning() throws {
        let rig = try rig()
        _ = rig.put(Make.plain(to: Make.bob, from: Self.gateway), into: 1)
        _ = rig.put(question(), into: Self.names)
        #expect(rig.place(Self.gateway) == 1)
        #expect(rig.put(Make.plain(to: Self.gateway, from: Self.gateway), into: Self.names).reason == .notAnAnswer)
    }

    @Test("only answers and talk about neighbours come out")
    func answers() throws {
        let rig = try rig()
        _ = rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 2)
        func put(_ type: UInt16, _ bytes: [UInt8]) -> DropReason {
            rig.put(
                Make.ethernet(to: Make.alice, from: Self.gateway, type: type, bytes), into: Self.names
            ).reason
        }
        func fourth(_ number: UInt8, _ payload: [UInt8], fragment: UInt16 = 0) -> [UInt8] {
            [
                0x45, 0, 0, UInt8(20 + payload.count), 0, 0, UInt8(fragment >> 8), UInt8(fragment & 0xFF), 64, number,
                0,
                0, 10, 0, 0, 1, 10, 0, 0, 2,
            ] + payload
        }
        func sixth(_ number: UInt8, _ payload: [UInt8]) -> [UInt8] {
            [0x60, 0, 0, 0, 0, UInt8(payload.count), number, 255] + [UInt8](repeating: 0xFD, count: 32) + payload
        }
        let from53: [UInt8] = [0, 53, 0x90, 0, 0, 8, 0, 0]
        let from54: [UInt8] = [0, 54, 0x90, 0, 0, 8, 0, 0]
        for number in [6, 17] as [UInt8] {
            #expect(put(0x0800, fourth(number, from53)) == .none)
            #expect(put(0x86DD, sixth(number, from53)) == .none)
            #expect(put(0x0800, fourth(number, from54)) == .notAnAnswer)
            #expect(put(0x86DD, sixth(number, from54)) == .notAnAnswer)
            #expect(put(0x0800, fourth(number, [0])) == .notAnAnswer, "cut")
            #expect(put(0x0800, fourth(number, from54, fragment: 5)) == .none, "a later fragment")
        }
        // Nobody listens; a listener report; a neighbour solicitation.
        #expect(put(0x0800, fourth(1, [3, 3, 0, 0, 0, 0, 0, 0])) == .notAnAnswer)
        #expect(put(0x86DD, sixth(58, [1, 4, 0, 0, 0, 0, 0, 0])) == .notAnAnswer)
        #expect(put(0x86DD, sixth(58, [143, 0, 0, 0, 0, 0, 0, 0])) == .notAnAnswer)
        #expect(put(0x86DD, sixth(58, [135, 0, 0, 0, 0, 0, 0, 0])) == .none)
        #expect(put(0x88CC, [1, 2, 3, 4]) == .notAnAnswer)
        #expect(put(0x0800, [0x45, 0]) == .notAnAnswer)
    }

    @Test("it leaves with its domain, and its number is free again")
    func removal() throws {
        let rig = try rig()
        #expect(rig.removePort(Self.names))
        #expect(rig.members(1).sorted() == [1, 2, 3])
        rig.forwarding.setPort(Self.names, domain: 1, isNames: true)
        #expect(rig.removeDomain(1))
        #expect(!rig.hasPort(Self.names))
    }
}
