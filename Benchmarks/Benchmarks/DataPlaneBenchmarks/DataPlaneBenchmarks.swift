import Benchmark
import DataPlane

/// Whatever happens to a frame between two system calls.
let benchmarks: @Sendable () -> Void = {
    verdicts()
    stations()
    headers()
    checksums()
}

private func verdicts() {
    let unicast: @Sendable (Fixture, Int) -> UInt64 = { fixture, count in
        var sum: UInt64 = 0
        for step in 0..<count {
            sum &+= fixture.put(step & (fixture.slotCount &- 1))
        }
        return sum
    }
    measure("verdict: unicast, 64 stations", { Fixture(ports: 64) { FrameFactory.tcp(from: $0, to: $1) } }, unicast)
    measure(
        "verdict: unicast, partial checksum",
        {
            let header = FrameFactory.partial(segment: 0)
            return Fixture(ports: 64) { FrameFactory.tcp(header: header, from: $0, to: $1) }
        }, unicast)
    measure(
        "verdict: unicast, super-frame",
        {
            let header = FrameFactory.partial(segment: 1448)
            return Fixture(ports: 64) { FrameFactory.tcp(header: header, from: $0, to: $1, length: 1900) }
        }, unicast)
    measure(
        "verdict: unicast, source guard",
        { Fixture(ports: 64, isGuarded: true) { FrameFactory.tcp(from: $0, to: $1) } }, unicast)
    measure(
        "verdict: unicast, access port to access port",
        { Fixture(ports: 64, accessVLAN: 10) { FrameFactory.tcp(from: $0, to: $1) } }, unicast)
    for ports in [8, 64] {
        measure(
            "verdict: flood, \(ports) ports", operations: .kilo,
            { Fixture(ports: ports) { source, _ in FrameFactory.tcp(from: source, to: FrameFactory.broadcast) } },
            unicast)
    }
}

private func stations() {
    let known: @Sendable () -> Fixture = { Fixture(ports: 64) { FrameFactory.tcp(from: $0, to: $1) } }
    let learnKnown: @Sendable (Fixture, Int) -> UInt64 = { fixture, count in
        var sum: UInt64 = 0
        for step in 0..<count {
            let index = UInt64(truncatingIfNeeded: step & 63)
            let result = fixture.forwarding.stations.learn(
                mac: Fixture.firstStation &+ index, vlan: 0, domain: 1, port: UInt16(truncatingIfNeeded: index &+ 1),
                now: 50)
            sum &+= UInt64(result.rawValue)
        }
        return sum
    }
    let learnNew: @Sendable (Fixture, Int) -> UInt64 = { fixture, count in
        var sum: UInt64 = 0
        var mixed: UInt64 = 1
        for _ in 0..<count {
            mixed = mixed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let mac = mixed >> 16 & 0xFCFF_FFFF_FFFF | 0x0200_0000_0000
            let result = fixture.forwarding.stations.learn(mac: mac, vlan: 0, domain: 1, port: 1, now: 50)
            sum &+= UInt64(result.rawValue)
        }
        return sum
    }
    measure("learn: known", known, learnKnown)
    measure("learn: new, from a port that floods", known, learnNew)
    for (name, first) in [("hit", Fixture.firstStation), ("miss", 0x0200_FF00_0000)] {
        let lookup: @Sendable (Fixture, Int) -> UInt64 = { fixture, count in
            var sum: UInt64 = 0
            for step in 0..<count {
                let mac = first &+ UInt64(truncatingIfNeeded: step & 63)
                sum &+= UInt64(fixture.forwarding.stations.lookup(mac: mac, vlan: 0, domain: 1, now: 50))
            }
            return sum
        }
        measure("lookup: \(name)", known, lookup)
    }
}

private func headers() {
    let check: @Sendable (Fixture, Int) -> UInt64 = { fixture, count in
        var sum: UInt64 = 0
        for step in 0..<count {
            let header = fixture.slot(step)
            let frame = header + VirtioNetHeader.length
            sum &+= UInt64(VirtioNetHeader.check(header, frame: frame, length: fixture.length).rawValue)
        }
        return sum
    }
    let guarded: @Sendable (Fixture, Int) -> UInt64 = { fixture, count in
        let guarding = SourceGuard(mac: Fixture.firstStation)
        var sum: UInt64 = 0
        for step in 0..<count {
            let frame = fixture.slot(step) + VirtioNetHeader.length
            sum &+= UInt64(guarding.check(frame, length: fixture.length).rawValue)
        }
        return sum
    }
    let push: @Sendable (Fixture, Int) -> UInt64 = { fixture, count in
        var sum: UInt64 = 0
        for step in 0..<count {
            let action = EgressAction(kind: .pushTag, vlan: UInt16(truncatingIfNeeded: step & 0xFFF))
            let rewrite = TagRewrite.write(
                action, header: fixture.slot(step), length: fixture.length, into: fixture.scratch)
            sum &+= UInt64(truncatingIfNeeded: rewrite.count)
        }
        return sum
    }
    let plain: @Sendable () -> Fixture = { Fixture(ports: 64) { FrameFactory.tcp(from: $0, to: $1) } }
    let superframes: @Sendable () -> Fixture = {
        let header = FrameFactory.partial(segment: 1448)
        return Fixture(ports: 64) { FrameFactory.tcp(header: header, from: $0, to: $1, length: 1900) }
    }
    let solicitations: @Sendable () -> Fixture = {
        Fixture(ports: 64) { _, destination in
            FrameFactory.solicitation(from: Fixture.firstStation, to: destination)
        }
    }
    measure("vnet check: ordinary", plain, check)
    measure("vnet check: super-frame", superframes, check)
    measure("parse: source guard, IPv4", plain, guarded)
    measure("parse: source guard, IPv6 in two tags", solicitations, guarded)
    measure("tag: push", plain, push)
}

private func checksums() {
    let sum: @Sendable (Bytes, Int) -> UInt64 = { memory, count in
        var sum: UInt16 = 0
        for _ in 0..<count {
            sum = Checksum.sum(memory.start, count: memory.count, initial: sum)
        }
        return UInt64(sum)
    }
    for (bytes, operations) in [(64, BenchmarkScalingFactor.mega), (1514, .mega), (65_536, .kilo)] {
        measure("checksum: \(bytes) bytes", operations: operations, { Bytes(bytes) }, sum)
    }
}

/// Memory to sum.
private final class Bytes {
    let start: UnsafeMutableRawPointer
    let count: Int

    init(_ count: Int) {
        self.count = count
        start = .allocate(byteCount: count, alignment: 64)
        start.initializeMemory(as: UInt8.self, repeating: 0x5A, count: count)
    }

    deinit {
        start.deallocate()
    }
}
