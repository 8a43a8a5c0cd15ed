import Foundation
import Netlink
import Testing

extension HeddleUnderTest {
    /// Ends everything as a user would, and looks whether anything is left; what is left is an issue and is taken away.
    func end(at location: SourceLocation) {
        endDaemon(at: location)
        tearDown(at: location)
        check(location, "processes", processes(in: host).map { "\($0.pid) \($0.name)" })
        check(location, "devices in the host's namespace", foreignInterfaces(in: host, besides: ownInterfaces))
        for sandbox in sandboxes.values where sandbox.exists {
            check(location, "devices in \(sandbox.name)", heddleInterfaces(in: sandbox))
        }
        check(location, "mounts", mounts())
        check(location, "files", files())
        for process in processes(in: host) { kill(process.pid, SIGKILL) }
        for sandbox in sandboxes.values { sandbox.remove() }
        host.remove()
        place?.end()
        let survivors = (try? observer.survivors()) ?? ["the observer failed"]
        check(location, "namespaces", survivors)
        NamespaceFile.unmount(socket + ".ns")
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// SIGTERM, and gone within a second.
    private func endDaemon(at location: SourceLocation) {
        guard let daemon, daemon.wait(within: .zero) == nil else { return }
        daemon.signal(SIGCONT)
        daemon.signal(SIGTERM)
        if daemon.wait(within: .seconds(3)) == nil {
            Issue.record("heddled does not end on SIGTERM\n\(logTail)", sourceLocation: location)
            daemon.kill()
        }
    }

    private func tearDown(at location: SourceLocation) {
        do {
            let outcome = try heddled(places + dockerWords + ["--teardown"])
            #expect(outcome.status == 0, "heddled --teardown: \(outcome.errors)", sourceLocation: location)
        } catch {
            Issue.record("heddled --teardown: \(error)", sourceLocation: location)
        }
    }

    private func check(_ location: SourceLocation, _ what: String, _ left: [String]) {
        guard !left.isEmpty else { return }
        Issue.record("left behind: \(what): \(left.joined(separator: ", "))\n\(logTail)", sourceLocation: location)
    }

    /// Living processes whose network namespace is that sandbox's.
    func processes(in sandbox: TestSandbox) -> [(pid: pid_t, name: String)] {
        guard let identity = try? sandbox.open().identity else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { $0 != getpid() }.compactMap { pid in
            // A process that has ended has none.
            guard let other = try? NetworkNamespace.open(pid: pid), other.identity == identity else { return nil }
            let name = (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? ""
            return (pid, name.trimmingCharacters(in: .newlines))
        }
    }

    /// Interfaces of a namespace, "name alias", that are none of `known`.
    func foreignInterfaces(in sandbox: TestSandbox, besides known: Set<String> = ["lo"]) -> [String] {
        let links = (try? sandbox.ask { try $0.links() }) ?? []
        return links.filter { !known.contains($0.name) }.map { "\($0.name) \($0.alias ?? "")" }.sorted()
    }

    /// Interfaces of a namespace with a mark of Heddle's.
    func heddleInterfaces(in sandbox: TestSandbox) -> [String] {
        let links = (try? sandbox.ask { try $0.links() }) ?? []
        return links.filter { ($0.alias ?? "").hasPrefix("heddle:") }.map { "\($0.name) \($0.alias ?? "")" }.sorted()
    }

    /// Mounts below the lab's directory, in this mount namespace, the first one, and the daemon's.
    func mounts() -> [String] {
        let texts = ["self", "1"].map {
            (try? String(contentsOfFile: "/proc/\($0)/mountinfo", encoding: .utf8)) ?? ""
        }
        return (texts + [place?.mountinfo ?? ""]).flatMap { text in
            // A dockerd that was killed leaves mounts in its namespace, which ends with the lab.
            text.split(separator: "\n").filter {
                $0.contains(" \(directory)/") && !$0.contains(" \(directory)/own-docker/")
            }.map(String.init)
        }
    }

    /// Files below the lab's directory that Heddle made.
    func files() -> [String] {
        let all = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        let own = all.filter { $0 == "log" || $0.hasPrefix("own") || $0 == "state" }
        return all.filter { !own.contains($0) }.sorted()
    }
}

/// The file that pins a private namespace.
enum NamespaceFile {
    /// Takes away what a teardown should have.
    static func unmount(_ path: String) {
        try? NetworkNamespace.unpin(path: path)
    }
}
