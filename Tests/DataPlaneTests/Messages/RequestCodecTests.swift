import Addresses
import DataPlane
import Testing

@Suite("Requests to the engine as bytes")
struct RequestCodecTests {
    /// Requests with random values in every field, each kind in turn.
    static func random(_ number: Int, _ random: inout SeededGenerator) -> EngineRequest {
        let id = UInt16(truncatingIfNeeded: random.next())
        switch number % 16 {
        case 0: return .hello
        case 1: return .begin
        case 2: return .commit
        case 3: return .takeDescriptors
        case 4: return .shutdown
        case 5:
            let ageing = UInt32(truncatingIfNeeded: random.next())
            let overlay = random.below(3) == 0 ? nil : overlay(&random)
            let parent = ParentMode(rawValue: UInt8(random.below(5)))
            return .domain(DomainConfiguration(id: id, ageingMilliseconds: ageing, overlay: overlay, parent: parent))
        case 6: return .port(port(id, &random))
        case 7: return .removePort(id)
        case 8: return .removeDomain(id)
        case 9: return .addStation(station(id, &random))
        case 10: return .removeStation(station(id, &random))
        case 11: return .tunnel(tunnel(id, &random))
        case 12: return .addNeighbour(neighbour(id, &random))
        case 13: return .removeNeighbour(neighbour(id, &random))
        case 14: return .impairment(impairment(id, &random))
        default:
            let count = random.below(2) == 0 ? random.below(100) : random.below(MessageLimits.maximumFrame + 1)
            return .inject(port: id, frame: (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
    }

    private static func mac(_ random: inout SeededGenerator) -> MACAddress {
        MACAddress(value: random.next() >> 16)
    }

    private static func address(_ random: inout SeededGenerator) -> IPAddress {
        random.below(2) == 0
            ? .v4(IPv4Address(value: UInt32(truncatingIfNeeded: random.next())))
            : .v6(IPv6Address(high: random.next(), low: random.next()))
    }

    private static func station(_ id: UInt16, _ random: inout SeededGenerator) -> StationConfiguration {
        var station = StationConfiguration(
            domain: id, vlan: UInt16(random.below(4_095)), mac: mac(&random),
            port: UInt16(truncatingIfNeeded: random.next()))
        if random.below(2) == 0 { station.vtep = address(&random) }
        return station
    }

    private static func impairment(_ id: UInt16, _ random: inout SeededGenerator) -> ImpairmentConfiguration {
        func share() -> UInt64 { random.next() % (ImpairmentSettings.certain + 1) }
        var settings = ImpairmentSettings()
        settings.delay = Int64(random.next() % 60_000_000_001)
        settings.jitter = Int64(random.next() % 60_000_000_001)
        settings.isNormal = random.below(2) == 0
        settings.loss = share()
        settings.badLoss = share()
        settings.toBad = share()
        settings.toGood = share()
        settings.duplicate = share()
        settings.reorder = share()
        settings.corrupt = share()
        settings.gap = UInt32(truncatingIfNeeded: random.next())
        settings.rate = random.below(2) == 0 ? 0 : 1_000 + random.next() % 1_000_000_000
        settings.queue = Int64(random.next() % 2_000_000_000_000_001)
        settings.seed = random.next()
        return ImpairmentConfiguration(port: id, isOut: random.below(2) == 0, settings: settings)
    }

    private static func overlay(_ random: inout SeededGenerator) -> OverlayConfiguration {
        var overlay = OverlayConfiguration(
            vni: UInt32(truncatingIfNeeded: random.next()) & OverlayConfiguration.largestVNI,
            tunnel: UInt16(truncatingIfNeeded: random.next()), mtu: UInt32(truncatingIfNeeded: random.next()),
            learning: random.below(2) == 0, acceptsAnyPeer: random.below(2) == 0,
            answersNeighbours: random.below(2) == 0,
            peers: (0..<random.below(OverlayConfiguration.maximumPeers + 1)).map { _ in address(&random) },
            routerMAC: mac(&random))
        if random.below(2) == 0 { overlay.routerIPv4 = IPv4Address(value: UInt32(truncatingIfNeeded: random.next())) }
        if random.below(2) == 0 { overlay.routerIPv6 = IPv6Address(high: random.next(), low: random.next()) }
        return overlay
    }

    private static func tunnel(_ id: UInt16, _ random: inout SeededGenerator) -> TunnelConfiguration {
        TunnelConfiguration(
            id: id, senders: (0..<1 << random.below(6)).map { _ in UInt16(truncatingIfNeeded: random.next()) },
            udpPort: UInt16(truncatingIfNeeded: random.next()), local: address(&random))
    }

    private static func neighbour(_ id: UInt16, _ random: inout SeededGenerator) -> NeighbourConfiguration {
        NeighbourConfiguration(domain: id, address: address(&random), mac: mac(&random))
    }

    private static func port(_ id: UInt16, _ random: inout SeededGenerator) -> PortConfiguration {
        var sourceGuard: PortGuard?
        if random.below(3) > 0 {
            let ipv4 = (0..<random.below(5)).map { _ in IPv4Address(value: UInt32(truncatingIfNeeded: random.next())) }
            let ipv6 = (0..<random.below(5)).map { _ in IPv6Address(high: random.next(), low: random.next()) }
            sourceGuard = PortGuard(mac: mac(&random), ipv4: ipv4, ipv6: ipv6)
        }
        return PortConfiguration(
            id: id, domain: UInt16(truncatingIfNeeded: random.next()),
            kind: PortKind.allCases[random.below(PortKind.allCases.count)], isolated: random.below(2) == 0,
            accessVLAN: UInt16(random.below(4_095)),
            mtu: UInt32(truncatingIfNeeded: random.next()), token: random.next(), sourceGuard: sourceGuard)
    }

    private func decode(_ bytes: [UInt8]) throws(MessageError) -> (sequence: UInt32, request: EngineRequest) {
        // A copy of exactly these bytes, so that a read past the end is one that a sanitizer sees.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        return try EngineRequest.decode(UnsafeRawBufferPointer(memory))
    }

    @Test("what is written is read back", arguments: 1...4 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for number in 0..<2_000 {
            let request = Self.random(number, &random)
            let sequence = UInt32(truncatingIfNeeded: random.next())
            let bytes = request.encoded(sequence: sequence)
            #expect(bytes.count <= MessageLimits.maximumBytes)
            let read = try decode(bytes)
            #expect(read.request == request && read.sequence == sequence, "seed \(seed), number \(number)")
        }
    }

    @Test("a message that was cut or has more behind it is none, wherever it was cut")
    func lengths() {
        var random = SeededGenerator(seed: 5)
        for number in 0..<120 {
            let bytes = Self.random(number, &random).encoded(sequence: 1)
            let cuts = bytes.count < 200 ? Array(0..<bytes.count) : [0, 11, 12, 13, 14, 17, 18, bytes.count - 1]
            for cut in cuts {
                #expect(throws: MessageError.truncated) { try decode(Array(bytes[..<cut])) }
            }
            #expect(throws: MessageError.trailingBytes) { try decode(bytes + [0]) }
        }
    }

    @Test("any bytes are read without harm, and what is read can be written", arguments: 1...4 as ClosedRange<UInt64>)
    func anyBytes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var understood = 0
        for number in 0..<20_000 {
            var bytes = Self.random(number, &random).encoded(sequence: 1)
            for _ in 0...random.below(4) {
                bytes[random.below(min(bytes.count, 100))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let read = try? decode(bytes) else { continue }
            understood += 1
            #expect(read.request.encoded(sequence: read.sequence) == bytes, "seed \(seed), number \(number)")
        }
        #expect(understood > 1_000)
    }

    @Test("the bytes themselves: another version of daemon or engine must find them so")
    func layout() {
        let header: [UInt8] = [0x48, 0x45, 0x44, 0x4C, 6]
        #expect(EngineRequest.hello.encoded(sequence: 0x0403_0201) == header + [1, 0, 0, 1, 2, 3, 4])
        #expect(EngineRequest.begin.encoded(sequence: 0)[5] == 2)
        #expect(
            EngineRequest.domain(DomainConfiguration(id: 0x0102, ageingMilliseconds: 0x0403_0201)).encoded(sequence: 0)
                == header + [3, 0, 0, 0, 0, 0, 0, 2, 1, 1, 2, 3, 4, 0, 0, 0])
        let parented = DomainConfiguration(id: 1, ageingMilliseconds: 2, parent: .vepa)
        #expect(EngineRequest.domain(parented).encoded(sequence: 0).suffix(3) == [0, 0, 3])
        let port = PortConfiguration(
            id: 1, domain: 2, kind: .packetSocket, isolated: true, accessVLAN: 3, mtu: 4, token: 5,
            sourceGuard: PortGuard(
                mac: MACAddress(value: 0x0102_0304_0506), ipv4: [IPv4Address(value: 7)],
                ipv6: [IPv6Address(high: 8, low: 9)]))
        let fields: [UInt8] = [1, 0, 2, 0, 2, 1, 3, 0, 4, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1]
        let sources: [UInt8] =
            [6, 5, 4, 3, 2, 1, 0, 0] + [0] + [1, 7, 0, 0, 0] + [1, 8, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]
        #expect(
            EngineRequest.port(port).encoded(sequence: 0)
                == header + [4, 0, 0, 0, 0, 0, 0] + fields + sources)
        #expect(EngineRequest.commit.encoded(sequence: 0)[5] == 5)
        #expect(EngineRequest.removePort(9).encoded(sequence: 0)[5...] == [6, 0, 0, 0, 0, 0, 0, 9, 0])
        #expect(EngineRequest.removeDomain(9).encoded(sequence: 0)[5...] == [7, 0, 0, 0, 0, 0, 0, 9, 0])
        let station = StationConfiguration(domain: 1, vlan: 2, mac: MACAddress(value: 3), port: 4)
        let row: [UInt8] = [0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0]
        #expect(Array(EngineRequest.addStation(station).encoded(sequence: 0)[5...]) == [8] + row)
        #expect(Array(EngineRequest.removeStation(station).encoded(sequence: 0)[5...]) == [9] + row)
        #expect(
            EngineRequest.inject(port: 1, frame: [7, 8]).encoded(sequence: 0)[5...]
                == [10, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 7, 8])
        #expect(EngineRequest.takeDescriptors.encoded(sequence: 0)[5] == 11)
        #expect(EngineRequest.shutdown.encoded(sequence: 0)[5] == 12)
    }

    private func changed(_ request: EngineRequest, _ offset: Int, _ value: UInt8) -> [UInt8] {
        var bytes = request.encoded(sequence: 1)
        bytes[offset] = value
        return bytes
    }

    @Test("fields that can't be are told apart")
    func badFields() {
        let port = EngineRequest.port(PortConfiguration(id: 1, domain: 1, kind: .tap, token: 1))
        let station = EngineRequest.addStation(
            StationConfiguration(domain: 1, vlan: 0x00FE, mac: MACAddress(value: 3), port: 4))
        #expect(throws: MessageError.notAMessage) { try decode(changed(.hello, 0, 0)) }
        #expect(throws: MessageError.notAMessage, "another version") { try decode(changed(.hello, 4, 1)) }
        #expect(throws: MessageError.unknownType(25)) { try decode(changed(.hello, 5, 25)) }
        #expect(throws: MessageError.unknownType(0)) { try decode(changed(.hello, 5, 0)) }
        #expect(throws: MessageError.unknownType(65), "a reply") { try decode(changed(.hello, 5, 65)) }
        #expect(throws: MessageError.badField) { try decode(changed(.hello, 6, 1)) }
        #expect(throws: MessageError.badField, "no such kind of port") { try decode(changed(port, 16, 9)) }
        #expect(throws: MessageError.badField, "no such kind of port") { try decode(changed(port, 16, 0)) }
        let domain = EngineRequest.domain(DomainConfiguration(id: 1))
        #expect(throws: MessageError.badField, "no such mode") { try decode(changed(domain, 20, 5)) }
        #expect(throws: MessageError.badField, "neither yes nor no") { try decode(changed(port, 17, 2)) }
        #expect(throws: MessageError.badField, "no such VLAN") { try decode(changed(station, 15, 0x10)) }
        #expect(throws: MessageError.badField, "no such MAC") { try decode(changed(station, 23, 1)) }
        #expect(throws: MessageError.badField, "a frame that is too long") {
            try decode(changed(.inject(port: 1, frame: [1]), 17, 1))
        }
    }
}
