import Foundation
import HeddleAPI
import Testing

/// What Docker 20.10 really sent, and what made it go on: byte by byte, but for the date.
struct DockerRecordedTests {
    /// A request, the answer to it, and what the control plane makes of it.
    struct Message: Sendable, CustomTestStringConvertible {
        var name: String
        var call: String?
        /// What the control plane answers.
        var set: @Sendable (inout RecordingDocker.State) -> Void = { _ in }

        var testDescription: String { name }
    }

    static let own = "a4aa"
    static let ranged = "HeddleLocal|10.99.0.0/24|10.99.0.128/25"
    static let ports =
        ":7000-7010:7777/6 127.0.0.1:6002-6002:6002/17 127.0.0.1:6001-6001:6001/17 127.0.0.1:6000-6000:6000/17"
        + " :0-0:99/6 :5000-5000:80/6"

    static let messages = [
        Message(name: "01-Plugin.Activate", call: "started"),
        Message(name: "02-NetworkDriver.GetCapabilities"),
        Message(name: "03-NetworkDriver.DiscoverNew"),
        Message(name: "04-IpamDriver.GetCapabilities"),
        Message(name: "05-IpamDriver.GetDefaultAddressSpaces"),
        Message(
            name: "06-IpamDriver.RequestPool-range",
            call: "request pool HeddleLocal 10.99.0.0/24 10.99.0.128/25 false"
        ) { $0.pool = DockerPool(id: ranged, subnet: "10.99.0.0/24") },
        Message(name: "07-IpamDriver.RequestAddress-gateway", call: "request address \(ranged) - true") {
            $0.address = "10.99.0.128/24"
        },
        Message(name: "08-IpamDriver.RequestAddress-auxiliary", call: "request address \(ranged) 10.99.0.9 false") {
            $0.address = "10.99.0.9/24"
        },
        Message(
            name: "09-NetworkDriver.CreateNetwork",
            call: "create network \(own) com.docker.network.driver.mtu=1400 via=veth [10.99.0.0/24 10.99.0.128/24]"),
        Message(
            name: "10-NetworkDriver.CreateNetwork-internal",
            call: "create network 7ea9 [172.18.0.0/16 172.18.0.1/16, fd00:99::/64 fd00:99::1/64] internal"),
        Message(name: "11-IpamDriver.RequestPool-any", call: "request pool HeddleLocal - - false") {
            $0.pool = DockerPool(id: "HeddleLocal|172.17.0.0/16", subnet: "172.17.0.0/16")
        },
        Message(
            name: "12-IpamDriver.RequestAddress-gateway-any",
            call: "request address HeddleLocal|172.17.0.0/16 - true"
        ) { $0.address = "172.17.0.1/16" },
        Message(name: "13-IpamDriver.RequestAddress-any", call: "request address HeddleLocal|172.17.0.0/16 - false") {
            $0.address = "172.17.0.2/16"
        },
        Message(name: "14-IpamDriver.RequestAddress-wanted", call: "request address \(ranged) 10.99.0.7 false") {
            $0.address = "10.99.0.7/24"
        },
        Message(name: "15-NetworkDriver.CreateEndpoint", call: "create endpoint \(own)/d1f5 10.99.0.7/24 -") {
            $0.mac = "02:5d:0a:63:00:07"
        },
        Message(
            name: "16-NetworkDriver.CreateEndpoint-mac",
            call: "create endpoint 860a/edca 172.17.0.2/16 02:aa:bb:cc:dd:ee"),
        Message(
            name: "17-NetworkDriver.CreateEndpoint-two-families",
            call: "create endpoint 18c6/749e 172.21.0.2/16 fd00:99::2/64 - via=veth"
        ) { $0.mac = "02:18:ac:15:00:02" },
        Message(
            name: "18-NetworkDriver.Join", call: "join \(own)/d1f5 /var/run/docker/netns/47104fbdd520"
        ) {
            $0.join = DockerJoin(
                interface: "hdc38a17df", prefix: "eth", gateways: ["10.99.0.128"], isWithoutWayOut: false)
        },
        Message(
            name: "19-NetworkDriver.Join-internal", call: "join 18c6/749e /var/run/docker/netns/ae3451ccc18d"
        ) {
            $0.join = DockerJoin(interface: "hde5fac84a", prefix: "eth", gateways: [], isWithoutWayOut: true)
        },
        Message(name: "20-NetworkDriver.ProgramExternalConnectivity", call: "publish \(own)/d1f5 \(ports)"),
        Message(name: "21-NetworkDriver.EndpointOperInfo"),
        Message(name: "22-NetworkDriver.RevokeExternalConnectivity", call: "unpublish \(own)/d1f5"),
        Message(name: "23-NetworkDriver.Leave", call: "leave \(own)/d1f5"),
        Message(name: "24-NetworkDriver.DeleteEndpoint", call: "remove endpoint \(own)/d1f5"),
        Message(name: "25-IpamDriver.ReleaseAddress", call: "release address \(ranged) 10.99.0.7"),
        Message(name: "26-IpamDriver.ReleasePool", call: "release pool \(ranged)"),
        Message(name: "27-NetworkDriver.DeleteNetwork", call: "remove network \(own)"),
    ]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded")

    @Test(arguments: messages)
    func answersAsRecorded(message: Message) async throws {
        let request = try Data(contentsOf: Self.folder.appending(path: message.name + ".request"))
        let expected = try Data(contentsOf: Self.folder.appending(path: message.name + ".answer"))
        let service = RecordingDocker()
        service.set(message.set)
        try await withDocker(service) { service, client in
            let answer = try #require(try await client.exchange([Array(request)]))
            #expect(undated(answer) == undated(Array(expected)))
            #expect(service.calls == [message.call].compactMap { $0 })
        }
    }

    @Test func everyRecordIsTested() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.sorted() == Self.messages.flatMap { ["\($0.name).answer", "\($0.name).request"] }.sorted())
    }

    /// A refusal is Docker's to show: status 200 and the protocol's own key.
    @Test func refusalsAreAnswers() async throws {
        let service = RecordingDocker()
        service.set { $0.refusal = APIError(.conflict, "it is in use", hint: "Take another.") }
        try await withDocker(service) { _, client in
            let network = try await client.post("/NetworkDriver.Leave", Array("{}".utf8))
            #expect(network == (200, #"{"Err":"it is in use. Take another."}"#))
            let addresses = try await client.post("/IpamDriver.ReleasePool", Array("{}".utf8))
            #expect(addresses == (200, #"{"Error":"it is in use. Take another."}"#))
        }
    }

    private func undated(_ bytes: [UInt8]) -> String {
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        return lines.filter { !$0.hasPrefix("Date: ") }.joined(separator: "\r\n")
    }
}
