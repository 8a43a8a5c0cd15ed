// Offers: `Capture`, frames as tshark understands them.

import Foundation

/// Frames in a file that is gone with this value.
final class Capture {
    private let directory: URL
    private var file: URL { directory.appendingPathComponent("frames.pcap") }

    /// Writes a capture file (pcap-savefile(5), LINKTYPE_ETHERNET).
    init(_ frames: [[UInt8]]) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("heddle-capture-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 0xFF) } }
        var bytes = little(0xA1B2_C3D4) + [2, 0, 4, 0] + little(0) + little(0) + little(262_144) + little(1)
        for (number, frame) in frames.enumerated() {
            bytes += little(number / 1_000_000) + little(number % 1_000_000)
            bytes += little(frame.count) + little(frame.count) + frame
        }
        try Data(bytes).write(to: file)
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    /// The values of fields for each frame, all layers' of a name separated by commas, with every checksum looked at.
    func fields(_ names: String...) throws -> [[String]] {
        var words = ["-n", "-r", file.path, "-T", "fields", "-E", "separator=/t"]
        for name in names { words += ["-e", name] }
        for layer in ["ip", "udp", "tcp"] { words += ["-o", "\(layer).check_checksum:TRUE"] }
        let errors = directory.appendingPathComponent("errors").path
        let program = try RunningProgram("/usr/bin/tshark", words, errors: errors)
        let text = try program.readAll(within: .seconds(120))
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
