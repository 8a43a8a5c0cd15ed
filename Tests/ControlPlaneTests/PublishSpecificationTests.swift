import Addresses
import DataPlane
import HeddleAPI
import Testing

@testable import ControlPlane

/// What `--publish` says: taken, or refused with the reason and the way out.
@Suite struct PublishSpecificationTests {
    /// A text, and what it is written as; empty: as it stands.
    private struct Good: Sendable {
        var text: String
        var canonical: String
        var proto: PublishSpecification.Transport
        var host: ClosedRange<UInt16>
        var inside: ClosedRange<UInt16>
        var address: String?

        init(
            _ text: String, _ host: ClosedRange<UInt16>, _ inside: ClosedRange<UInt16>, at address: String? = nil,
            proto: PublishSpecification.Transport = .tcp, canonical: String = ""
        ) {
            self.text = text
            self.canonical = canonical.isEmpty ? text : canonical
            self.proto = proto
            self.host = host
            self.inside = inside
            self.address = address
        }
    }

    private static let good = [
        Good("8080:80", 8_080...8_080, 80...80),
        Good("8080:80/tcp", 8_080...8_080, 80...80, canonical: "8080:80"),
        Good("1:65535/udp", 1...1, 65_535...65_535, proto: .udp),
        Good("53:53/UDP", 53...53, 53...53, proto: .udp, canonical: "53:53/udp"),
        Good(
            "0.0.0.0:1234-1235:3333-3334/tcp", 1_234...1_235, 3_333...3_334, at: "0.0.0.0",
            canonical: "0.0.0.0:1234-1235:3333-3334"),
        Good("1234-1236:1234-1236/udp", 1_234...1_236, 1_234...1_236, proto: .udp),
        Good("8000-8000:80-80", 8_000...8_000, 80...80, canonical: "8000:80"),
        Good("8000-8000:80", 8_000...8_000, 80...80, canonical: "8000:80"),
        Good("1-65535:1-65535", 1...65_535, 1...65_535),
        Good("192.168.1.100:8080:80", 8_080...8_080, 80...80, at: "192.168.1.100"),
        Good("127.0.0.1:53-54:53-54/udp", 53...54, 53...54, at: "127.0.0.1", proto: .udp),
        Good("[::1]:80:80", 80...80, 80...80, at: "::1"),
        Good("[::]:80:80", 80...80, 80...80, at: "::"),
        Good("[2001:4860:0:2001::68]:333:333", 333...333, 333...333, at: "2001:4860:0:2001::68"),
        Good("[FD00:0::1]:80:80/udp", 80...80, 80...80, at: "fd00::1", proto: .udp, canonical: "[fd00::1]:80:80/udp"),
    ]

    @Test(arguments: good)
    private func readsAndWrites(_ example: Good) throws {
        let wish = try PublishSpecification(parsing: example.text)
        #expect(wish.proto == example.proto && wish.host == example.host && wish.inside == example.inside)
        #expect(wish.hostAddress?.description == example.address)
        #expect(wish.description == example.canonical)
        #expect(try PublishSpecification(parsing: wish.description) == wish)
    }

    @Test(
        arguments: [
            ("", "does not name a port of the host"), ("80", "does not name a port of the host"),
            ("80/tcp", "does not name a port of the host"), ("/tcp", "does not name a port of the host"),
            ("192.168.1.100", "does not name a port of the host"),
            ("1234-1236/tcp", "does not name a port of the host"),
            ("192.168.1.100::80", "names no port of the host"), (":80", "names no port of the host"),
            ("[2001:4860:0:2001::68]::333", "names no port of the host"), ("80:", "names no port of the endpoint"),
            ("80:/tcp", "names no port of the endpoint"), ("8080:80/", "no protocol follows"),
            ("3456:3456/sctp", "\"sctp\" can't be published"), ("80:80/tcp/udp", "\"tcp/udp\" can't be published"),
            ("80:80/icmp", "\"icmp\""), ("80:80/ tcp", "\" tcp\""),
            ("0:80", "\"0\" is no port of the host"), ("80:0", "\"0\" is no port of the endpoint"),
            ("0-1:80-81", "\"0-1\" is no port of the host"), ("65536:80", "\"65536\" is no port of the host"),
            ("80:65536", "\"65536\" is no port of the endpoint"),
            ("80:99999999999999999999", "is no port of the endpoint"),
            ("asdf:80", "\"asdf\" is no port of the host"), ("1asdf:80", "\"1asdf\" is no port of the host"),
            ("0123:80", "\"0123\" is no port of the host"), ("+80:80", "\"+80\" is no port"), ("８０:80", "is no port"),
            ("80 :80", "\"80 \" is no port"), ("8\u{301}0:80", "is no port"), ("0x50:80", "is no port"),
            ("-1:-1", "\"-1\" is no port of the host"), ("192.168.1.100:-1:-1", "\"-1\" is no port of the host"),
            ("80-:80", "\"80-\" is no port"), ("1-2-3:80", "\"1-2-3\" is no port"), ("-:80", "\"-\" is no port"),
            ("9000-8000:90-80", "9000-8000 ends before it begins"), ("8000-8001:81-80", "81-80 ends before"),
            ("8000-8009:80", "10 ports of the host can't lead to 1 of the endpoint"),
            ("8000:80-89", "1 port of the host can't lead to 10 of the endpoint"),
            ("8000-8001:80-82", "2 ports of the host can't lead to 3"),
            ("0.0.0.0:1234-1235:3333-3335", "2 ports of the host can't lead to 3"),
            ("localhost:1234:1234/tcp", "localhost"), ("10.0.0.300:80:80", "300"), ("10.0.0:80:80", "10.0.0"),
            (":80:80", "its address is empty"), ("[]:80:80", "its address is empty"),
            ("::1:80:80", "too many colons"), ("2001:4860:0:2001::68::333", "too many colons"),
            ("::::80", "too many colons"), ("1:2:3:4", "too many colons"), ("[::1]:1:2:3", "too many colons"),
            ("[::1:80:80", "not closed"), ("[::1]80:80", "no colon follows"), ("[::1]", "no colon follows"),
            ("[fe80::1]:80:80", "link-local"), ("[fe80::1%eth0]:80:80", "zone"), ("[ff02::1]:80:80", "multicast"),
            ("224.0.0.1:80:80", "multicast"), ("255.255.255.255:80:80", "broadcast"),
            ("[::ffff:10.0.0.1]:80:80", "written as IPv6"),
        ] as [(String, String)])
    func refuses(_ text: String, _ reason: String) {
        let error = #expect(throws: APIError.self) { try PublishSpecification(parsing: text) }
        #expect(error?.code == .invalid && error?.hint != nil)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "none")")
        #expect(error?.message.hasPrefix("cannot publish ") == true)
    }

    @Test func longTextIsNotRepeated() {
        let error = #expect(throws: APIError.self) {
            try PublishSpecification(parsing: String(repeating: "8", count: 100_000))
        }
        #expect((error?.message.count ?? .max) < 300)
    }

    @Test(
        arguments: [
            (["80:80", "80:80"], "said twice"), (["80:80", "80:80/tcp"], "said twice"), (["80:80", "80:81"], "80/tcp"),
            (["80-90:80-90", "85-95:85-95"], "85-90/tcp"), (["10.0.0.1:80:80", "80:80"], "80/tcp"),
            (["0.0.0.0:80:80", "10.0.0.1:80:80"], "80/tcp"), (["[::]:53:53/udp", "[fd00::1]:53:53/udp"], "53/udp"),
            (["1:1", "2:2", "[::]:1:3"], "1/tcp"), (["80:80", "x"], "\"x\""),
        ] as [([String], String)])
    func overlapsOfOneCommandAreRefused(_ texts: [String], _ reason: String) {
        let error = #expect(throws: APIError.self) { try PublishSpecification.list(texts) }
        #expect(error?.code == .invalid && error?.message.contains(reason) == true, "\(error?.message ?? "none")")
    }

    @Test(arguments: [
        [], ["80:80", "80:80/udp"], ["80:80", "81:80"], ["10.0.0.1:80:80", "10.0.0.2:80:80"],
        ["0.0.0.0:80:80", "[::]:80:80"], ["80-89:80-89", "90-99:80-89"],
    ])
    func othersAreNot(_ texts: [String]) throws {
        #expect(try PublishSpecification.list(texts).map(\.description) == texts)
    }

    @Test func oneCommandHasABound() throws {
        let texts = (1...UInt16(PublishSpecification.most)).map { "\($0):80" }
        #expect(try PublishSpecification.list(texts).count == texts.count)
        let error = #expect(throws: APIError.self) { try PublishSpecification.list(texts + ["5000:80"]) }
        #expect(error?.message.contains("too many") == true)
    }

    /// What is written is read as the same, and random text neither traps nor is taken for something else.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func random(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let count = UInt16.random(in: 0...100, using: &random)
            let host = UInt16.random(in: 1...(.max - count), using: &random)
            let inside = UInt16.random(in: 1...(.max - count), using: &random)
            let addresses: [IPAddress?] = [
                nil, .v4(IPv4Address(value: .random(in: 1...0x7FFF_FFFF, using: &random))),
                .v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: .random(in: 1 ... .max, using: &random))),
            ]
            let wish = PublishSpecification(
                proto: Bool.random(using: &random) ? .tcp : .udp,
                hostAddress: addresses.randomElement(using: &random) ?? nil, host: host...(host + count),
                inside: inside...(inside + count))
            #expect((try? PublishSpecification(parsing: wish.description)) == wish, "seed \(seed): \(wish)")
            var scalars = Array("0123456789:-/[].tcpud \u{301}é".unicodeScalars)
            scalars.shuffle(using: &random)
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars.prefix(.random(in: 0...12, using: &random)))
            let text = String(view)
            if let taken = try? PublishSpecification(parsing: text) {
                #expect((try? PublishSpecification(parsing: taken.description)) == taken, "seed \(seed): \(text)")
            }
        }
    }

    /// What a lab file is refused for before a daemon is asked is what the daemon refuses.
    @Test func keptPorts() {
        #expect(PublishSpecification.keptPorts == PoolReservation.standardPorts)
    }

    @Test func modes() throws {
        #expect(try PublishRecord.Mode(checking: nil) == .translate)
        #expect(try PublishRecord.Mode(checking: "relay") == .relay)
        let error = #expect(throws: APIError.self) { try PublishRecord.Mode(checking: "Relay") }
        #expect(error?.hint?.contains("--publish-mode") == true)
    }

    @Test func networksThatNothingLeadsInto() throws {
        let wishes = try PublishSpecification.list(["8080:80"])
        var network = Samples.network(1)
        #expect(throws: Never.self) { try Switchboard.refuseUnpublishable(wishes, network: network) }
        network.isInternal = true
        let inner = #expect(throws: APIError.self) { try Switchboard.refuseUnpublishable(wishes, network: network) }
        #expect(inner?.message.contains("internal") == true)
        #expect(throws: Never.self) { try Switchboard.refuseUnpublishable([], network: network) }
        let plain = #expect(throws: APIError.self) {
            try Switchboard.refuseUnpublishable(wishes, network: Samples.network(2, subnets: []))
        }
        #expect(plain?.message.contains("net2 has no subnet") == true && plain?.hint?.contains("--subnet") == true)
    }

    @Test func routedNetworks() throws {
        func specification(_ request: NetworkRequest) throws -> NetworkSpecification { try .init(request) }
        #expect(try !specification(NetworkRequest(name: "x", subnets: ["10.0.0.0/24"])).isRouted)
        #expect(try specification(NetworkRequest(name: "x", subnets: ["10.0.0.0/24"], route: true)).isRouted)
        for request in [
            NetworkRequest(name: "x", route: true),
            NetworkRequest(name: "x", subnets: ["10.0.0.0/24"], internal: true, route: true),
        ] {
            let error = #expect(throws: APIError.self) { try specification(request) }
            #expect(error?.hint?.contains("--route") == true)
        }
        var record = Samples.network(1)
        #expect(record.model.options == [:])
        record.isRouted = true
        #expect(record.model.options == ["route": "true"])
    }

    @Test func uplinkNamesAreChecked() throws {
        #expect(try UplinkSettings(names: ["eth0", "wlan0"]).names == ["eth0", "wlan0"])
        #expect(try UplinkSettings().names.isEmpty)
        for (names, reason) in [
            ([""], "empty"), (["a/b"], "a/b"), (["lo"], "loopback"), (["eth0", "eth1", "eth0"], "twice"),
            (["all"], "every interface"),
        ] {
            let error = #expect(throws: ControlError.self) { try UplinkSettings(names: names) }
            #expect(error?.description.contains(reason) == true, "\(names)")
        }
    }
}
