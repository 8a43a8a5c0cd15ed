import Addresses
import HeddleAPI
import Testing

@testable import ControlPlane

/// What is said of an overlay: taken, or refused with the reason.
@Suite struct OverlayValidationTests {
    private func specification(_ options: [String: String], mtu: Int? = nil) throws -> NetworkSpecification {
        try NetworkSpecification(NetworkRequest(name: "blue", driver: "overlay", mtu: mtu, options: options))
    }

    private func refusal(_ changes: [String: String?]) -> APIError? {
        var options: [String: String] = ["vni": "42", "local": "198.18.0.1"]
        for (key, value) in changes { options[key] = value }
        let complete = options
        return #expect(throws: APIError.self) { try specification(complete) }
    }

    @Test func leastOptionsGetDefaults() throws {
        let wish = try specification(["vni": "42", "local": "198.18.0.1"])
        #expect(wish.driver == "overlay" && wish.mtu == nil)
        let overlay = try #require(wish.overlay)
        #expect(overlay.vni == 42 && overlay.place.description == "198.18.0.1:4789" && overlay.peers.isEmpty)
        #expect(overlay.learning && !overlay.acceptsAnyPeer && overlay.overhead == 50)
    }

    @Test func allOptionsAreReadAndRecorded() throws {
        let options = [
            "vni": "16777215", "local": "fd00::1", "peer": "fd00::2,fd00::3", "port": "8472", "learning": "off",
            "accept-any-peer": "true",
        ]
        let overlay = try #require(try specification(options, mtu: 1_400).overlay)
        #expect(overlay.vni == 16_777_215 && overlay.place.description == "[fd00::1]:8472" && overlay.overhead == 70)
        #expect(overlay.peers.map(\.description) == ["fd00::2", "fd00::3"])
        #expect(!overlay.learning && overlay.acceptsAnyPeer)
        #expect(overlay.options == options)
        #expect(OverlaySettings(recorded: overlay.options) == overlay)
    }

    @Test func otherSpellingsAreTheSameAddress() throws {
        let overlay = try specification(["vni": "0", "local": "FD00:0::1", "peer": "fd00:0:0::2"]).overlay
        #expect(overlay?.options["local"] == "fd00::1" && overlay?.options["peer"] == "fd00::2")
        #expect(refusal(["local": "fd00::1", "peer": "fd00::2,fd00:0::2"])?.message.contains("twice") == true)
    }

    @Test(
        arguments: [
            (["vni": nil], "needs a VNI"), (["vni": "16777216"], "0 to 16777215"), (["vni": "-1"], "0 to 16777215"),
            (["vni": "0x10"], "0 to 16777215"), (["vni": ""], "0 to 16777215"),
            (["vni": "99999999999999999999"], "0 to 16777215"),
            (["local": nil], "VTEP address"), (["local": "here"], "here"), (["local": "0.0.0.0"], "unspecified"),
            (["local": "224.0.0.1"], "multicast"), (["local": "255.255.255.255"], "broadcast"),
            (["local": "fe80::1"], "link-local"), (["local": "::ffff:198.18.0.1"], "written as IPv6"),
            (["peer": "fd00::2"], "IPv6"), (["peer": "198.18.0.1"], "own address"),
            (["peer": "198.18.0.2,"], "peer"), (["peer": "0.0.0.0"], "unspecified"),
            (["peer": "239.0.0.1"], "multicast"),
            (["peer": "255.255.255.255"], "broadcast"), (["peer": "198.18.0.2,198.18.0.2"], "twice"),
            (["port": "0"], "1 to 65535"), (["port": "65536"], "1 to 65535"), (["port": "vxlan"], "1 to 65535"),
            (["learning": "maybe"], "on or off"), (["accept-any-peer": "yes"], "true or false"),
            (["parent": "eth0"], "\"parent\" means nothing"),
        ] as [([String: String?], String)])
    func refusals(_ changes: [String: String?], _ reason: String) {
        let error = refusal(changes)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "none")")
    }

    @Test func superframesLeaveWholeWhereThatSparesTheKernelCutting() {
        let tunnel = ["tx-udp_tnl-csum-segmentation": true, "tx-tcp-segmentation": true]
        let trains = ["tx-udp-segmentation": true]
        let both = tunnel.merging(trains) { first, _ in first }
        func prefersDevice(_ kind: String?, _ features: [String: Bool]) -> Bool {
            UnderlayLook.prefersDevice(kind: kind, features: features)
        }
        #expect(prefersDevice("veth", both) && prefersDevice(nil, tunnel) && prefersDevice(nil, [:]))
        #expect(!prefersDevice("veth", trains) && !prefersDevice(nil, ["tx-udp-segmentation": true]))
        // TSO is off.
        #expect(!prefersDevice("veth", both.merging(["tx-tcp-segmentation": false]) { _, new in new }))
        #expect(!prefersDevice("bridge", both) && prefersDevice("bridge", tunnel))
    }

    @Test func peersHaveABound() {
        let many = (2...66).map { "198.18.0.\($0)" }
        #expect(refusal(["peer": many.joined(separator: ",")])?.message.contains("at most 64") == true)
        #expect(throws: Never.self) {
            try specification(["vni": "1", "local": "198.18.0.1", "peer": many.dropLast().joined(separator: ",")])
        }
    }

    @Test func optionsOfOverlaysAreNoOtherDrivers() {
        let error = #expect(throws: APIError.self) {
            try NetworkSpecification(NetworkRequest(name: "lan", options: ["vni": "42"]))
        }
        #expect(error?.hint?.contains("--driver overlay") == true)
    }

    @Test(arguments: [
        ["vni": "42"], ["vni": "16777216", "local": "198.18.0.1", "port": "4789"],
        ["vni": "42", "local": "198.18.0.1", "port": "0"],
        ["vni": "42", "local": "198.18.0.1", "port": "4789", "peer": "fd00::2"],
        ["vni": "42", "local": "198.18.0.1", "port": "4789", "peer": "?"],
    ])
    func damagedRecordsAreNoOverlays(_ options: [String: String]) {
        #expect(OverlaySettings(recorded: options) == nil)
    }

    @Test func theMTUIsWhatTheTunnelCarriesWithinBounds() {
        func mtu(_ carried: Int, _ subnets: String...) -> Int {
            NetworkRecord.mtu(carried: carried, subnets: subnets.compactMap { IPPrefix($0) })
        }
        #expect(mtu(1_450) == 1_450 && mtu(8_950, "10.0.0.0/24") == 8_950)
        #expect(mtu(1_230, "10.0.0.0/24") == 1_230 && mtu(1_230, "10.0.0.0/24", "fd00::/64") == 1_280)
        #expect(mtu(-20) == 68 && mtu(70_000) == 65_521)
    }

    @Test func hostsShareTheGatewaysMACAndNoOther() {
        func network(_ id: String, vni: UInt32 = 42, gateway: String = "10.42.0.1") -> NetworkRecord {
            var record = Samples.network(1, subnets: ["10.42.0.0/16"])
            record.id = id
            record.driver = OverlaySettings.driver
            record.gateways = [gateway].compactMap { IPAddress($0) }
            var overlay = Samples.overlay()
            overlay.vni = vni
            record.overlay = overlay
            return record
        }
        let first = network("aa")
        #expect(first.gatewayMAC == network("bb").gatewayMAC)
        #expect(first.gatewayMAC != network("aa", vni: 43).gatewayMAC)
        #expect(first.gatewayMAC != network("aa", gateway: "10.42.0.2").gatewayMAC)
        // Endpoints without addresses have their port's number to tell them apart, which other hosts have, too.
        let macs = ["aa", "bb"].map { AddressAssignment.mac(for: [], port: 3, network: network($0)) }
        #expect(macs[0] != macs[1])
    }

    @Test func addressesOfStaticStationsAreTaken() throws {
        let network = Samples.network(1)
        let station = StationRecord(
            network: network.id, mac: MACAddress(value: 0x0200_0000_0001), vtep: .v4(IPv4Address(198, 18, 0, 2)),
            addresses: [try IPAddress(parsing: "10.0.0.2")])
        let free = try AddressAssignment.addresses([], network: network, members: [], remote: [station])
        #expect(free.map(\.description) == ["10.0.0.3/24"])
        let error = #expect(throws: APIError.self) {
            try AddressAssignment.addresses(
                station.addresses, network: network, members: [], remote: [station])
        }
        #expect(error?.message.contains("the static station 02:00:00:00:00:01") == true)
    }
}
