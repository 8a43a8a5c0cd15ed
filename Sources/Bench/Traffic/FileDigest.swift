import Glibc

/// `sha256sum`, which every system with coreutils has.
package enum FileDigest {
    /// Where it is; nil if it isn't installed.
    package static var tool: String? { Tool.find("sha256sum") }

    /// A file's SHA-256 in hexadecimal. The program reads it by its descriptor, so it needs no name.
    package static func start(of file: MemoryFile, tool: String) throws -> ChildProcess {
        try ChildProcess(tool, ["/dev/fd/3"], output: .piped, passing: [file.descriptor])
    }

    /// What a started program found.
    package static func result(of program: ChildProcess) throws -> String {
        let text = try program.readOutput(seconds: 60)
        guard program.wait(seconds: 5) == .exited(0), let digest = parse(text) else {
            program.stop(patience: 0)
            throw BenchError("sha256sum printed no digest: \(text.prefix(200))")
        }
        return digest
    }

    /// Reads "DIGEST  NAME"; a backslash comes before it where the name had to be escaped.
    package static func parse(_ output: String) -> String? {
        guard let word = output.split(whereSeparator: { $0 == " " || $0 == "\n" }).first else { return nil }
        let digest = word.drop { $0 == "\\" }
        guard digest.count == 64, digest.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else { return nil }
        return String(digest)
    }
}
