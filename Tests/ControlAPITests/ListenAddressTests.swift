import ControlAPI
import Glibc
import HeddleAPI
import Testing

/// `[ADDR:]PORT`.
struct ListenAddressTests {
    @Test(arguments: [
        ("9090", "127.0.0.1", 9090), ("0", "127.0.0.1", 0), ("65535", "127.0.0.1", 65535),
        ("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:9000", "::1", 9000), ("[::]:1", "::", 1),
    ])
    func reads(text: String, host: String, port: Int) throws {
        let address = try ListenAddress(text, option: "--page")
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: [
        "", ":", ":80", "80:", "65536", "-1", "+1", " 80", "80 ", "0x50", "::1:80", "[::1]", "[::1]80",
        "[127.0.0.1]:80",
        "localhost:80", "1.2.3:80", "256.0.0.1:80", "٣", "http://127.0.0.1:80", "99999999999999999999",
    ])
    func refuses(text: String) {
        let error = #expect(throws: APIError.self) { try ListenAddress(text, option: "--page") }
        #expect(error?.message.contains("--page") == true)
        #expect(error?.hint?.contains("127.0.0.1:9090") == true)
    }

    @Test func writesItselfAsInAURL() throws {
        #expect(try ListenAddress("[fd00::1]:80", option: "").description == "[fd00::1]:80")
        #expect(try ListenAddress("1234", option: "").host(with: 5) == "127.0.0.1:5")
    }

    @Test func tellsThatAPortIsInUse() throws {
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(other) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { any in
                _ = bind(other, any, length)
                listen(other, 1)
                getsockname(other, any, &length)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        let error = #expect(throws: APIError.self) {
            try ListenAddress("\(port)", option: "--page").check(option: "--page")
        }
        #expect(error?.message.hasPrefix("cannot listen on 127.0.0.1:\(port)") == true)
        #expect(error?.hint?.contains("another port with --page") == true)
        #expect(throws: Never.self) { try ListenAddress("0", option: "--page").check(option: "--page") }
        #expect(throws: APIError.self) { try ListenAddress("203.0.113.9:0", option: "--page").check(option: "--page") }
    }
}
