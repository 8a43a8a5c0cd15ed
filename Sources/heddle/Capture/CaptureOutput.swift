import Capture
import Glibc
import HeddleAPI
import SystemPackage

/// Where captured frames go.
enum CaptureDestination: Hashable {
    /// A line for each, on standard output.
    case lines
    /// A JSON object on a line for each, on standard output.
    case json
    /// pcapng on standard output.
    case standardOutput
    /// pcapng in a file, or in several.
    case file(String, RotatingFile.Rules)
}

/// Writes captured frames to where they go.
struct CaptureOutput: ~Copyable {
    /// Why nothing more is written.
    enum Ending: Error {
        /// Whoever read standard output has gone: the end, and no error.
        case readerLeft
        /// The capture's own error.
        case failed(APIError)
    }

    private let destination: CaptureDestination
    private var file: RotatingFile?
    private var interfaces: [PcapngWriter.Interface] = []
    private var waiting: [UInt8] = []
    /// Whether a signal asks for the end, for a write that would wait.
    private let isInterrupted: () -> Bool

    init(_ destination: CaptureDestination, isInterrupted: @escaping () -> Bool) throws(APIError) {
        self.destination = destination
        self.isInterrupted = isInterrupted
        guard case .file(let path, let rules) = destination else { return }
        do throws(RotatingFile.WriteError) {
            file = try RotatingFile(path: path, rules: rules)
        } catch {
            throw APIError(.failed, "\(error)")
        }
    }

    /// Takes a block.
    mutating func add(_ block: PcapngReader.Block) throws(Ending) {
        if case .interface(let interface) = block.content { interfaces.append(interface) }
        switch destination {
        case .lines, .json:
            guard case .packet(let packet) = block.content else { return }
            let place = Int(packet.interface)
            let line = CaptureLine(packet, port: place < interfaces.count ? interfaces[place].name : "?")
            if case .lines = destination {
                waiting += Array((Table.printable(line.text(packet)) + "\n").utf8)
            } else {
                do throws(APIError) {
                    waiting += Array(try GlobalOptions.encode(line, pretty: false).utf8)
                } catch {
                    throw .failed(error)
                }
            }
        case .standardOutput: waiting += block.bytes
        case .file:
            do throws(RotatingFile.WriteError) {
                try file?.add(block)
            } catch {
                throw .failed(APIError(.failed, "\(error)", hint: Self.fullHint(error.errno)))
            }
        }
    }

    /// Writes what was added.
    mutating func flush() throws(Ending) {
        if case .file = destination {
            do throws(RotatingFile.WriteError) {
                try file?.flush()
            } catch {
                throw .failed(APIError(.failed, "\(error)", hint: Self.fullHint(error.errno)))
            }
            return
        }
        var written = 0
        while written < waiting.count {
            // The buffer holds `waiting.count` bytes, of which `written` are behind us.
            let count = waiting.withUnsafeBytes { bytes in
                write(STDOUT_FILENO, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count >= 0 {
                written += count
                continue
            }
            switch Errno(rawValue: errno) {
            case .interrupted:
                // The end is asked for and nobody reads: what is left is lost.
                if isInterrupted() { throw .readerLeft }
            case .brokenPipe: throw .readerLeft
            case let error: throw .failed(APIError(.failed, "writing to standard output failed: \(error)"))
            }
        }
        waiting.removeAll(keepingCapacity: true)
    }

    private static func fullHint(_ errno: Errno) -> String? {
        errno == .noSpace || errno == .diskQuotaExceeded
            ? "The capture has ended; traffic goes on. What was written before is whole." : nil
    }
}
