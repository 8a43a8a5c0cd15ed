import Addresses
import Netlink
import SystemPackage
import Testing

@Suite("Monitors over scripted datagrams")
struct MonitorTests {
    private func link(_ index: Int32, family: UInt8 = 0, mask: UInt32 = 0) -> [UInt8] {
        [family, 0, 1, 0] + index.bytes + (1 as UInt32).bytes + mask.bytes
            + Hexadecimal.attribute(3, Array("eth\(index)\0".utf8))
    }

    private func message(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        Hexadecimal.message(type: type, sequence: 0, payload: payload)
    }

    @Test("events come in the order of their messages, whatever datagrams they are in")
    func order() throws {
        let transport = ScriptedTransport()
        let address: [UInt8] = [2, 24, 0, 0, 5, 0, 0, 0] + Hexadecimal.attribute(2, [10, 0, 0, 2])
        let namespace: [UInt8] = [0, 0, 0, 0] + Hexadecimal.attribute(1, (3 as Int32).bytes)
        transport.answers = [
            .success(message(16, link(1, mask: .max)) + message(16, link(2)) + message(20, address)),
            // A bridge's view of its port, a kind of message that nobody asked for, and one without an identifier.
            .success(message(17, link(2, family: 7)) + message(36, [0, 0, 0, 0]) + message(89, [0, 0, 0, 0])),
            .success(message(17, link(2)) + message(89, namespace)),
        ]
        let monitor = LinkMonitor(transport: transport)
        var events: [LinkEvent] = []
        while let event = try monitor.next() { events.append(event) }
        try #require(events.count == 5)
        if case .added(let link) = events[0] { #expect(link.name == "eth1") } else { Issue.record("\(events[0])") }
        if case .changed(let link) = events[1] { #expect(link.name == "eth2") } else { Issue.record("\(events[1])") }
        if case .addressAdded(let address) = events[2] {
            #expect(address.prefix == IPPrefix("10.0.0.2/24"))
        } else {
            Issue.record("\(events[2])")
        }
        #expect(events[3] == .removed(index: 2, name: "eth2"))
        #expect(events[4] == .namespaceRemoved(identifier: 3))
    }

    @Test("an overrun is an event, and so is what comes after it")
    func overrun() throws {
        let transport = ScriptedTransport()
        transport.answers = [.failure(.noBufferSpace), .success(message(17, link(2)))]
        let monitor = LinkMonitor(transport: transport)
        #expect(try monitor.next() == .overrun)
        #expect(try monitor.next() == .removed(index: 2, name: "eth2"))
        #expect(try monitor.next() == nil)
    }

    @Test("a datagram that cannot be read is an error, and the next one is read")
    func malformed() throws {
        let transport = ScriptedTransport()
        transport.answers = [.success([1, 2, 3]), .success(message(17, link(2)))]
        let monitor = LinkMonitor(transport: transport)
        let error = #expect(throws: NetlinkError.self) { try monitor.next() }
        #expect(error?.errno == .badMessage)
        #expect(try monitor.next() == .removed(index: 2, name: "eth2"))
    }

    @Test("an error of the socket is passed on")
    func socketError() throws {
        let transport = ScriptedTransport()
        transport.answers = [.failure(.badFileDescriptor)]
        let error = #expect(throws: NetlinkError.self) { try LinkMonitor(transport: transport).next() }
        #expect(error?.errno == .badFileDescriptor)
    }
}
