import Addresses
import DataPlane
import HeddleAPI
import Testing

@testable import ControlPlane

@Suite struct AddressAssignmentTests {
    private let network = Samples.network(1, subnets: ["10.0.0.0/29", "fd00::/64"])

    private func member(_ port: UInt16, _ addresses: String...) -> EndpointRecord {
        var record = Samples.endpoint(port)
        record.addresses = addresses.compactMap { IPPrefix($0) }
        return record
    }

    private func assign(_ wanted: [String] = [], members: [EndpointRecord] = []) throws(APIError) -> [String] {
        try AddressAssignment.addresses(wanted.compactMap { IPAddress($0) }, network: network, members: members)
            .map(\.description)
    }

    @Test func oneOfEachSubnetTheLowestThatIsFree() throws {
        #expect(try assign() == ["10.0.0.2/29", "fd00::2/64"])
        let members = [member(1, "10.0.0.2/29", "fd00::3/64"), member(2, "10.0.0.4/29", "fd00::2/64")]
        #expect(try assign(members: members) == ["10.0.0.3/29", "fd00::4/64"])
    }

    @Test func whatWasAskedForAndTheRestFromThePool() throws {
        #expect(try assign(["10.0.0.6"]) == ["10.0.0.6/29", "fd00::2/64"])
        #expect(try assign(["fd00::9"]) == ["10.0.0.2/29", "fd00::9/64"])
        #expect(try assign(["fd00::9", "10.0.0.5"]) == ["10.0.0.5/29", "fd00::9/64"])
    }

    @Test func aRangeLimitsThePoolButNotTheWish() throws {
        var network = network
        network.ranges = [try #require(IPPrefix("10.0.0.4/30"))]
        let pooled = try AddressAssignment.addresses([], network: network, members: [])
        #expect(pooled.first?.description == "10.0.0.4/29")
        let wished = try AddressAssignment.addresses(
            [try #require(IPAddress("10.0.0.2"))], network: network, members: [])
        #expect(wished.first?.description == "10.0.0.2/29")
    }

    @Test func whatDockerHasReservedIsNotForOthers() throws {
        let leased = ["10.0.0.1", "10.0.0.2", "10.0.0.4"].compactMap { IPAddress($0) }
        let free = try AddressAssignment.addresses([], network: network, members: [], leased: leased)
        #expect(free.first?.description == "10.0.0.3/29")
        // In use already: an endpoint of Docker's.
        let members = [member(1, "10.0.0.2/29")]
        let next = try AddressAssignment.addresses([], network: network, members: members, leased: leased)
        #expect(next.first?.description == "10.0.0.3/29")
        let error = #expect(throws: APIError.self) {
            try AddressAssignment.addresses(
                [IPAddress("10.0.0.4")].compactMap(\.self), network: network, members: [], leased: leased)
        }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("10.0.0.4 is in use by Docker") == true)
    }

    @Test func refusalsNameTheAddressAndItsOwner() {
        let members = [member(3, "10.0.0.3/29")]
        let cases: [(String, APIError.Code, String)] = [
            ("10.0.0.3", .conflict, "eth0@box3"), ("10.0.0.1", .conflict, "gateway"), ("10.0.0.0", .invalid, "network"),
            ("10.0.0.7", .invalid, "broadcast"), ("10.0.1.1", .invalid, "in no subnet"),
            ("fd00::", .invalid, "anycast"),
        ]
        for (address, code, reason) in cases {
            let error = #expect(throws: APIError.self) { try assign([address], members: members) }
            #expect(error?.code == code, "\(address)")
            #expect(error?.message.contains(reason) == true && error?.message.contains(address) == true, "\(address)")
        }
        let full = (2...6).map { member(UInt16($0), "10.0.0.\($0)/29") }
        let error = #expect(throws: APIError.self) { try assign(members: full) }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("in use") == true)
    }

    @Test func macsFollowFromTheAddressOrThePort() throws {
        let four = try #require(IPPrefix("10.0.0.2/29"))
        let six = try #require(IPPrefix("fd00::2/64"))
        let mac = AddressAssignment.mac(for: [six, four], port: 1, network: network)
        #expect(mac == AddressAssignment.mac(for: [four], port: 9, network: network))
        #expect(mac.octets.suffix(4) == [10, 0, 0, 2])
        #expect(mac != AddressAssignment.mac(for: [six], port: 1, network: network))
        let plain = AddressAssignment.mac(for: [], port: 1, network: network)
        #expect(plain == AddressAssignment.mac(for: [], port: 1, network: network))
        #expect(plain != AddressAssignment.mac(for: [], port: 2, network: network))
        for mac in [mac, plain, network.gatewayMAC] { #expect(!mac.isGroup && mac.isLocallyAdministered) }
        #expect(network.gatewayMAC != Samples.network(2).gatewayMAC)
    }
}

@Suite struct PortConfigurationTests {
    @Test func anEndpointIsGuardedByItsAddresses() {
        var record = Samples.endpoint(3)
        record.vlan = 7
        var network = Samples.network(2)
        network.isIsolated = true
        network.mtu = 9_000
        let port = PortConfiguration(endpoint: record, network: network)
        #expect(port.id == 3 && port.domain == 2 && port.kind == .tap && port.isolated)
        #expect(port.accessVLAN == 7 && port.mtu == 9_000 && port.token == record.token)
        #expect(port.sourceGuard?.mac == record.mac)
        #expect(port.sourceGuard?.ipv4.map(\.description) == ["10.0.0.4"])
        #expect(port.sourceGuard?.ipv6.map(\.description) == ["fd00::4"])
    }

    @Test func withoutAddressesAnybodyMaySpeak() {
        var record = Samples.endpoint(3, via: .veth)
        record.isGuarded = false
        let port = PortConfiguration(endpoint: record, network: Samples.network(subnets: []))
        #expect(port.sourceGuard == nil && port.kind == .packetSocket && !port.isolated && port.accessVLAN == 0)
    }

    @Test func theHostPortSpeaksAsTheGatewayOnlyAndIsNeverIsolated() {
        var network = Samples.network(1, subnets: ["10.0.0.0/24", "fd00::/64"])
        network.isIsolated = true
        let port = PortConfiguration(hostPort: 9, of: network)
        #expect(port.id == 9 && port.kind == .tap && !port.isolated && port.token == network.hostToken)
        #expect(port.sourceGuard?.mac == network.gatewayMAC)
        #expect(port.sourceGuard?.ipv4.map(\.description) == ["10.0.0.1"])
        #expect(port.sourceGuard?.ipv6.map(\.description) == ["fd00::1"])
    }
}
