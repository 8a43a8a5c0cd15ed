import Addresses
import HeddleAPI
import Netlink
import Testing

@testable import ControlPlane

@Suite struct NetworkValidationTests {
    private func refusal(_ request: NetworkRequest) -> APIError? {
        do {
            _ = try NetworkSpecification(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func defaultsAreFilledIn() throws {
        let wish = try NetworkSpecification(NetworkRequest(name: "blue", subnets: ["10.1.0.0/16", "fd00:1::/64"]))
        #expect(wish.gateways.map(\.description) == ["10.1.0.1", "fd00:1::1"])
        #expect(wish.mtu == 1_500)
        #expect(!wish.isInternal && !wish.isIsolated && wish.ranges.isEmpty)
    }

    @Test func gatewaysFollowTheOrderOfTheSubnets() throws {
        let wish = try NetworkSpecification(
            NetworkRequest(name: "n", subnets: ["fd00::/64", "10.0.0.0/24"], gateways: ["10.0.0.254"]))
        #expect(wish.gateways.map(\.description) == ["fd00::1", "10.0.0.254"])
    }

    @Test func withoutSubnetsItIsPureLayerTwo() throws {
        let wish = try NetworkSpecification(NetworkRequest(name: "n", mtu: 68))
        #expect(wish.subnets.isEmpty && wish.gateways.isEmpty && wish.mtu == 68)
    }

    @Test(arguments: ["a", "A9", "web.blue_2-x", "0", String(repeating: "x", count: 63)])
    func goodNames(_ name: String) {
        #expect(refusal(NetworkRequest(name: name)) == nil)
    }

    @Test(arguments: [
        "", "-a", ".a", "_a", "a b", "a/b", "a\u{0}b", "a\nb", "ä", "a\u{301}", "a%", String(repeating: "x", count: 64),
        "👩‍🚀",
    ])
    func badNames(_ name: String) {
        let error = refusal(NetworkRequest(name: name))
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("network name") == true)
        #expect(error?.hint?.contains("letter") == true)
        #expect(error?.message.unicodeScalars.contains { $0.value < 32 } == false)
    }

    @Test(arguments: [
        ("10.0.0.5/24", "Say 10.0.0.0/24."), ("fd00::1/64", "Say fd00::/64."), ("10.0.0.1/0", "Say 0.0.0.0/0."),
    ])
    func hostBitsAreRefusedWithTheRightOne(_ text: String, _ hint: String) {
        let error = refusal(NetworkRequest(name: "n", subnets: [text]))
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("host bits") == true)
        #expect(error?.hint == hint)
    }

    @Test(arguments: [
        "10.0.0.0", "10.0.0.0/33", "10.0.0/24", "x/24", "", "fd00::/129", "10.0.0.0/24/8", "010.0.0.0/8", "10.0.0.0/-1",
        "0.0.0.0/0", "0.0.0.0/8", "127.0.0.0/8", "127.1.0.0/16", "224.0.0.0/8", "128.0.0.0/1", "255.255.255.0/24",
        "10.0.0.0/31", "10.0.0.0/32", "::/0", "::/64", "fe80::/64", "ff02::/16", "fd00::/127", "fd00::/128",
        "::ffff:10.0.0.0/104",
    ])
    func badSubnets(_ text: String) {
        #expect(refusal(NetworkRequest(name: "n", subnets: [text]))?.code == .invalid)
    }

    @Test(arguments: ["10.0.0.0/8", "192.168.7.0/30", "100.64.0.0/10", "169.254.7.0/24", "fd00::/126", "2001:db8::/32"])
    func goodSubnets(_ text: String) {
        #expect(refusal(NetworkRequest(name: "n", subnets: [text])) == nil)
    }

    @Test func atMostOneSubnetOfAFamily() {
        let error = refusal(NetworkRequest(name: "n", subnets: ["10.0.0.0/24", "10.1.0.0/24"]))
        #expect(error?.message == "a network can't have two IPv4 subnets: 10.0.0.0/24 and 10.1.0.0/24")
    }

    @Test(arguments: [
        (["10.0.1.1"], "in no subnet"), (["10.0.0.0"], "subnet's own address"), (["10.0.0.255"], "broadcast"),
        (["fd00::1"], "in no subnet"), (["10.0.0.1", "10.0.0.2"], "two IPv4 gateways"), (["x"], "not an IPv4 address"),
        (["10.0.0.1/24"], "not an IPv4 address"),
    ])
    func badGateways(_ gateways: [String], _ reason: String) {
        let error = refusal(NetworkRequest(name: "n", subnets: ["10.0.0.0/24"], gateways: gateways))
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "none")")
    }

    @Test func aGatewayNeedsASubnet() {
        let error = refusal(NetworkRequest(name: "n", gateways: ["10.0.0.1"]))
        #expect(error?.hint == "Give the network a --subnet.")
    }

    @Test(arguments: [
        (["10.0.1.0/28"], "in no subnet"), (["10.0.0.0/16"], "in no subnet"), (["10.0.0.17/28"], "host bits"),
        (["10.0.0.0/32"], "no address"), (["10.0.0.0/31"], "no address"), (["10.0.0.255/32"], "no address"),
        (["10.0.0.16/28", "10.0.0.32/28"], "two IPv4 ranges"),
    ])
    func badRanges(_ ranges: [String], _ reason: String) {
        let error = refusal(NetworkRequest(name: "n", subnets: ["10.0.0.0/24"], ipRanges: ranges))
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "none")")
    }

    @Test func aRangeMayBeOneAddress() throws {
        let wish = try NetworkSpecification(
            NetworkRequest(name: "n", subnets: ["10.0.0.0/24"], ipRanges: ["10.0.0.9/32"]))
        #expect(wish.ranges.map(\.description) == ["10.0.0.9/32"])
    }

    @Test(arguments: [Int.min, -1, 0, 67, 65_522, 1 << 40])
    func badMTUs(_ mtu: Int) {
        #expect(refusal(NetworkRequest(name: "n", mtu: mtu))?.message.contains("68 to 65521") == true)
    }

    @Test func ipv6NeedsItsMTU() {
        let error = refusal(NetworkRequest(name: "n", subnets: ["fd00::/64"], mtu: 1_279))
        #expect(error?.hint == "IPv6 needs 1280.")
        #expect(refusal(NetworkRequest(name: "n", subnets: ["fd00::/64"], mtu: 1_280)) == nil)
    }

    @Test func otherDriversAreRefusedClearly() {
        #expect(refusal(NetworkRequest(name: "n", driver: "bridge")) == nil)
        let known = refusal(NetworkRequest(name: "n", driver: "host"))
        #expect(known?.message == "the driver host has one network, which is named host too")
        #expect(known?.hint?.contains("heddle attach host SANDBOX") == true)
        #expect(refusal(NetworkRequest(name: "n", driver: "Bridge"))?.message.contains("is not a driver") == true)
        let option = refusal(NetworkRequest(name: "n", options: ["vni": "5"]))
        #expect(option?.message.contains("\"vni\"") == true)
    }

    @Test func overlapsAreNamed() throws {
        let subnet = try #require(IPPrefix("10.0.0.128/25"))
        func refusal(_ networks: [NetworkRecord], _ routes: [String]) -> String? {
            do {
                try OverlapCheck.check(
                    [subnet], networks: networks, routes: routes.compactMap { IPPrefix($0) }.map { .init(to: $0) })
                return nil
            } catch {
                return error.message
            }
        }
        #expect(refusal([], ["0.0.0.0/0", "::/0", "10.0.0.0/25", "fe80::/64", "224.0.0.0/4"]) == nil)
        #expect(refusal([Samples.network(1, subnets: ["10.0.0.0/24"])], [])?.contains("net1") == true)
        #expect(refusal([Samples.network(1, subnets: ["10.1.0.0/24"])], []) == nil)
        #expect(refusal([], ["10.0.0.0/8"])?.contains("the host's route to 10.0.0.0/8") == true)
        #expect(refusal([], ["10.0.0.130/32"])?.contains("10.0.0.130/32") == true)
    }
}
