import Addresses
import Bench
import Glibc
import Netlink
import Testing

extension TrafficTests {
    /// Two hosts and tunnels between them, on the real kernel. Within the suite of traffic, so that no two of all measure
    /// at a time.
    @Suite struct OverlayTests {
        private func onKernelTunnel<Result>(
            _ name: String, _ body: (OverlaySubject, TestPath) throws -> Result
        ) throws -> Result {
            let workspace = Workspace(prefix: "hdt-\(getpid())-\(name)-")
            defer { workspace.remove() }
            let subject = OverlaySubject(kind: .vxlan, daemonExecutable: "/nonexistent/heddled")
            let path = try subject.setUp(in: workspace)
            try path.waitUntilItWorks()
            return try body(subject, path)
        }

        /// Packets and bytes that the sender's host has sent over the underlay.
        private func underlay(_ subject: OverlaySubject) throws -> (packets: UInt64, bytes: UInt64) {
            let host = try #require(subject.host(.sender))
            let link = try #require(try host.routes().link(named: OverlayPlan.underlay))
            let statistics = try #require(link.statistics)
            return (statistics.txPackets, statistics.txBytes)
        }

        @Test func theKernelsTunnelCarriesEverySizeThatFits() throws {
            try onKernelTunnel("sizes") { _, path in
                for size in [60, 512, BenchScene.overlay.longestFrame] {
                    let outcome = try FrameTrial(frameLength: size, rate: 2_000, seconds: 0.1).run(on: path)
                    #expect(outcome.received == outcome.sent, "\(size): \(outcome.received) of \(outcome.sent)")
                    #expect(outcome.damaged == 0 && outcome.duplicated == 0)
                }
            }
        }

        @Test func withoutOffloadNoDatagramIsLargerThanTheUnderlayCarries() throws {
            try onKernelTunnel("offload") { subject, path in
                func bytesPerPacket() throws -> Double {
                    let before = try underlay(subject)
                    let outcome = try StreamLoad(streams: 1, seconds: 0.2).run(on: path)
                    #expect(outcome.bytes > 1_000_000)
                    let after = try underlay(subject)
                    return Double(after.bytes - before.bytes) / Double(after.packets - before.packets)
                }
                #expect(try bytesPerPacket() > 3_000, "super-frames cross a pair of interfaces whole")
                try subject.prepare(.withoutOffload)
                try path.waitUntilItWorks()
                #expect(try bytesPerPacket() <= 1_514)
                try subject.prepare(.asMade)
                #expect(try bytesPerPacket() > 3_000)
            }
        }

        @Test func aTransferOverTheTunnelIsWhole() throws {
            let tool = try #require(FileDigest.tool)
            let outcome = try onKernelTunnel("transfer") { _, path in
                try CheckedTransfer(bytes: 5_000_001, seed: 7).run(on: path, digestTool: tool)
            }
            #expect(outcome.bytes == 5_000_001 && outcome.digest.count == 64 && outcome.gigabits > 0)
        }

        @Test func aRunMeasuresWhatThereIsAndTellsWhatIsMissing() throws {
            var options = BenchOptions.quick(.overlay)
            options.subjects = ["vxlan", "heddle-vxlan"]
            options.tests = ["transfer", "rtt", "tcp1-no-offload"]
            options.rounds = 2
            options.seconds = 0.3
            let programs = BenchPrograms(daemon: "/bin/false", relay: "/bin/false")
            let report = try BenchRun(
                options: options, programs: programs, version: "test", progress: Progress(isQuiet: true)
            ).run()
            #expect(report.failures.count == 1)
            #expect(report.failures.first?.hasPrefix("Heddle could not be set up: heddled ended at once") == true)
            for metric in ["transfer.throughput", "rtt.flood", "no_offload.tcp1.throughput"] {
                let rounds = report.samples.filter { $0.metric == metric && $0.subject == "vxlan" }.map(\.round)
                #expect(rounds == [0, 1], "\(metric): \(report.remarks)")
                #expect(report.metrics.contains { $0.id == metric && $0.isMain })
            }
            #expect(report.remarks.contains { $0.contains("kernel VXLAN") && $0.hasSuffix("match") })
            #expect(!Folder.names(in: "/run/netns").contains { $0.hasPrefix("hdb-\(getpid())-") })
        }

        @Test func withoutADaemonTheWayOutIsTheKernelAlone() {
            let programs = BenchPrograms(daemon: "/nonexistent/heddled", relay: "/nonexistent/heddle")
            let run = BenchRun(
                options: .quick(.overlay), programs: programs, version: "test", progress: Progress(isQuiet: true))
            #expect {
                _ = try run.run()
            } throws: { error in
                "\(error)".hasSuffix("--subjects vxlan")
            }
        }
    }
}
