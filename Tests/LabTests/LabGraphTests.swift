import FoundationEssentials
import Testing

@testable import Lab

/// The picture of a lab, and the documentation of its keys.
struct LabGraphTests {
    @Test func everythingIsInThePicture() throws {
        let svg = LabGraph(try LabReaderTests.read(LabPlanTests.office)).svg
        for word in [
            "office", "lan  10.0.0.0/24", "web", "db", "10.0.0.9", "10.2.0.2/30", "runs http", "in, out: delay 5ms",
        ] {
            #expect(svg.contains(">\(word)<"), "\(word) is missing")
        }
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        let hosts = LabGraph(try LabReaderTests.read(LabPlanTests.hosts)).svg
        #expect(
            hosts.contains(">host one<") && hosts.contains(">underlay 198.18.0.0/24<") && hosts.contains(">heddled<"))
    }

    @Test func boxesDontLieOnEachOther() throws {
        let nodes = (0..<12).map { "  n\($0): {networks: [lan]}" }.joined(separator: "\n")
        let svg = LabGraph(try LabReaderTests.read("networks: {lan: {subnet: 10.0.0.0/24}}\nnodes:\n\(nodes)\n")).svg
        var edges: [(left: Double, right: Double)] = []
        for line in svg.split(separator: "\n") where line.contains("fill=\"#fffbea\"") {
            let words = line.split(separator: "\"")
            let x = try #require(Double(words[1]))
            let width = try #require(Double(words[5]))
            edges.append((x, x + width))
        }
        #expect(edges.count == 12)
        for (one, next) in zip(edges, edges.dropFirst()) { #expect(one.right < next.left) }
    }

    @Test func textsAreEscaped() throws {
        var document = SVGDocument()
        document.text("<a & \"b\">\u{1}", x: 1, y: 2.25, size: 11)
        let text = document.text(title: "<")
        #expect(text.contains("&lt;a &amp; &quot;b&quot;&gt; <") && text.contains("<title>&lt;</title>"))
        #expect(SVGDocument.number(-0.25) == "-0.3" && SVGDocument.number(2) == "2")
    }

    /// The picture in the documentation is what `heddle lab graph` draws of the example today.
    @Test func thePictureInTheDocumentationIsTheExamples() throws {
        func text(_ path: String) throws -> String {
            String(decoding: try Data(contentsOf: Self.root.appendingPathComponent(path)), as: UTF8.self)
        }
        let lab = try LabReader.read(try text("Examples/three-hosts.yaml"), file: "three-hosts.yaml") { _ in true }
        #expect(
            LabGraph(lab).svg == (try text("Documentation/Pictures/lab.svg")),
            "draw it anew: heddle lab graph Examples/three-hosts.yaml -o Documentation/Pictures/lab.svg")
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Documentation/Labs.md has a table for each section, with each key in its first column, and no others.
    @Test func allKeysAreDocumented() throws {
        let data = try Data(contentsOf: Self.root.appendingPathComponent("Documentation/Labs.md"))
        let text = String(decoding: data, as: UTF8.self)
        var keys: [String: [String]] = [:]
        var section = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("### ") { section = String(line.dropFirst(4)) }
            if line.hasPrefix("## ") { section = "" }
            guard !section.isEmpty, line.hasPrefix("| `"), let end = line.dropFirst(3).firstIndex(of: "`") else {
                continue
            }
            keys[section, default: []].append(String(line[line.index(line.startIndex, offsetBy: 3)..<end]))
        }
        for known in LabKeys.sections {
            #expect(keys[known.title]?.sorted() == known.keys.sorted(), "\(known.title)")
        }
        #expect(keys.count == LabKeys.sections.count)
    }

    @Test func jobsRunAfterWhatTheyNeed() {
        final class Log: @unchecked Sendable {
            var keys: [String] = []
        }
        let log = Log()
        let jobs = ["c", "b", "a"].map {
            LabSchedule.Job(key: $0, needs: $0 == "a" ? [] : $0 == "b" ? ["a"] : ["b", "x"])
        }
        let good = LabSchedule.run(jobs, threads: 1) { key in
            log.keys.append(key)
            return true
        }
        #expect(log.keys == ["a", "b", "c"] && good.failed.isEmpty && good.skipped.isEmpty)
        let bad = LabSchedule.run(jobs, threads: 4) { $0 != "a" }
        #expect(bad.failed == ["a"] && bad.skipped == ["b", "c"])
        let circle = ["a", "b"].map { LabSchedule.Job(key: $0, needs: [$0 == "a" ? "b" : "a"]) }
        #expect(LabSchedule.run(circle, threads: 2) { _ in true }.failed.isEmpty)
        #expect(LabSchedule.run([], threads: 4) { _ in true }.failed.isEmpty)
    }
}
