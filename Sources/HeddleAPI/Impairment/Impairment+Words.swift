extension Impairment {
    /// What is done, as it was said, without the seed: "delay 50ms, loss 1%".
    public var words: String {
        let said: [(name: String, value: String?)] = [
            ("delay", delay), ("jitter", jitter), ("distribution", distribution), ("loss", loss),
            ("loss-model", lossModel), ("duplicate", duplicate), ("reorder", reorder), ("gap", gap.map { "\($0)" }),
            ("corrupt", corrupt), ("rate", rate), ("queue", queue),
        ]
        return said.compactMap { one in one.value.map { "\(one.name) \($0)" } }.joined(separator: ", ")
    }
}
