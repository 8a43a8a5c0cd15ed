import Foundation
import Glibc
import HeddleAPI
import Testing

/// What one scrape of a lab's daemon brought.
struct Scrape {
    /// As it came.
    let text: String
    /// By what stands in front of them: name and labels.
    let values: [String: Double]
    /// From connecting to the last byte.
    let took: Duration

    /// Asks from inside the lab's host namespace.
    init(_ lab: HeddleUnderTest, port: UInt16, at address: String = "127.0.0.1") throws {
        let start = ContinuousClock.now
        let answer = try Self.ask(lab, port: port, at: address, path: "/metrics")
        took = start.duration(to: .now)
        guard answer.status == 200 else { throw LabError("a scrape: \(answer.status) \(answer.body)") }
        text = answer.body
        var values: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                throw LabError("no number in \(line)")
            }
            if values.updateValue(value, forKey: String(line[..<space])) != nil { throw LabError("twice: \(line)") }
        }
        self.values = values
    }

    /// One value. `labels` stand there in this order.
    func value(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) -> Double? {
        let list = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
        return values[list.isEmpty ? name : "\(name){\(list)}"]
    }

    /// Families that are there.
    var families: Set<String> {
        Set(text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) })
    }

    /// Series of a family.
    func series(_ name: String) -> [String] {
        values.keys.filter { $0 == name || $0.hasPrefix(name + "{") }
    }

    /// What `promtool check metrics` says of it; nothing, if all is well.
    func promtool() throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.system("promtool"))
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = Data(text.utf8)
        let writer = Thread {
            try? input.fileHandleForWriting.write(contentsOf: bytes)
            try? input.fileHandleForWriting.close()
        }
        writer.start()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let status = process.terminationStatus == 0 ? "" : "status \(process.terminationStatus) "
        return status + String(decoding: said, as: UTF8.self)
    }

    /// One request, and what came back until the daemon closed.
    static func ask(
        _ lab: HeddleUnderTest, port: UInt16, at address: String = "127.0.0.1", path: String
    ) throws -> (status: Int, body: String) {
        let descriptor = try lab.host.inside { try InternetSocket.stream(address) }
        defer { close(descriptor) }
        InternetSocket.setTimeout(descriptor, .seconds(10))
        try InternetSocket.connect(descriptor, address, port: port)
        let request = "GET \(path) HTTP/1.1\r\nHost: heddle\r\nConnection: close\r\n\r\n"
        guard send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            throw LabError.system("send a request")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { break }
            guard count > 0 else { throw LabError.system("receive an answer") }
            bytes += buffer.prefix(count)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let status = Int(parts.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
        return (status, parts.count > 1 ? String(parts[1]) : "")
    }
}
