extension BenchReport {
    /// Everything in figures: the main ones open, the details folded.
    var tableSection: String {
        let main = table(of: metrics.filter(\.isMain))
        let details = table(of: metrics.filter { !$0.isMain })
        var result = "<h2>In figures</h2>"
        if let main { result += "<div class=\"scroll\">\(main)</div>" }
        result += latencyTable
        if let details {
            result += "<details><summary>Details</summary><div class=\"scroll\">\(details)</div></details>"
        }
        return result
    }

    private func table(of metrics: [Metric]) -> String? {
        let groups = metrics.compactMap { metric -> String? in
            let rows = measuredSubjects(of: metric).compactMap { subject in
                summary(of: metric, subject: subject.name).map { row(subject, $0) }
            }
            guard !rows.isEmpty else { return nil }
            let head =
                "<tr class=\"group\"><th colspan=\"7\">\(Markup.escape(metric.title)) "
                + "<span class=\"soft\">\(Markup.escape(metric.caption))</span></th></tr>"
            return head + rows.joined()
        }
        guard !groups.isEmpty else { return nil }
        let head = ratioHeads.map { "<th>\(Markup.escape($0))</th>" }.joined()
        return "<table><thead><tr>\(head)</tr></thead><tbody>\(groups.joined(separator: "\n"))</tbody></table>"
    }

    private func row(_ subject: SubjectFacts, _ summary: Summary) -> String {
        let spread = summary.spread
        let range = { (spread: Spread, text: (Double) -> String) in
            spread.count > 1 ? "\(text(spread.minimum))…\(text(spread.maximum))" : ""
        }
        let ratio = { (ratio: Spread?) -> [String] in
            guard let ratio else { return ["", ""] }
            return [Quantity.ratio(ratio.median), range(ratio) { Quantity.fixed($0, decimals: 2) }]
        }
        let cells =
            [(summary.senderLimited ? "≥ " : "") + Quantity.text(spread.median), range(spread, Quantity.text)]
            + ratio(summary.toReference) + ratio(summary.toFloor)
        return "<tr><td>\(dot(subject.name))\(Markup.escape(subject.title))</td>"
            + cells.map { "<td>\(Markup.escape($0))</td>" }.joined() + "</tr>"
    }

    private var latencyTable: String {
        guard !latencies.isEmpty else { return "" }
        let head = ["µs", "p50", "p90", "p99", "p99.9", "max", "mean", "count"].map { "<th>\($0)</th>" }.joined()
        let groups = latenciesByTitle.map { title, curves in
            let rows = curves.map { curve in
                let cells =
                    LatencyCurve.tableFractions.map { Quantity.text(curve.microseconds(at: $0) ?? .nan) }
                    + [Quantity.text(curve.longest), Quantity.text(curve.mean), "\(curve.count)"]
                return "<tr><td>\(dot(curve.subject))\(Markup.escape(self.title(ofSubject: curve.subject)))</td>"
                    + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
            }
            return "<tr class=\"group\"><th colspan=\"8\">\(Markup.escape(title))</th></tr>" + rows.joined()
        }
        return "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead><tbody>"
            + "\(groups.joined(separator: "\n"))</tbody></table></div>"
    }

    /// How it was measured, so that a reader can judge and repeat it.
    var methodSection: String {
        let general = [
            "Every subject has namespaces of its own; all are set up at the start, idle ones cost nothing. Tests are "
                + "taken in turn: within a round a test's subjects come one right after the other, and another is first each "
                + "round. Ratios are taken within a round, since machines drift.",
            "Sender, switch and receiver share this machine's processors: what a switch uses, the ends cannot. A figure "
                + "here says what a path costs, not what it could do with a machine of its own.",
            "TCP is iperf3's where it is installed, else the bench's own. Frames come from the bench's own generator: "
                + "packet sockets, \(FrameGenerator.batch) frames a system call, a sequence number and a time stamp in "
                + "each; a frame that finds the first queue full is lost. The sink reads a ring shared with the kernel, which stamps arrivals: "
                + "it wakes up for no single frame. “≥” marks figures where the sender could do no more.",
            "The highest rate without loss is found by halving an interval (RFC 2544, section 26.1) with trials of "
                + "\(Quantity.text(options.trialSeconds)) s; a rate fails when two trials in turn lost something, and the "
                + "interval is narrowed to \(Quantity.text(options.resolution * 100)) % of what the sender can offer.",
            "Processor time of the whole machine is all processors' time less what the kernel counts as idle; of a "
                + "switch's process, what its threads ran. A process that writes into a TAP does part of the "
                + "receiver's work in its own time.",
        ]
        let paragraphs = general + sceneMethod
        return "<h2>How this was measured</h2>" + paragraphs.map { "<p>\(Markup.escape($0))</p>" }.joined()
    }

    private var sceneMethod: [String] {
        switch options.scene {
        case .host: []
        case .overlay: Self.overlayMethod
        case .nat: Self.gatewayMethod
        case .builds: Self.buildsMethod
        }
    }

    /// What is to be known of two builds.
    private static let buildsMethod = [
        "Each subject has a daemon of one of the builds, and two sandboxes on a host of its own. The subjects take turns: "
            + "a ratio is of two figures that were taken one after the other, so that what else the machine does weighs on both."
    ]

    /// What is to be known of the host and its LAN.
    private static let gatewayMethod = [
        "Each subject has a host, a machine on its LAN and a sandbox of its own: namespaces, the first two joined by a "
            + "pair of interfaces. The host's port \(GatewayPlan.publishedPort) leads to the sandbox's port "
            + "\(GatewayPlan.servicePort), TCP and UDP; what the sandbox sends to the LAN comes from the host's address.",
        "A connection of the test of new connections is one byte there, one byte back, and closed by the client; "
            + "\(ConnectionLoad.usualInFlight) are under way at a time, client and server have one thread each. One that "
            + "is refused, reset, or not through in \(ConnectionLoad.patienceSeconds) s has failed and doesn't count. "
            + "Clients may use all ports from 1024 on, and again a second after they were closed.",
        "The plain host has neither rules nor daemon: what the others lose to it in TCP to the host itself is what a "
            + "gateway costs those who don't use it.",
    ]

    /// What is to be known of the two hosts.
    private static let overlayMethod = [
        "Each subject has two hosts of its own: namespaces joined by a pair of interfaces, with one sandbox on each. "
            + "VXLAN over IPv4 leaves \(OverlayPlan.innerMTU) bytes to the sandboxes. A pair of interfaces hands on "
            + "super-frames uncut, around a tunnel's packets too: nothing is cut into segments between two kernels.",
        "“Underlay without offload”: on both ends of that pair tso, gso and gro are off, and the segmentation of UDP, "
            + "plain and of tunnels, which those names leave on. Every datagram crosses by itself then.",
        "A checked transfer goes over one TCP connection from memory to memory. Its SHA-256 is taken at both ends when "
            + "it is over and compared; a transfer that differs is a failure and has no figure. The hash isn't timed.",
    ]
}
