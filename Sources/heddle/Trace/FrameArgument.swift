import Capture
import FrameText
import HeddleAPI
import SystemPackage

/// A frame as it is given on the command line: its text, or where its bytes are.
enum FrameArgument: Hashable {
    /// Hex or a description.
    case text(String)
    /// Standard input.
    case standardInput
    /// A file.
    case file(String)

    /// Most bytes that are read of a file.
    private static let mostBytes = 256 << 20

    init(words: [String]) {
        let text = words.joined(separator: " ")
        if text == "-" {
            self = .standardInput
        } else if text.hasPrefix("@") {
            self = .file(String(text.dropFirst()))
        } else {
            self = .text(text)
        }
    }

    /// What the text is from; nil: the command line.
    var origin: String? {
        switch self {
        case .text: nil
        case .standardInput: "standard input"
        case .file(let path): path
        }
    }

    /// What the daemon is told. `number`: which packet of a capture file.
    func text(packet number: Int) throws(APIError) -> String {
        let (name, bytes): (String, [UInt8])
        switch self {
        case .text(let text): return text
        case .standardInput: (name, bytes) = ("standard input", try Self.read(nil))
        case .file(let path): (name, bytes) = (path, try Self.read(path))
        }
        do throws(FrameFile.Failure) {
            switch try FrameFile(bytes, number: number) {
            case .text(let text): return text
            case .frame(let frame): return frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
        } catch {
            throw APIError(.invalid, "no frame in \(name): \(error)")
        }
    }

    /// Reads a file, or standard input, to its end.
    private static func read(_ path: String?) throws(APIError) -> [UInt8] {
        do {
            guard let path else { return try bytes(of: .standardInput) }
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            return try file.closeAfter { try bytes(of: file) }
        } catch {
            throw APIError(.failed, "cannot read \(path ?? "standard input"): \(error)")
        }
    }

    private static func bytes(of file: FileDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < mostBytes {
            let count = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
        throw Errno.fileTooLarge
    }
}
