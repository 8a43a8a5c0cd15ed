import Glibc
public import HeddleAPI
import NIOCore
import SystemPackage

/// Where something is served to browsers and scrapers, as an option says it: `[ADDR:]PORT`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address, without brackets.
    public let host: String
    /// 0 lets the kernel choose.
    public let port: Int

    /// Reads `9090`, `127.0.0.1:9090`, `[::1]:9090`. A port alone is for this machine only (127.0.0.1); to be reached
    /// from elsewhere an address must be said. Throws an `APIError` that says what is expected; `option` begins it.
    public init(_ text: String, option: String) throws(APIError) {
        var host = "127.0.0.1"
        var port = Substring(text)
        if let colon = text.lastIndex(of: ":") {
            var address = text[..<colon]
            port = text[text.index(after: colon)...]
            let isBracketed = address.hasPrefix("[") && address.hasSuffix("]")
            if isBracketed { address = address.dropFirst().dropLast() }
            // Without brackets it could not be told where an IPv6 address ends.
            guard isBracketed == address.contains(":") else { throw Self.unreadable(text, option) }
            host = String(address)
        }
        guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
            (0...65535).contains(number), (try? SocketAddress(ipAddress: host, port: number)) != nil
        else { throw Self.unreadable(text, option) }
        self.host = host
        self.port = number
    }

    /// As it is written in a URL.
    public var description: String { host(with: port) }

    /// As it is written in a URL, with the port that the kernel chose.
    public func host(with port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Tries whether it can be listened on, so that a port in use is told before anything is made. Throws an `APIError`.
    public func check(option: String) throws(APIError) {
        guard let address = try? SocketAddress(ipAddress: host, port: port) else { return }
        let family = host.contains(":") ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(Errno(rawValue: errno), option: option) }
        defer { close(descriptor) }
        var isOn: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        let status = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
        if status != 0 { throw failure(Errno(rawValue: errno), option: option) }
    }

    /// It can't be listened on.
    func failure(_ errno: Errno, option: String) -> APIError {
        let hint =
            switch errno {
            case .addressInUse: "Something else listens there; name another port with \(option)."
            case .addressNotAvailable: "No interface of this host has that address."
            case .permissionDenied: "Ports below 1024 are for root."
            default: "Name another address or port with \(option)."
            }
        return APIError(.failed, "cannot listen on \(self): \(errno)", hint: hint)
    }

    private static func unreadable(_ text: String, _ option: String) -> APIError {
        APIError(
            .invalid, "\(option): \(text.debugDescription) is not [ADDRESS:]PORT",
            hint: "Such as 9090, 127.0.0.1:9090 or [::1]:9090; an address is an IP address.")
    }
}
