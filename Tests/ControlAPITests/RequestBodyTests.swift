import FoundationEssentials
import HTTPTypes
import HeddleAPI
import NIOCore
import Testing

@testable import ControlAPI

/// Bodies, as clients and people write them.
struct RequestBodyTests {
    private func refusal<Body: BodyDecodable>(_ text: String, as type: Body.Type) -> String? {
        do throws(Refusal) {
            _ = try type.decode(ByteBuffer(string: text))
            return nil
        } catch {
            #expect(error.status == .badRequest && error.error.code == .invalid)
            return error.error.message
        }
    }

    /// The lists of keys are written by hand; here they are held against what the types encode.
    @Test func everyKeyIsKnown() throws {
        func keys(_ value: some Encodable) throws -> Set<String> {
            let object = try JSONDecoder().decode([String: Ignored].self, from: JSONEncoder().encode(value))
            return Set(object.keys)
        }
        let network = NetworkRequest(
            name: "", driver: "", subnets: [], gateways: [], ipRanges: [], mtu: 0, internal: true, isolated: true,
            route: true, options: [:])
        #expect(try keys(network) == Set(NetworkRequest.keys))
        let attach = AttachRequest(
            network: "", sandbox: "", via: "", ifname: "", ip: [], mac: "", name: "", aliases: [], vlan: 0, publish: [],
            publishMode: "")
        #expect(try keys(attach) == Set(AttachRequest.keys))
        #expect(try keys(DetachRequest(network: "", sandbox: "")) == Set(DetachRequest.keys))
        #expect(try keys(AdoptRequest(network: "", ifname: "")) == Set(AdoptRequest.keys))
        let publish = PublishRequest(network: "", sandbox: "", publish: [], publishMode: "")
        #expect(try keys(publish) == Set(PublishRequest.keys))
        #expect(try keys(UnpublishRequest(network: "", sandbox: "", spec: "")) == Set(UnpublishRequest.keys))
        let all = RecordingService.impairment
        let impair = ImpairmentRequest(
            sandbox: "", network: "", ifname: "", inward: all.inward, outward: all.outward)
        #expect(try keys(impair) == Set(ImpairmentRequest.keys))
        for (key, known) in ImpairmentRequest.nestedKeys {
            #expect(try keys(key == "in" ? all.inward : all.outward) == Set(known), "\(key)")
        }
        #expect(try keys(ReleaseRequest(ifname: "")) == Set(ReleaseRequest.keys))
        #expect(try keys(TraceRequest(network: "", from: "", frame: "")) == Set(TraceRequest.keys))
    }

    @Test func aKeyInsideIsKnownToo() throws {
        let message = refusal(#"{"sandbox": "web", "in": {"dealy": "5ms"}}"#, as: ImpairmentRequest.self)
        #expect(message == #"the key "dealy" is not known in "in""#)
        let request = try ImpairmentRequest.decode(
            ByteBuffer(string: #"{"sandbox": "web", "out": {"delay": "5ms"}, "in": null}"#))
        #expect(request.outward?.delay == "5ms" && request.inward == nil)
        #expect(refusal(#"{"sandbox": "web", "in": 7}"#, as: ImpairmentRequest.self) != nil)
    }

    private struct Ignored: Decodable {
        init(from decoder: any Decoder) throws {}
    }

    @Test func roundTrips() throws {
        let request = AttachRequest(
            network: "lan", sandbox: "pid:7", via: "veth", ip: ["10.0.0.2"], aliases: ["a\"b\u{1F980}"], vlan: 7)
        let data = try JSONEncoder().encode(request)
        #expect(try AttachRequest.decode(ByteBuffer(bytes: data)) == request)
    }

    @Test func takesNullForWhatIsOptional() throws {
        let request = try NetworkRequest.decode(ByteBuffer(string: #"{"name": "lan", "mtu": null}"#))
        #expect(request == NetworkRequest(name: "lan"))
    }

    @Test func saysWhatIsWrong() {
        #expect(refusal("", as: NetworkRequest.self) == "the body is empty")
        #expect(refusal("{", as: NetworkRequest.self) == "the body is not JSON")
        #expect(refusal("\u{0}", as: NetworkRequest.self) == "the body is not JSON")
        #expect(refusal(#"{"name":"a"} x"#, as: NetworkRequest.self) == "the body is not JSON")
        #expect(refusal("[]", as: NetworkRequest.self)?.contains("the body must be") == true)
        #expect(refusal("null", as: NetworkRequest.self) != nil)
        #expect(refusal("{}", as: NetworkRequest.self) == "\"name\" is missing")
        #expect(refusal(#"{"name":null}"#, as: NetworkRequest.self)?.contains("\"name\" is null") == true)
        #expect(refusal(#"{"name":7}"#, as: NetworkRequest.self) == "\"name\" must be a string")
        #expect(refusal(#"{"name":"a","mtu":"1500"}"#, as: NetworkRequest.self) == "\"mtu\" must be a whole number")
        for number in ["1e30", "1.5", "99999999999999999999"] {
            let message = refusal(#"{"name":"a","mtu":"# + number + "}", as: NetworkRequest.self)
            #expect(message == "a number is not whole, or out of range")
        }
        #expect(refusal(#"{"name":"a","internal":1}"#, as: NetworkRequest.self) == "\"internal\" must be true or false")
        #expect(refusal(#"{"name":"a","subnets":"x"}"#, as: NetworkRequest.self) == "\"subnets\" must be an array")
        #expect(
            refusal(#"{"name":"a","subnets":["x",7]}"#, as: NetworkRequest.self) == "\"subnets[1]\" must be a string")
        #expect(refusal(#"{"name":"a","options":[]}"#, as: NetworkRequest.self) == "\"options\" must be an object")
        #expect(
            refusal(#"{"name":"a","options":{"k":1}}"#, as: NetworkRequest.self) == "\"options.k\" must be a string")
    }

    @Test func whatIsPublishedIsAList() throws {
        let text = #"{"network":"lan","sandbox":"web","publish":["8080:80"]}"#
        let request = try PublishRequest.decode(ByteBuffer(string: text))
        #expect(request == PublishRequest(network: "lan", sandbox: "web", publish: ["8080:80"]))
        #expect(
            refusal(#"{"network":"lan","sandbox":"web","publish":"8080:80"}"#, as: PublishRequest.self)
                == "\"publish\" must be an array")
        #expect(refusal(#"{"network":"lan","sandbox":"web"}"#, as: UnpublishRequest.self) == "\"spec\" is missing")
    }

    @Test func refusesUnknownKeys() {
        #expect(
            refusal(#"{"name":"a","subnet":["x"]}"#, as: NetworkRequest.self) == "the key \"subnet\" is not known here")
        #expect(refusal(#"{"ifname":"a","z":1,"b":2}"#, as: ReleaseRequest.self) == "the key \"b\" is not known here")
    }

    @Test func survivesDepth() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(refusal(deep, as: NetworkRequest.self) != nil)
        #expect(refusal(#"{"name":"# + deep, as: NetworkRequest.self) != nil)
    }
}
