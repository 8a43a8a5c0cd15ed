/// What `sandbox:` may say beside what `SandboxReference` reads.
enum LabSandbox {
    /// The container's name in "container:NAME"; nil for other texts.
    static func container(in text: String) -> String? {
        let prefix = "container:"
        guard text.hasPrefix(prefix), text.utf8.count > prefix.utf8.count else { return nil }
        return String(text.dropFirst(prefix.count))
    }
}
