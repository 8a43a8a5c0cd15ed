import DataPlane
import Exposition
import HeddleAPI
import Testing

@testable import ControlPlane

@Suite("What is made of a look at the control plane")
struct MetricsSnapshotTests {
    private func lines(_ snapshot: MetricsSnapshot, engine: ProcessFacts? = nil) -> [String] {
        let families = snapshot.families(daemon: nil, engine: engine)
        #expect(MetricsText.problems(of: families) == [])
        return String(decoding: MetricsText.bytes(of: families), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func port(_ kind: MetricsSnapshot.Port.Kind, _ label: String, frames: UInt64) -> MetricsSnapshot.Port {
        var counters = PortCounters()
        counters.receivedFrames = frames
        counters.drops = [.tooShort: frames, .kernelQueue: 1, .egressFull: 2, .samePort: 3]
        return MetricsSnapshot.Port(kind: kind, network: "lan", label: label, number: 1, counters: counters)
    }

    @Test("without an engine there is little, and that is said")
    func noEngine() {
        let lines = lines(MetricsSnapshot(engine: nil, enginePID: nil, engineRestarts: 4))
        #expect(lines.contains("heddle_engine_up 0") && lines.contains("heddle_engine_restarts_total 4"))
        #expect(!lines.contains { $0.contains("heddle_engine_info") || $0.contains("heddle_worker") })
    }

    @Test("ports of one name are told apart by their kind")
    func kinds() {
        var snapshot = MetricsSnapshot(engine: nil, enginePID: nil, engineRestarts: 0)
        snapshot.ports = [port(.names, "names", frames: 1), port(.endpoint, "names", frames: 2)]
        let lines = lines(snapshot)
        #expect(lines.contains(#"heddle_port_receive_frames_total{network="lan",port="names",kind="names"} 1"#))
        #expect(lines.contains(#"heddle_port_receive_frames_total{network="lan",port="names",kind="endpoint"} 2"#))
    }

    @Test("no series stands there twice, even if two ports could not be told apart")
    func twins() {
        var snapshot = MetricsSnapshot(engine: nil, enginePID: nil, engineRestarts: 0)
        snapshot.ports = [port(.endpoint, "eth0@a", frames: 1), port(.endpoint, "eth0@a", frames: 2)]
        let series = lines(snapshot).filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != " " } }
        #expect(Set(series).count == series.count)
        #expect(
            lines(snapshot).contains(
                #"heddle_port_receive_frames_total{network="lan",port="eth0@a",kind="endpoint"} 3"#))
    }

    @Test("drops are told by direction from the start, and by reason")
    func drops() {
        var snapshot = MetricsSnapshot(engine: nil, enginePID: nil, engineRestarts: 0)
        snapshot.ports = [port(.endpoint, "p", frames: 5)]
        let place = #"network="lan",port="p",kind="endpoint""#
        let all = lines(snapshot)
        for line in [
            #"heddle_port_dropped_frames_total{\#(place),direction="ingress"} 8"#,
            #"heddle_port_dropped_frames_total{\#(place),direction="egress"} 2"#,
            #"heddle_port_dropped_frames_total{\#(place),direction="kernel"} 1"#,
            #"heddle_port_drops_total{\#(place),direction="ingress",reason="too-short"} 5"#,
            #"heddle_port_drops_total{\#(place),direction="kernel",reason="kernel-queue"} 1"#,
        ] { #expect(all.contains(line), "\(line)") }
        snapshot.ports[0].counters.drops = [:]
        #expect(
            lines(snapshot).filter { $0.hasPrefix("heddle_port_dropped_frames_total{") }.allSatisfy {
                $0.hasSuffix(" 0")
            })
        #expect(!lines(snapshot).contains { $0.hasPrefix("heddle_port_drops_total") })
    }

    @Test("a network without a way out has no flows, one that isn't an overlay no peers")
    func networks() {
        var snapshot = MetricsSnapshot(engine: nil, enginePID: nil, engineRestarts: 0)
        var out = MetricsSnapshot.Network(name: "out", id: "1", driver: "bridge", mtu: 1_500)
        out.flows = FlowCounts()
        var over = MetricsSnapshot.Network(name: "over", id: "2", driver: "overlay", mtu: 1_450)
        over.peers = 3
        snapshot.networks = [out, over]
        let lines = lines(snapshot)
        #expect(lines.contains(#"heddle_network_flows{network="out",state="established"} 0"#))
        #expect(!lines.contains { $0.hasPrefix(#"heddle_network_flows{network="over""#) })
        #expect(lines.contains(#"heddle_network_peers{network="over"} 3"#))
        #expect(!lines.contains { $0.hasPrefix(#"heddle_network_peers{network="out""#) })
        #expect(lines.contains(#"heddle_network_info{network="over",id="2",driver="overlay"} 1"#))
    }
}
