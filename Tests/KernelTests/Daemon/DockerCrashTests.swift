import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// The daemon ends, as by kill -9, where it has done half of what Docker asked for. Docker gets no answer, and may ask
/// again or not.
@Suite("Daemon: a crash at every step of Docker's calls", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct DockerCrashTests {
    /// Where the daemon ends in these tests.
    static let points = [
        "docker-pool-recorded", "docker-address-recorded", "docker-endpoint-recorded", "docker-endpoint-done",
    ]

    private static let network = String(repeating: "a", count: 64)
    private static let endpoint = String(repeating: "b", count: 64)
    private static let subnet = "10.64.0.0/24"

    @Test(
        "An address whose answer was lost is not given out again",
        arguments: ["docker-pool-recorded", "docker-address-recorded"])
    func addresses(_ point: String) throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let docker = PluginCaller(socket: lab.dockerSocket)
            try lab.start(lab.dockerPlaces)
            let isPool = point == "docker-pool-recorded"
            var first: [String: Any] = [:]
            if !isPool {
                let pool = try askPool(docker)
                first = try askAddress(docker, pool)
                #expect(first["Address"] as? String == "10.64.0.1/24")
            }
            try lab.killDaemon()
            try lab.start(lab.dockerPlaces, environment: ["HEDDLE_FAIL_AT": point])
            #expect(throws: LabError.self) {
                let pool = try askPool(docker)
                _ = try askAddress(docker, pool)
            }
            #expect(lab.daemon?.wait(within: .seconds(5)) == .exited(137))
            try lab.start(lab.dockerPlaces)
            let pool = try askPool(docker)
            let next = try askAddress(docker, pool)
            #expect(next["Err"] == nil)
            // The second address was recorded for the call whose answer was lost.
            #expect(next["Address"] as? String == (isPool ? "10.64.0.1/24" : "10.64.0.3/24"))
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test(
        "An endpoint is there whole or not at all", arguments: ["docker-endpoint-recorded", "docker-endpoint-done"],
        [false, true])
    func endpoints(_ point: String, isEngineKilled: Bool) throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let docker = PluginCaller(socket: lab.dockerSocket)
            try lab.start(lab.dockerPlaces)
            _ = try askPool(docker)
            let made = try docker.call(
                "NetworkDriver.CreateNetwork",
                [
                    "NetworkID": Self.network, "Options": [String: Any](),
                    "IPv4Data": [["Pool": Self.subnet, "Gateway": "10.64.0.1/24", "AddressSpace": "HeddleLocal"]],
                    "IPv6Data": [Any](),
                ])
            #expect(made["Err"] == nil)
            try lab.killDaemon()
            try lab.start(lab.dockerPlaces, environment: ["HEDDLE_FAIL_AT": point])
            let engine = try lab.enginePID()
            #expect(throws: LabError.self) { try askEndpoint(docker) }
            #expect(lab.daemon?.wait(within: .seconds(5)) == .exited(137))
            if isEngineKilled { kill(engine, SIGKILL) }
            try lab.start(lab.dockerPlaces)
            let isDone = point == "docker-endpoint-done"
            #expect(try lab.client.endpoints().count == (isDone ? 1 : 0))
            // A TAP goes with the last who has it open.
            #expect(try links(lab).count == (isDone && !isEngineKilled ? 1 : 0))

            let answer = try askEndpoint(docker)
            #expect(answer["Err"] == nil)
            let mac = try #require((answer["Interface"] as? [String: Any])?["MacAddress"] as? String)
            let endpoints = try lab.client.endpoints()
            #expect(endpoints.map(\.mac) == [mac])
            #expect(endpoints.map(\.addresses) == [["10.64.0.2/24"]])

            let joined = try docker.call(
                "NetworkDriver.Join",
                ["NetworkID": Self.network, "EndpointID": Self.endpoint, "SandboxKey": "", "Options": [String: Any]()])
            let name = (joined["InterfaceName"] as? [String: Any])?["SrcName"] as? String
            #expect(try links(lab) == [name])

            let ids = ["NetworkID": Self.network, "EndpointID": Self.endpoint]
            #expect(try docker.call("NetworkDriver.DeleteEndpoint", ids)["Err"] == nil)
            #expect(try lab.client.endpoints().isEmpty)
            #expect(try lab.inconsistencies() == [])
            #expect(try docker.call("NetworkDriver.DeleteNetwork", ["NetworkID": Self.network])["Err"] == nil)
            #expect(try lab.inconsistencies() == [])
        }
    }

    private func askPool(_ docker: PluginCaller) throws -> String {
        let answer = try docker.call(
            "IpamDriver.RequestPool", ["AddressSpace": "HeddleLocal", "Pool": Self.subnet, "SubPool": "", "V6": false])
        return try #require(answer["PoolID"] as? String, "\(answer)")
    }

    private func askAddress(_ docker: PluginCaller, _ pool: String) throws -> [String: Any] {
        try docker.call("IpamDriver.RequestAddress", ["PoolID": pool, "Address": "", "Options": [String: Any]()])
    }

    @discardableResult
    private func askEndpoint(_ docker: PluginCaller) throws -> [String: Any] {
        try docker.call(
            "NetworkDriver.CreateEndpoint",
            [
                "NetworkID": Self.network, "EndpointID": Self.endpoint, "Options": [String: Any](),
                "Interface": ["Address": "10.64.0.2/24", "AddressIPv6": "", "MacAddress": ""],
            ])
    }

    /// What lies in the host's namespace to be fetched by Docker.
    private func links(_ lab: HeddleUnderTest) throws -> [String] {
        try lab.host.ask { route in
            try route.links().map(\.name).filter {
                $0.hasPrefix("hd") && !$0.hasPrefix("hd-") && !$0.hasPrefix("hdltx")
            }
        }
    }
}

extension HeddleUnderTest {
    /// Where this lab's daemon speaks to Docker.
    var dockerSocket: String { directory + "/heddle.sock" }

    /// Words that make a daemon serve Docker.
    var dockerPlaces: [String] { ["--docker-socket", dockerSocket] }
}
