/// A transfer whose bytes are checked: how fast it is, and that nothing was changed on the way.
struct TransferTest: BenchTest {
    private let bytes: Int

    init(bytes: Int) {
        self.bytes = bytes
    }

    let label = "checked transfer"
    /// Ten gigabits a second for the transfer, a third of a gigabyte for the hash.
    var expectedSeconds: Double { Double(bytes) / 1.25e9 + Double(bytes) / 3e8 + 0.3 }

    var metrics: [Metric] {
        [
            Metric(
                id: "transfer.throughput", title: "Transfer of \(bytes >> 20) MiB, SHA-256 compared", unit: "Gb/s",
                better: .higher)
        ]
    }

    func measure(_ target: TestTarget) throws -> Findings {
        guard let tool = FileDigest.tool else {
            throw BenchError("sha256sum is not installed", hint: "it comes with coreutils")
        }
        let outcome = try CheckedTransfer(bytes: bytes).run(on: target.path, digestTool: tool)
        var findings = Findings()
        findings.add("transfer.throughput", outcome.gigabits)
        // Only here: a transfer whose digests differ has thrown.
        findings.remarks.append(
            "\(target.kind.title): every transfer told here has the same SHA-256 at both ends: match")
        return findings
    }
}
