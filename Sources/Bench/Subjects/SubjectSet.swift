/// The subjects of a run with their paths, set up side by side; idle ones cost nothing.
struct SubjectSet {
    /// A subject that works.
    struct Entry {
        var subject: any Subject
        var path: TestPath
    }

    /// Those that work, in the order in which they were asked for.
    private(set) var entries: [Entry] = []
    /// All that were asked for, with the reason where one was left out.
    private(set) var facts: [BenchReport.SubjectFacts] = []
    /// What went wrong.
    private(set) var failures: [String] = []

    /// Sets up what was asked for. What cannot be had is left out with its reason.
    init(_ kinds: [SubjectKind], in workspace: Workspace, programs: BenchPrograms, progress: Progress) {
        for kind in kinds {
            progress.show("setting up \(kind.title)")
            var fact = BenchReport.SubjectFacts(name: kind.rawValue, title: kind.title)
            do {
                let subject = Self.make(kind, workspace, programs)
                let path = try subject.setUp(in: workspace)
                try path.waitUntilItWorks()
                subject.endTurn()
                entries.append(Entry(subject: subject, path: path))
            } catch let missing as SubjectUnavailable {
                fact.skipped = missing.reason
            } catch {
                fact.skipped = "it could not be set up"
                failures.append("\(kind.title) could not be set up: \(error)")
            }
            facts.append(fact)
        }
    }

    private static func make(_ kind: SubjectKind, _ workspace: Workspace, _ programs: BenchPrograms) -> any Subject {
        switch kind {
        case .veth: PlainVeth()
        case .bridge: KernelBridge()
        case .heddleTap, .thisTap: HeddleSwitch(kind: kind, via: "tap", daemonExecutable: programs.daemon)
        case .heddleVeth, .thisVeth: HeddleSwitch(kind: kind, via: "veth", daemonExecutable: programs.daemon)
        case .otherTap: HeddleSwitch(kind: kind, via: "tap", daemonExecutable: programs.otherDaemon)
        case .otherVeth: HeddleSwitch(kind: kind, via: "veth", daemonExecutable: programs.otherDaemon)
        case .relay: RelaySubject(executable: programs.relay, workspace: workspace)
        case .openVSwitch: OpenVSwitch(workspace: workspace)
        case .vxlan, .heddleVXLAN, .heddleToVXLAN, .vxlanToHeddle:
            OverlaySubject(kind: kind, daemonExecutable: programs.daemon)
        case .nftables, .heddleGateway, .heddleRelay, .dockerProxy:
            GatewaySubject(kind: kind, daemonExecutable: programs.daemon)
        case .plainHost: PlainHost()
        }
    }
}
