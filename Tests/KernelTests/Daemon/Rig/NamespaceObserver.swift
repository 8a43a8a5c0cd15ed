import Netlink

/// Tells of namespaces whether they have died, without holding them: that nobody holds one any more is the only proof that
/// nothing of it is left.
final class NamespaceObserver {
    private let route: RouteSocket
    private let monitor: LinkMonitor
    /// Numbers by which the observer's own namespace knows others.
    private var watched: [Int32: String] = [:]

    init() throws {
        let own = try NetworkNamespace.make()
        monitor = try LinkMonitor(in: own, topics: .namespaces)
        route = try RouteSocket(in: own)
    }

    /// Begins to watch.
    func watch(_ namespace: NetworkNamespace, as name: String) throws {
        watched[try route.assignIdentifier(to: namespace)] = name
    }

    /// Begins to watch.
    func watch(_ sandbox: TestSandbox, as name: String) throws {
        try watch(try sandbox.open(), as: name)
    }

    /// Whether there is a living namespace of that name.
    func isWatching(_ name: String) throws -> Bool {
        try read()
        return watched.values.contains(name)
    }

    /// Waits until those with such names are dead; returns those that are not.
    func survivors(
        within limit: Duration = .seconds(5), where condition: (String) -> Bool = { _ in true }
    ) throws
        -> [String]
    {
        _ = try Patience.until(limit) {
            try read()
            return !watched.values.contains(where: condition)
        }
        return watched.values.filter(condition).sorted()
    }

    private func read() throws {
        while let event = try monitor.next() {
            if case .namespaceRemoved(let number) = event { watched[number] = nil }
        }
    }
}
