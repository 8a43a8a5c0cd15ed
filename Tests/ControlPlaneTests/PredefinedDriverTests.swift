import Addresses
import HeddleAPI
import Testing

@testable import ControlPlane

@Suite("Drivers host and none")
struct PredefinedDriverTests {
    private func refusal(_ request: NetworkRequest) -> APIError? {
        do throws(APIError) {
            _ = try NetworkSpecification(request)
            return nil
        } catch {
            return error
        }
    }

    @Test("each has one network, named as the driver, without addresses", arguments: PredefinedDriver.allCases)
    func names(_ driver: PredefinedDriver) throws {
        let wish = try NetworkSpecification(NetworkRequest(name: driver.rawValue, driver: driver.rawValue))
        #expect(wish.driver == driver.rawValue && wish.subnets.isEmpty && wish.overlay == nil && wish.parent == nil)
        let other = refusal(NetworkRequest(name: "lan", driver: driver.rawValue))
        #expect(other?.code == .invalid && other?.message.contains("has one network") == true)
        for request in [
            NetworkRequest(name: driver.rawValue), NetworkRequest(name: driver.rawValue, driver: "overlay"),
        ] {
            #expect(refusal(request)?.message.contains("can be named \(driver.rawValue)") == true)
        }
    }

    @Test("there is nothing to set")
    func settings() {
        let requests: [(String, NetworkRequest)] = [
            ("--subnet", NetworkRequest(name: "none", driver: "none", subnets: ["10.0.0.0/24"])),
            ("--mtu", NetworkRequest(name: "none", driver: "none", mtu: 1_400)),
            ("--internal", NetworkRequest(name: "host", driver: "host", internal: true)),
            ("vni", NetworkRequest(name: "host", driver: "host", options: ["vni": "7"])),
        ]
        for (word, request) in requests {
            #expect(refusal(request)?.message.contains(word) == true)
        }
        #expect(refusal(NetworkRequest(name: "n", driver: "ipvlan"))?.hint?.contains("host or none") == true)
    }

    @Test("an endpoint without a device is kept while its sandbox is there, and comes back with it")
    func reconciled() {
        let endpoint = Samples.endpoint(1, via: .loopback)
        var seen = Sightings()
        func steps(_ endpoint: EndpointRecord) -> [RepairStep] {
            Reconciler.plan(networks: [], endpoints: [endpoint], mark: Samples.mark, seen: seen)
        }
        #expect(steps(endpoint) == [.markGone(id: "e1")])
        seen.sandboxes["e1"] = .present(cookie: 77, interface: nil)
        #expect(steps(endpoint) == [.keep(id: "e1")])
        seen.sandboxes["e1"] = .present(cookie: 78, interface: nil)
        #expect(steps(endpoint) == [.rewire(id: "e1")])
        seen.sandboxes = [:]
        #expect(steps(Samples.endpoint(1, via: .host)) == [.keep(id: "e1")])
        #expect(steps(Samples.endpoint(1, via: .host, phase: .creating)) == [.rollBackEndpoint(id: "e1")])
    }

    @Test("the host's own address of a publish may be a star")
    func star() throws {
        #expect(try PublishSpecification(parsing: "*:8080:80") == PublishSpecification(parsing: "8080:80"))
        #expect(throws: APIError.self) { try PublishSpecification(parsing: "**:8080:80") }
    }
}
