import Glibc
package import SystemPackage

/// Small files of /proc and /sys, which tell no size before they are read.
package enum TextFile {
    /// The whole contents of a file as text (invalid UTF-8 replaced).
    package static func read(_ path: String) throws(Errno) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        defer { close(descriptor) }
        return try read(descriptor: descriptor)
    }

    /// What a descriptor gives until its end. The caller keeps the descriptor.
    package static func read(descriptor: Int32) throws(Errno) -> String {
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                guard errno == EINTR else { throw Errno(rawValue: errno) }
                continue
            }
            if count == 0 { break }
            text += chunk[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Replaces a file's contents, or sets a kernel setting.
    package static func write(_ text: String, to path: String) throws(Errno) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw Errno(rawValue: errno)
            }
            rest = rest.dropFirst(count)
        }
    }
}
