import Bench
import Foundation
import FoundationXML
import Testing

@Suite struct ReportTests {
    private let report = ReportFixture.make()

    @Test func ratiosAreTakenRoundByRound() throws {
        let summary = try #require(report.summary(of: ReportFixture.throughput, subject: "heddle-tap"))
        #expect(summary.spread.median == 12.8)
        #expect(summary.toReference?.median == 0.8)
        #expect(summary.toReference?.minimum == 0.8)
        #expect(summary.toFloor?.median == 1.6)
        #expect(!summary.senderLimited)
        let bridge = try #require(report.summary(of: ReportFixture.throughput, subject: "bridge"))
        #expect(bridge.toReference == nil)
        #expect(report.summary(of: ReportFixture.roundTrip, subject: "relay")?.senderLimited == true)
        #expect(report.summary(of: ReportFixture.throughput, subject: "ovs") == nil)
    }

    @Test func thePageIsWellFormed() throws {
        let parser = XMLParser(data: Data(report.html().utf8))
        let listener = ParserListener()
        parser.delegate = listener
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
        #expect(listener.counts["svg"] == 4)
        // 3 subjects in 3 rounds in 2 main figures, and a dot for each of the 2 others in the overview's 2 rows.
        #expect(listener.counts["circle"] == 3 * 3 * 2 + 2 * 2)
        #expect(listener.counts["polyline"] == 2)
        #expect(listener.counts["table"] == 3)
    }

    @Test func thePageNeedsNothingElse() {
        let page = report.html()
        for word in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link", "<iframe", "<img"] {
            #expect(!page.contains(word), "\(word)")
        }
    }

    @Test func textFromOutsideIsEscaped() {
        let page = report.html()
        #expect(page.contains("TCP &lt;1&gt; &amp; co"))
        #expect(page.contains("it is &lt;not&gt; installed"))
        #expect(page.contains("a note &amp; more"))
        #expect(page.contains("Test &quot;CPU&quot;"))
        #expect(!page.contains("<not>"))
    }

    @Test func anEmptyReportStillMakesAPage() {
        var empty = report
        empty.samples = []
        empty.latencies = []
        #expect(XMLParser(data: Data(empty.html().utf8)).parse())
        #expect(!empty.text().contains("TCP"))
    }

    @Test func jsonHoldsEverySampleAndComesBack() throws {
        let json = try report.json()
        #expect(try BenchReport(json: json) == report)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect((object["samples"] as? [Any])?.count == report.samples.count)
        #expect((object["machine"] as? [String: Any])?["idle_driver"] as? String == "none")
        let summaries = try #require(object["summaries"] as? [[String: Any]])
        let row = try #require(
            summaries.first {
                $0["subject"] as? String == "heddle-tap" && $0["metric"] as? String == "tcp1.throughput"
            })
        #expect((row["to_bridge"] as? [String: Any])?["median"] as? Double == 0.8)
        #expect((row["spread"] as? [String: Any])?["median"] as? Double == 12.8)
    }

    @Test func filesAreReadAgain() throws {
        let folder = try Folder.makeTemporary(prefix: "hdt-report-")
        defer { Folder.remove(folder) }
        let path = folder + "/r.json"
        try ReportFile.check(path)
        #expect(Folder.names(in: folder).isEmpty)
        try ReportFile.write(try report.json(), to: path)
        #expect(try ReportFile.read(path) == report)
        try ReportFile.write("{}", to: path)
        #expect(throws: BenchError.self) { try ReportFile.read(path) }
        #expect(throws: BenchError.self) { try ReportFile.read(folder + "/missing") }
        #expect(throws: BenchError.self) { try ReportFile.check(folder + "/missing/r.html") }
    }

    @Test func tablesShowMainFiguresRatiosAndNotes() {
        let text = report.text()
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.contains("TCP <1> & co [Gb/s, more is better]"))
        #expect(lines.contains("Heddle, TAP 12.8 8.00…16.0 0.80× 0.80…0.80 1.60× 1.60…1.60"))
        #expect(lines.contains("kernel bridge 16.0 10.0…20.0 2.00× 2.00…2.00"))
        #expect(lines.contains("bare relay ≥ 10.0 10.0…10.0 2.00× 2.00…2.00"))
        #expect(lines.contains("left out: Open vSwitch: it is <not> installed"))
        #expect(lines.contains("failed: bare relay: it broke"))
        #expect(lines.contains("note: a note & more"))
        #expect(!text.contains("Processor time"))
        #expect(text.contains("Round trip of UDP: percentiles, µs"))
    }

    @Test func curvesHaveAsManyNinesAsThereIsDataFor() {
        var few = LatencyHistogram()
        for value in 1...100 { few.record(UInt64(value) * 1_000) }
        let curve = LatencyCurve(subject: "x", kind: "k", title: "t", histogram: few)
        #expect(curve.microseconds(at: 0.999) != nil)
        #expect(curve.microseconds(at: 0.9999) == nil)
        #expect(curve.longest == 100)
        #expect(curve.count == 100)
        #expect(abs(curve.mean - 50.5) < 0.001)
        let fractions = curve.points.map(\.fraction)
        #expect(fractions == fractions.sorted())
        let values = curve.points.map(\.microseconds)
        #expect(values == values.sorted())
    }

    private final class ParserListener: NSObject, XMLParserDelegate {
        var counts: [String: Int] = [:]

        func parser(
            _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
            qualifiedName: String?, attributes: [String: String]
        ) {
            counts[elementName, default: 0] += 1
        }
    }
}
