import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// The modes against each other. The LAN machine plays the switch, and sends back what the test has it send back.
@Suite("Daemon: macvlan modes and VLANs", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct MacvlanModeTests {
    private static let all = MACAddress(value: 0xFFFF_FFFF_FFFF)

    @Test("private: endpoints never reach each other, not by a switch that sends frames back either")
    func isolated() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab, mode: "private")
            let (first, second) = (try macvlan.endpoint("one"), try macvlan.endpoint("two"))
            #expect(try macvlan.pings(macvlan.lan, first.address) && macvlan.pings(second.sandbox, MacvlanLab.remote))
            #expect(try !macvlan.pings(first.sandbox, second.address, within: 1))
            let (lan, one, two) = (try macvlan.frames(), try first.frames(), try second.frames())
            for target in [second.mac, Self.all] {
                let frame = FramePort.frame(to: target, from: first.mac)
                try one.send(frame)
                #expect(lan.receive(1).count == 1)
                let before = try macvlan.drops("guarded-station")
                try lan.send(frame)
                #expect(try Patience.until { try macvlan.drops("guarded-station") == before + 1 })
            }
            #expect(two.waiting().isEmpty && one.waiting().isEmpty)
        }
    }

    @Test("vepa: endpoints reach each other if a switch sends their frames back")
    func vepa() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab, mode: "vepa")
            let (first, second) = (try macvlan.endpoint("one"), try macvlan.endpoint("two", via: "veth"))
            #expect(try macvlan.pings(macvlan.lan, first.address) && macvlan.pings(second.sandbox, MacvlanLab.remote))
            let (lan, one, two) = (try macvlan.frames(), try first.frames(), try second.frames())
            for target in [second.mac, Self.all] {
                let frame = FramePort.frame(to: target, from: first.mac)
                try one.send(frame)
                #expect(lan.receive(1).count == 1)
                Patience.pass(.milliseconds(50))
                #expect(two.waiting().isEmpty)
                try lan.send(frame)
                #expect(two.receive(1).count == 1)
            }
            #expect(one.waiting().isEmpty)
            #expect(try macvlan.drops("guarded-station") == 0)
        }
    }

    @Test("passthru: one endpoint, which gets all that is on the LAN and may speak as anybody")
    func passthru() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab, mode: "passthru")
            let box = try macvlan.endpoint("one")
            let second = try lab.makeSandbox("two")
            let refusal = #expect(throws: APIError.self) {
                try lab.client.attach(AttachRequest(network: "office", sandbox: second.name))
            }
            #expect(refusal?.code == .conflict)
            #expect(try macvlan.pings(macvlan.lan, box.address))
            let (lan, inside) = (try macvlan.frames(), try box.frames())
            let (far, near) = (MACAddress(value: 0x0200_5E00_0077), MACAddress(value: 0x0200_5E00_0099))
            try lan.send(FramePort.frame(to: near, from: far))
            #expect(inside.receive(1).count == 1)
            try inside.send(FramePort.frame(to: far, from: near))
            #expect(lan.receive(1).count == 1)
        }
    }

    @Test("One VLAN of the parent: tagged on the wire, untagged inside, and nothing else comes in")
    func vlan() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab, vlan: 10)
            let (first, second) = (try macvlan.endpoint("one"), try macvlan.endpoint("two", via: "veth"))
            #expect(try macvlan.pings(first.sandbox, second.address))
            let (lan, one, two) = (try macvlan.frames(), try first.frames(), try second.frames())
            let station = MACAddress(value: 0x0200_5E00_0077)
            for (box, mac) in [(one, first.mac), (two, second.mac)] {
                _ = box.waiting()
                try box.send(FramePort.frame(to: station, from: mac))
                let out = lan.receive(1)
                #expect(out.map(\.vlan) == [10] && out.first?.bytes == FramePort.frame(to: station, from: mac))
                for target in [mac, Self.all] {
                    try lan.send(tagged(FramePort.frame(to: target, from: station), 10))
                    let found = box.receive(1)
                    #expect(found.map(\.vlan) == [nil])
                    #expect(found.first?.bytes == FramePort.frame(to: target, from: station))
                    for vlan in [UInt16?.none, 0, 11] {
                        let frame = FramePort.frame(to: target, from: station)
                        try lan.send(vlan.map { tagged(frame, $0) } ?? frame)
                    }
                }
            }
            Patience.pass(.milliseconds(100))
            // What the other one got as a group frame is still there.
            #expect(one.waiting().allSatisfy { $0.destination == Self.all.octets && $0.vlan == nil })
            #expect(two.waiting().allSatisfy { $0.destination == Self.all.octets && $0.vlan == nil })
            let row = try lab.client.statistics().ports.first { $0.port == "parent@\(macvlan.parent).10" }
            #expect(row?.drops.isEmpty == true, "the filter kept out what is of other VLANs")
        }
    }

    @Test("A VLAN of the LAN machine, by another Heddle or by the kernel where it has VLANs", arguments: [false, true])
    func peer(isKernel: Bool) throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab, vlan: 10)
            let box = try macvlan.endpoint("box")
            if isKernel {
                let words = "link add link own0 name own0.10 type vlan id 10"
                guard (try? macvlan.ip(words, in: macvlan.lan)) != nil else {
                    return print("this kernel has no 802.1Q devices")
                }
                try macvlan.ip("address flush dev own0", in: macvlan.lan)
                try macvlan.ip("address add \(MacvlanLab.remote)/24 dev own0.10", in: macvlan.lan)
                try macvlan.ip("link set own0.10 up", in: macvlan.lan)
                #expect(try Patience.until { try macvlan.pings(box.sandbox, MacvlanLab.remote, within: 1) })
                let stream = try ByteStream(from: macvlan.lan, to: box.sandbox, box.address)
                #expect(stream.waitForMore(32 << 20))
                #expect(stream.stop().failure == nil)
                return
            }
            // The host's end of another pair is a trunk, into a network whose endpoint is an access port.
            try lab.makeNetwork("far")
            let far = try lab.makeSandbox("far")
            _ = try lab.client.attach(AttachRequest(network: "far", sandbox: far.name, vlan: 10))
            try macvlan.ip("address add 192.0.2.99/24 dev eth0", in: far)
            try macvlan.ip("link add far0 type veth peer name far1 netns \(macvlan.lan.name)")
            lab.ownInterfaces.insert("far0")
            try macvlan.ip("link set far0 up")
            try macvlan.ip("link set far1 up", in: macvlan.lan)
            try macvlan.ip("link add br0 type bridge", in: macvlan.lan)
            for name in ["own0", "far1"] { try macvlan.ip("link set \(name) master br0", in: macvlan.lan) }
            try macvlan.ip("link set br0 up", in: macvlan.lan)
            _ = try lab.client.adopt(network: "far", interface: "far0")
            #expect(try Patience.until { try macvlan.pings(far, box.address, within: 1) })
            for (from, target, address) in [(far, box.sandbox, box.address), (box.sandbox, far, "192.0.2.99")] {
                let stream = try ByteStream(from: from, to: target, address)
                #expect(stream.waitForMore(32 << 20))
                #expect(stream.stop().failure == nil)
            }
        }
    }

    private func tagged(_ frame: [UInt8], _ vlan: UInt16) -> [UInt8] {
        Array(frame[..<12]) + [0x81, 0x00, UInt8(vlan >> 8), UInt8(vlan & 0xFF)] + frame[12...]
    }
}
