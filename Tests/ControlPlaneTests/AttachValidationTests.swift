import Addresses
import HeddleAPI
import Netlink
import Testing

@testable import ControlPlane

@Suite struct AttachValidationTests {
    private func refusal(_ change: (inout AttachRequest) -> Void) -> APIError? {
        var request = AttachRequest(network: "blue", sandbox: "box")
        change(&request)
        do {
            _ = try AttachSpecification(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func defaults() throws {
        let wish = try AttachSpecification(AttachRequest(network: "blue", sandbox: "box"))
        #expect(wish.via == .tap && wish.ifname == nil && wish.mac == nil && wish.vlan == nil)
        #expect(wish.reference == .name("box") && wish.addresses.isEmpty && wish.name.isEmpty)
    }

    @Test func everythingSaid() throws {
        let wish = try AttachSpecification(
            AttachRequest(
                network: "blue", sandbox: "pid:7", via: "veth", ifname: "lan0", ip: ["10.0.0.9", "fd00::9"],
                mac: "02:00:00:00:00:09", name: "web", aliases: ["www", "w", "www"], vlan: 4_094))
        #expect(wish.via == .veth && wish.ifname == "lan0" && wish.reference == .pid(7))
        #expect(wish.addresses.map(\.description) == ["10.0.0.9", "fd00::9"])
        #expect(wish.mac?.description == "02:00:00:00:00:09")
        #expect(wish.aliases == ["www", "w"])
    }

    @Test(arguments: [
        "", "a/b", ".", "..", "pid:", "pid:0", "pid:-1", "pid:x", "pid:99999999999", "a\u{0}b", "a\nb",
        String(repeating: "x", count: 256),
    ])
    func badSandboxes(_ sandbox: String) {
        let error = refusal { $0.sandbox = sandbox }
        #expect(error?.code == .invalid)
        #expect(error?.message.hasPrefix("sandbox ") == true)
        #expect(error?.hint?.contains("/run/netns") == true)
    }

    @Test(arguments: [
        "", "sixteen_bytes_xx", "a b", "a/b", "a:b", "a%d", ".", "..", "a\tb", "all", "default", "a\u{0}",
    ])
    func badInterfaceNames(_ ifname: String) {
        let error = refusal { $0.ifname = ifname }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("interface name") == true)
    }

    @Test(arguments: ["eth0", "fifteen_bytes_x", "a.b-c_d@e", "ä"])
    func goodInterfaceNames(_ ifname: String) {
        #expect(refusal { $0.ifname = ifname } == nil)
    }

    @Test(arguments: [
        "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "03:00:00:00:00:01", "02:00:00:00:00",
        "02:00:00:00:00:00:01", "0200.0000.0001", "", "02:00:00:00:00:0g",
    ])
    func badMACs(_ mac: String) {
        #expect(refusal { $0.mac = mac }?.code == .invalid)
    }

    @Test(arguments: [
        (["10.0.0.2/24"], "prefix length"), (["10.0.0.300"], "300"), (["10.0.0.2", "10.0.0.3"], "two IPv4"),
        (["fe80::1%eth0"], "zone"), ([""], "empty"),
    ])
    func badAddresses(_ addresses: [String], _ reason: String) {
        let error = refusal { $0.ip = addresses }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "none")")
    }

    @Test(arguments: [Int.min, -1, 0, 4_095, 4_096])
    func badVLANs(_ vlan: Int) {
        #expect(refusal { $0.vlan = vlan }?.message.contains("1 to 4094") == true)
    }

    @Test func otherRefusals() {
        #expect(refusal { $0.via = "bridge" }?.hint?.contains("--via tap") == true)
        #expect(refusal { $0.network = "a b" }?.message.contains("network name") == true)
        #expect(refusal { $0.name = "-x" }?.message.contains("endpoint name") == true)
        #expect(refusal { $0.aliases = ["ok", ""] }?.message.contains("alias name") == true)
        #expect(refusal { $0.publish = ["8080:80", "8080"] }?.message.contains("\"8080\"") == true)
        #expect(refusal { $0.publish = ["8080:80"] } == nil)
        #expect(
            refusal { ($0.publish, $0.publishMode) = (["8080:80"], "carry") }?.message.contains("\"carry\"") == true)
        #expect(refusal { $0.publishMode = "relay" }?.hint?.contains("--publish") == true)
        #expect(refusal { $0.publish = [] } == nil)
    }

    @Test func processIdsAreNotLasting() throws {
        #expect(try SandboxReference(checking: "box").isLasting)
        #expect(try SandboxReference(checking: "/run/x").isLasting)
        #expect(try !SandboxReference(checking: "pid:1").isLasting)
    }

    @Test(arguments: [("no-such-sandbox-hdt", APIError.Code.notFound), ("/dev/null", .invalid), ("/", .invalid)])
    func sandboxesThatAreNone(_ sandbox: String, _ code: APIError.Code) throws {
        let reference = try SandboxReference(checking: sandbox)
        let error = #expect(throws: APIError.self) { try reference.openOrRefuse() }
        #expect(error?.code == code)
        #expect(error?.message.contains(sandbox) == true)
        #expect(error?.hint != nil)
    }
}
