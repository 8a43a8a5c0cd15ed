import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Docker's plug-in socket, and lists of ports that can't be published.
@Suite("Daemon: Docker's socket and ports", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct PlugInSocketTests {
    @Test("A second daemon is kept off the plug-in socket; one that a dead daemon left is replaced")
    func oneDaemonForASocket() throws {
        try PlugIn.run { lab, plugIn in
            let others = ["--socket", lab.directory + "/own2", "--state-dir", lab.directory + "/own-state"]
            let second = try lab.heddled(others + plugIn.words)
            #expect(second.status == 1)
            let pid = try lab.client.status().daemon.pid
            #expect(second.errors.contains("\(plugIn.socket) is in use by the heddled with pid \(pid)"))
            #expect(second.errors.contains("--docker-socket"))
            #expect(try plugIn.call("NetworkDriver.GetCapabilities")["Scope"] == "local")
            try lab.killDaemon()
            #expect(access(plugIn.socket, F_OK) == 0)
            try lab.start(plugIn.words)
            #expect(try plugIn.call("NetworkDriver.GetCapabilities")["Scope"] == "local")
        }
    }

    @Test("A list of ports that can't be published leaves the one before")
    func publishedBefore() throws {
        try PlugIn.run { lab, plugIn in
            #expect(try plugIn.makeNetwork("a", "10.96.0.0/24", gateway: "10.96.0.1/24") == [:])
            let made = try plugIn.call(
                "NetworkDriver.CreateEndpoint",
                #"{"NetworkID":"a","EndpointID":"e","Interface":{"Address":"10.96.0.2/24"},"Options":{}}"#)
            #expect(made["Err"] == nil, "\(made)")
            func program(_ ports: (host: Int, inside: Int)...) throws -> [String: String] {
                let list = ports.map { host, inside in
                    #"{"Proto":6,"IP":"","Port":\#(inside),"HostIP":"","HostPort":\#(host),"HostPortEnd":\#(host)}"#
                }
                return try plugIn.call(
                    "NetworkDriver.ProgramExternalConnectivity",
                    #"{"NetworkID":"a","EndpointID":"e","Options":{"com.docker.network.portmap":["#
                        + list.joined(separator: ",") + "]}}")
            }
            func published() throws -> [String] { try lab.client.publishedPorts().map(\.spec).sorted() }
            #expect(try program((8_080, 80), (8_443, 443)) == [:])
            #expect(try published() == ["8080:80", "8443:443"])
            let thief = try lab.host.inside { try InternetSocket.stream("0.0.0.0") }
            defer { close(thief) }
            try InternetSocket.bind(thief, "0.0.0.0", port: 9_000)
            #expect(listen(thief, 1) == 0)
            let refusal = try program((8_080, 80), (9_000, 90))["Err"]
            #expect(refusal?.contains("9000") == true, "\(refusal ?? "")")
            #expect(try published() == ["8080:80", "8443:443"])
            #expect(try program((8_080, 80), (8_081, 0))["Err"] != nil)
            #expect(try published() == ["8080:80", "8443:443"])
            // The same port of the host may lead elsewhere from now on.
            #expect(try program((8_080, 81)) == [:])
            #expect(try published() == ["8080:81"])
        }
    }
}
