import DataPlane
import Glibc
public import Logging
import Netlink
import SystemPackage

/// Ends everything that a daemon made, without a daemon: the engine, interfaces, the private namespace, files.
public enum Teardown {
    /// Does it. Refuses while a daemon runs. Fine if there is nothing, or only some of it.
    public static func run(paths: RuntimePaths, log: Logger) throws(ControlError) {
        try Privileges.check()
        guard exists(paths.runtimeDirectory) || exists(paths.stateDirectory) else { return }
        try paths.makeDirectories()
        let locks = try DaemonLocks(paths: paths)
        defer { withExtendedLifetime(locks) {} }
        let work = TeardownWork(paths: paths, log: log)
        work.readRecord()
        work.endEngine()
        work.removeInterfaces()
        work.removeResolverFiles()
        work.removePrivateNamespace()
        work.removeFiles()
        if !work.failures.isEmpty {
            throw ControlError("not everything could be removed: " + work.failures.joined(separator: "; "))
        }
    }

    private static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }
}

/// The steps of a teardown; what fails is kept for the end, so that the rest is done.
private final class TeardownWork {
    let paths: RuntimePaths
    let log: Logger
    var failures: [String] = []
    private var mark: OwnerMark?
    private var networks: [NetworkRecord] = []
    private var endpoints: [EndpointRecord] = []
    private var recordedEngine: EngineProcess?

    init(paths: RuntimePaths, log: Logger) {
        self.paths = paths
        self.log = log
    }

    func readRecord() {
        let file = paths.stateDirectory + "/" + Store.fileName
        guard access(file, F_OK) == 0 else { return }
        do throws(StoreError) {
            let store = try Store(directory: paths.stateDirectory)
            mark = OwnerMark(daemon: try store.daemonID())
            recordedEngine = try store.identity(.engine).flatMap { EngineProcess.find(recorded: $0) }
            (networks, endpoints) = try store.load()
        } catch {
            // What is damaged shall go too; the engine and the private namespace are found without it.
            log.warning("\(error)")
        }
    }

    func endEngine() {
        var process = recordedEngine
        if let link = try? EngineLink(path: paths.engine), let information = try? link.hello() {
            process = EngineProcess.find(pid: information.pid)
            for port in (try? link.takeDescriptors()) ?? [] {
                // TAPs in namespaces that can't be reached any more go with their last descriptor.
                if port.kind == .tap { TapDevice.release(descriptor: port.descriptor) }
                close(port.descriptor)
            }
            _ = try? link.ask(.shutdown, process: process)
        }
        guard let process, !process.hasEnded(within: 1_000) else { return }
        process.kill()
        if !process.hasEnded(within: 2_000) { failures.append("the engine with pid \(process.pid) does not end") }
    }

    func removeInterfaces() {
        guard let mark else { return }
        for endpoint in endpoints where endpoint.via != .adopted {
            guard let namespace = try? SandboxReference(endpoint.sandbox)?.open(),
                let sandbox = try? SandboxSession(namespace: namespace, what: endpoint.sandbox)
            else { continue }
            attempt("remove \(endpoint.label)") {
                let alias = mark.alias(of: endpoint.id)
                let found = try sandbox.interface(marked: alias, index: endpoint.index, name: endpoint.ifname)
                if let found { try sandbox.route.deleteLinkIfThere(index: found.index) }
            }
        }
        attempt("remove the host ports") {
            let route = try RouteSocket()
            let unmarked = Set(networks.map(\.hostInterface))
            for link in try route.links() {
                let isOurs = mark.isOurs(link.alias ?? "") || (unmarked.contains(link.name) && link.kind == "tun")
                if isOurs { try route.deleteLinkIfThere(index: link.index) }
            }
        }
    }

    func removeResolverFiles() {
        guard let mark else { return }
        for namespace in Set(endpoints.compactMap { SandboxReference($0.sandbox)?.netnsName }) {
            let file = ResolverFile(namespace: namespace, daemon: mark.daemon)
            if case .failed(let reason) = file.remove() { failures.append(reason) }
        }
    }

    func removePrivateNamespace() {
        if let namespace = try? NetworkNamespace.open(path: paths.namespace) {
            attempt("empty the private namespace") {
                let route = try RouteSocket(in: namespace)
                for link in try route.links() where !link.flags.contains(.loopback) {
                    try route.deleteLinkIfThere(index: link.index)
                }
            }
        }
        attempt("unpin the private namespace") { try NetworkNamespace.unpin(path: paths.namespace) }
    }

    func removeFiles() {
        let database = paths.stateDirectory + "/" + Store.fileName
        let files = [
            paths.socket, paths.engine, paths.tables, database + "-wal", database + "-shm", database, paths.stateLock,
            paths.socketLock,
        ]
        for file in files where unlink(file) != 0 && errno != ENOENT {
            failures.append("cannot remove \(file): \(ControlError.reason(errno))")
        }
    }

    private func attempt(_ what: String, _ work: () throws -> Void) {
        do {
            try work()
        } catch {
            failures.append("cannot \(what): \(error)")
        }
    }
}
