import Addresses
import Bench
import Foundation
import FoundationXML
import Testing

@Suite struct BenchSceneTests {
    @Test func everySubjectBelongsToOneScene() {
        let all = BenchScene.allCases.flatMap(\.subjects)
        #expect(Set(all).count == all.count && Set(all) == Set(SubjectKind.allCases))
        for scene in BenchScene.allCases {
            #expect(scene.subjects.contains { scene.reference(of: $0) == nil })
            for reference in scene.subjects.compactMap(scene.reference) { #expect(reference.scene == scene) }
        }
        #expect(Set(BenchScene.allCases.flatMap(\.tests)) == Set(TestKind.allCases))
    }

    @Test func defaultsAreValidAndHaveWhatTheSceneHas() throws {
        for scene in BenchScene.allCases {
            for options in [BenchOptions.full(scene), .quick(scene)] {
                try options.validate()
                #expect(options.scene == scene)
                #expect(options.subjects == scene.subjects.map(\.rawValue))
            }
            #expect(BenchOptions.full(scene).tests == scene.tests.map(\.rawValue))
        }
        #expect(BenchOptions.full(.overlay).frameSizes == [60, 512, 1_464])
        #expect(BenchOptions.full().frameSizes == [60, 512, 1_514])
    }

    @Test func whatIsOfAnotherSceneIsRefused() {
        func refusal(_ change: (inout BenchOptions) -> Void) -> String? {
            var options = BenchOptions.quick(.overlay)
            change(&options)
            do throws(BenchError) {
                try options.validate()
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.subjects = ["bridge"] }?.contains("known are: vxlan, heddle-vxlan") == true)
        #expect(refusal { $0.tests = ["attach"] }?.contains("transfer-no-offload") == true)
        #expect(refusal { $0.frameSizes = [1_465] }?.contains("60 to 1464") == true)
        #expect(refusal { $0.frameSizes = [1_464] } == nil)
    }

    @Test func bothHostsAreToldOfEachOther() {
        #expect(
            OverlayPlan.options(.sender)
                == ["vni": "42", "local": "198.18.0.1", "peer": "198.18.0.2", "port": "4789"])
        #expect(
            OverlayPlan.options(.receiver)
                == ["vni": "42", "local": "198.18.0.2", "peer": "198.18.0.1", "port": "4789"])
        #expect(OverlayPlan.gateway(.sender) != OverlayPlan.gateway(.receiver))
    }

    @Test func whoHasHeddle() {
        #expect(OverlaySubject.hasHeddle(.vxlan) == (false, false))
        #expect(OverlaySubject.hasHeddle(.heddleVXLAN) == (true, true))
        #expect(OverlaySubject.hasHeddle(.heddleToVXLAN) == (true, false))
        #expect(OverlaySubject.hasHeddle(.vxlanToHeddle) == (false, true))
    }

    @Test func anOverlayReportComparesWithTheKernelsVXLAN() throws {
        let report = ReportFixture.makeOverlay()
        let throughput = ReportFixture.throughput
        let summary = try #require(report.summary(of: throughput, subject: "heddle-vxlan"))
        #expect(summary.toReference?.median == 0.8 && summary.toFloor == nil)
        #expect(report.summary(of: throughput, subject: "vxlan")?.toReference == nil)

        let text = report.text().split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(text.contains("subject median min…max × vxlan min…max"))
        #expect(text.contains("Heddle 12.8 8.00…16.0 0.80× 0.80…0.80"))

        let json = try report.json()
        #expect(try BenchReport(json: json) == report)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let rows = try #require(object["summaries"] as? [[String: Any]])
        let row = try #require(rows.first { $0["subject"] as? String == "heddle-vxlan" })
        #expect((row["to_vxlan"] as? [String: Any])?["median"] as? Double == 0.8)
        #expect(row["to_bridge"] == nil)

        let page = report.html()
        #expect(XMLParser(data: Data(page.utf8)).parse())
        #expect(page.contains("Against the kernel VXLAN") && page.contains("better than the kernel VXLAN"))
        #expect(page.contains("× vxlan") && page.contains("Underlay without offload"))
        #expect(!page.contains("kernel bridge better"))
    }

    @Test func buildsAreComparedWithTheOtherByTheSameWayIn() throws {
        #expect(BenchScene.builds.reference(of: .thisTap) == .otherTap)
        #expect(BenchScene.builds.reference(of: .thisVeth) == .otherVeth)
        #expect(BenchScene.builds.reference(of: .otherTap) == nil && BenchScene.builds.reference(of: .otherVeth) == nil)

        let report = ReportFixture.makeBuilds()
        let summary = try #require(report.summary(of: ReportFixture.throughput, subject: "this-veth"))
        #expect(summary.toReference?.median == 0.5 && summary.toFloor == nil)
        // Its own other is not there.
        #expect(report.summary(of: ReportFixture.throughput, subject: "this-tap")?.toReference == nil)
        let text = report.text().split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(text.contains("subject median min…max × other min…max"))
        #expect(text.contains("this build, veth 8.00 5.00…10.0 0.50× 0.50…0.50"), "\(text)")
        let json = try report.json()
        #expect(json.contains("\"to_other\"") && !json.contains("\"to_bridge\""))
        #expect(try BenchReport(json: json) == report)
        #expect(report.html().contains("Against the other build"))
    }

    @Test func everySubjectHasItsColourInBothPalettes() {
        let page = ReportFixture.make().html()
        for kind in SubjectKind.allCases {
            #expect(page.components(separatedBy: "--s-\(kind.rawValue):").count == 3, "\(kind.rawValue)")
        }
    }

    @Test func reportsFromBeforeThereWereScenesAreAboutOneHost() throws {
        let json = try ReportFixture.make().json()
        let older = json.split(separator: "\n").filter { !$0.contains("\"scene\"") }.joined(separator: "\n")
        #expect(older != json)
        let report = try BenchReport(json: older)
        #expect(report == ReportFixture.make() && report.options.scene == .host)
    }
}
