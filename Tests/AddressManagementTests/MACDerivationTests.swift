import AddressManagement
import Addresses
import Testing

@Suite("MAC addresses that follow from networks and addresses")
struct MACDerivationTests {
    @Test(
        "these never change, or restarted containers would get others",
        arguments: [
            ("0123456789abcdef", "10.0.0.2", "02:61:0a:00:00:02"),
            ("0123456789abcdef", "10.0.0.3", "02:61:0a:00:00:03"),
            ("fedcba9876543210", "10.0.0.2", "02:63:0a:00:00:02"), ("", "255.255.255.255", "02:e1:ff:ff:ff:ff"),
            ("0123456789abcdef", "fd00::2", "02:61:49:de:b1:a3"),
        ])
    func stable(network: String, address: String, mac: String) throws {
        let derived = try MACAddress.derived(network: network, address: IPAddress(parsing: address))
        #expect(derived.description == mac)
    }

    @Test("all of them are locally administered and unicast, and differ within a network")
    func properties() throws {
        for subnet in ["10.0.0.0/20", "fd00:1:2:3::/116"] {
            let prefix = try IPPrefix(parsing: subnet)
            var seen: Set<MACAddress> = []
            for number in prefix.network.number...prefix.last.number {
                let address = IPAddress(family: prefix.family, number: number)
                let mac = MACAddress.derived(network: "0123456789abcdef", address: address)
                #expect(mac.isLocallyAdministered && !mac.isGroup)
                seen.insert(mac)
            }
            #expect(seen.count == 4096)
        }
    }

    @Test("IPv6 addresses that differ only in their upper bits differ")
    func upperBits() throws {
        var generator = SeededGenerator(seed: 0x4EDD_1E21)
        var seen: Set<MACAddress> = []
        for _ in 0..<1000 {
            let address = IPv6Address(high: 0xFD00_0000_0000_0000, low: generator.next() << 32 | 2)
            seen.insert(MACAddress.derived(network: "n", address: .v6(address)))
        }
        #expect(seen.count == 1000)
    }

    @Test("networks without addresses: by endpoint, apart from those with")
    func endpoints() {
        var seen: Set<MACAddress> = []
        for number in 0..<4000 {
            let mac = MACAddress.derived(network: "0123456789abcdef", endpoint: "endpoint\(number)")
            #expect(mac.isLocallyAdministered && !mac.isGroup && mac[0] == 0x06)
            seen.insert(mac)
        }
        #expect(seen.count == 4000)
        #expect(
            MACAddress.derived(network: "a", endpoint: "b") == MACAddress.derived(network: "a", endpoint: "b"))
        #expect(
            MACAddress.derived(network: "a", endpoint: "b") != MACAddress.derived(network: "b", endpoint: "b"))
    }
}
