import Foundation
import HeddleClient
import Testing

/// Docker's side of the plug-in protocol, spoken by a test.
struct PlugIn {
    let socket: String

    /// Runs a test in a lab whose daemon serves Docker.
    static func run(
        at location: SourceLocation = #_sourceLocation, _ body: (HeddleUnderTest, PlugIn) throws -> Void
    ) throws {
        try HeddleUnderTest.run(starting: false, at: location) { lab in
            let plugIn = PlugIn(socket: lab.directory + "/own.sock")
            try lab.start(plugIn.words)
            try body(lab, plugIn)
        }
    }

    /// What heddled is told.
    var words: [String] { ["--docker-socket", socket] }

    /// Sends one call. Returns what the answer's keys say, as far as it is text.
    @discardableResult
    func call(_ method: String, _ body: String = "") throws -> [String: String] {
        let client = HTTPClient(socketPath: socket, timeout: .seconds(15))
        let answer = try client.send("POST", "/" + method, body: Array(body.utf8))
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
        return object.compactMapValues { $0 as? String }
    }

    /// Docker begins anew.
    func activate() throws {
        try call("Plugin.Activate")
    }

    func requestPool(_ subnet: String, range: String = "", options: String = "{}") throws -> [String: String] {
        try call(
            "IpamDriver.RequestPool",
            #"{"AddressSpace":"HeddleLocal","Pool":"\#(subnet)","SubPool":"\#(range)","Options":\#(options),"V6":false}"#
        )
    }

    /// A pool that must be given out; its id.
    func pool(_ subnet: String, range: String = "") throws -> String {
        let answer = try requestPool(subnet, range: range)
        return try #require(answer["PoolID"], "\(answer)")
    }

    func releasePool(_ id: String) throws {
        #expect(try call("IpamDriver.ReleasePool", #"{"PoolID":"\#(id)"}"#) == [:])
    }

    /// An address, or why there is none.
    func address(of pool: String, _ wanted: String = "", isGateway: Bool = false) throws -> String {
        let options = isGateway ? #"{"RequestAddressType":"com.docker.network.gateway"}"# : "null"
        let answer = try call(
            "IpamDriver.RequestAddress", #"{"PoolID":"\#(pool)","Address":"\#(wanted)","Options":\#(options)}"#)
        return answer["Address"] ?? answer["Error"] ?? "\(answer)"
    }

    /// Makes a network of one letter's id in a pool's subnet.
    func makeNetwork(_ id: String, _ subnet: String, gateway: String) throws -> [String: String] {
        try call(
            "NetworkDriver.CreateNetwork",
            #"{"NetworkID":"\#(id)","Options":{"com.docker.network.generic":{}},"IPv6Data":[],"#
                + #""IPv4Data":[{"AddressSpace":"HeddleLocal","Gateway":"\#(gateway)","Pool":"\#(subnet)"}]}"#)
    }
}
