import Foundation
import Glibc

/// Speaks as Docker does to a plug-in on a unix socket, one connection a call.
struct PluginCaller {
    let socket: String

    /// Calls a method. Returns the fields of the answer's top level; throws if the connection ends without an answer.
    func call(_ method: String, _ fields: [String: Any] = [:]) throws -> [String: Any] {
        let body = try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys])
        let head = """
            POST /\(method) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
            Accept: application/vnd.docker.plugins.v1.2+json\r\nContent-Length: \(body.count)\r\n\r\n
            """
        let descriptor = try connected()
        defer { close(descriptor) }
        let request = Array(head.utf8) + body
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw LabError.system("send to \(socket)")
        }
        var answer = Data()
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            answer.append(contentsOf: bytes.prefix(count))
        }
        guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else { throw LabError("\(method): no answer") }
        let object = try JSONSerialization.jsonObject(with: answer[end.upperBound...])
        guard let fields = object as? [String: Any] else { throw LabError("\(method): no object is answered") }
        return fields
    }

    private func connected() throws -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LabError.system("make a socket") }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: socket.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        InternetSocket.setTimeout(descriptor, .seconds(10))
        guard status == 0 else {
            close(descriptor)
            throw LabError.system("connect to \(socket)")
        }
        return descriptor
    }
}
