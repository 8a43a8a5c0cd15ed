import ControlAPI
import Testing

struct ListenAddressOverlapTests {
    @Test(arguments: [
        ("9000", "9000", true), ("9000", "127.0.0.1:9000", true), ("9000", "9001", false),
        ("9000", "0.0.0.0:9000", true), ("[::]:9000", "9000", true), ("[::1]:9000", "9000", false),
        ("192.0.2.1:9000", "192.0.2.2:9000", false), ("0", "0", false), ("0.0.0.0:0", "0", false),
    ])
    func twoServersAtOnePlace(_ one: String, _ other: String, _ expected: Bool) throws {
        let (one, other) = (
            try ListenAddress(one, option: "--metrics"), try ListenAddress(other, option: "--page")
        )
        #expect(one.overlaps(other) == expected && other.overlaps(one) == expected)
    }
}
