import Addresses
import Testing

@testable import DataPlane

@Suite("Questions for the name service")
struct RouterNameTests {
    typealias Rig = RouterRig

    private static let names: UInt16 = 200
    private static let gateway: UInt128 = 0x0A00_0001
    private static let gateway6: UInt128 = 0xFD00_0001_0000_0000_0000_0000_0000_0001

    private func rig(isInternal: Bool = false) -> Rig {
        let rig = Rig()
        rig.router.setGateway(
            1,
            GatewayConfiguration(
                port: Rig.hostPorts[0], mac: MACAddress(value: Rig.gatewayMAC), ipv4: IPv4Address(value: 0x0A00_0001),
                ipv6: IPv6Address(high: 0xFD00_0001_0000_0000, low: 1), isInternal: isInternal, namePort: Self.names))
        return rig
    }

    private func question(
        _ body: RoutedFrame.Body = .udp, isIPv4: Bool = true, to destination: UInt128? = nil, port: UInt16 = 53
    ) -> RoutedFrame {
        var frame = Rig.out(body, isIPv4: isIPv4, to: destination ?? (isIPv4 ? Self.gateway : Self.gateway6))
        frame.destinationPort = port
        return frame
    }

    @Test(
        "what is for port 53 of the gateway goes there untouched, in internal networks too",
        arguments: [RoutedFrame.Body.tcp, .udp], [true, false])
    func taken(body: RoutedFrame.Body, isIPv4: Bool) {
        for isInternal in [true, false] {
            let rig = rig(isInternal: isInternal)
            // Whether or not the host's addresses are known.
            for addresses in [[], Rig.addresses] {
                rig.router.setHostAddresses(addresses)
                for sum in [RoutedFrame.Sum.full, .partial] {
                    var frame = question(body, isIPv4: isIPv4)
                    frame.sum = sum
                    let outcome = rig.send(frame)
                    #expect(outcome.kind == .toNames && outcome.verdict.port == Self.names)
                    #expect(outcome.frame == frame.frame)
                }
            }
        }
    }

    @Test("all else is as it was: other ports, other addresses, fragments, and networks without names")
    func others() {
        let rig = rig()
        #expect(rig.send(question(port: 54)).kind == .toHost)
        #expect(rig.send(question(to: Rig.host)).kind == .toHost)
        #expect(rig.send(question(to: 0x0A02_0001)).kind == .toHost, "another network's gateway")
        #expect(rig.send(question(to: Rig.remote)).verdict.isOut())
        var fragment = question()
        fragment.fragment = 0x2000
        fragment.payload = [UInt8](repeating: 1, count: 8)
        #expect(rig.send(fragment).kind == .toHost)
        #expect(Rig().send(question()).kind == .toHost)
    }

    @Test("a wrong checksum is counted here; IPv6 must have one", arguments: [true, false])
    func checksums(isIPv4: Bool) {
        let rig = rig()
        var bytes = question(isIPv4: isIPv4).frame
        bytes[bytes.count - 1] ^= 1
        #expect(rig.send(raw: bytes).verdict.isDrop(.packetMalformed))
        var without = question(isIPv4: isIPv4)
        without.sum = .none
        #expect(rig.send(without).kind == (isIPv4 ? .toNames : .drop))
        for count in [0, 1, 2, 31, 255] {
            var frame = question(isIPv4: isIPv4)
            frame.payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            #expect(rig.send(frame).kind == .toNames, "\(count)")
        }
    }

    @Test("a port may ask so many at once, and so many a second; another port isn't held up")
    func rate() {
        let rig = rig()
        let frame = question()
        for _ in 0..<QuestionBucket.capacity { #expect(rig.send(frame).kind == .toNames) }
        #expect(rig.send(frame).verdict.isDrop(.questionLimit))
        #expect(rig.send(frame, from: 3).kind == .toNames)
        rig.now &+= 1
        for _ in 0..<QuestionBucket.rate { #expect(rig.send(frame).kind == .toNames) }
        #expect(rig.send(frame).verdict.isDrop(.questionLimit))
        rig.now &+= 60_000
        #expect(rig.send(frame).kind == .toNames)
    }
}
