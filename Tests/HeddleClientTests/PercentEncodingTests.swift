import HeddleAPI
import Testing

/// Names in URLs.
struct PercentEncodingTests {
    @Test func keepsTheUnreserved() {
        let plain = "ABCXYZabcxyz0189-._~"
        #expect(PercentEncoding.encode(plain) == plain)
    }

    @Test(arguments: [
        ("a b", "a%20b"), ("a/b", "a%2Fb"), ("..", ".."), ("50%", "50%25"), ("ü", "%C3%BC"),
        ("?#&=+", "%3F%23%26%3D%2B"),
        ("\u{0}\n", "%00%0A"), ("", ""),
    ])
    func encodes(text: String, encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(PercentEncoding.decode(encoded) == text)
    }

    @Test func decodesEitherCase() {
        #expect(PercentEncoding.decode("%c3%bC+") == "ü+")
    }

    @Test(arguments: ["%", "%2", "%zz", "%%41", "a%4", "%-1", "%FF", "%C3", "%C3%28", "%ED%A0%80", "%C0%80"])
    func refuses(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }

    @Test func buildsPaths() {
        #expect(APIPath.network("a b") == "/v1/networks/a%20b")
        #expect(APIPath.stations(network: "a/../b") == "/v1/networks/a%2F..%2Fb/stations")
        #expect(APIPath.endpoints(network: nil) == "/v1/endpoints")
        #expect(APIPath.endpoints(network: "a&b") == "/v1/endpoints?network=a%26b")
        #expect(APIPath.endpoint("3f") == "/v1/endpoints/3f")
    }
}
