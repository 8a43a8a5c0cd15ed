// Offers: `KernelBridge`, a Linux bridge with veth ports, and `Processor`, to stay on one processor.

import Glibc
import Netlink

/// The Linux bridge: `ports` veth pairs whose near ends are in it and whose far ends are called p1, p2, … in a sandbox.
final class KernelBridge {
    private let host: LabNamespace

    /// Makes it: no spanning tree, no looking into IGMP and MLD. Forwards when this returns.
    init(ports: Int, in sandbox: LabNamespace) throws {
        host = try LabNamespace()
        let session = try host.session()
        var options = BridgeOptions()
        options.spanningTree = false
        options.forwardDelay = 0
        options.multicastSnooping = false
        let bridge = try session.createBridge(
            NewLink(name: try InterfaceName(parsing: "br0"), isUp: true), options: options)
        for number in 1...ports {
            let near = try session.createVeth(
                near: NewLink(name: try InterfaceName(parsing: "v\(number)"), isUp: true),
                far: NewLink(name: try InterfaceName(parsing: "p\(number)"), isUp: true),
                farNamespace: sandbox.namespace)
            try session.setMaster(link: near, bridge)
            try sandbox.waitUntilRunning("p\(number)")
            try host.waitUntilRunning("v\(number)")
        }
        try host.waitUntilRunning("br0")
    }
}

/// The processor that a thread runs on.
enum Processor {
    /// Keeps the calling thread on the first processor that it may use while `body` runs: what it sends into veth pairs
    /// then passes through one queue, in order.
    static func pinned<Result>(_ body: () throws -> Result) throws -> Result {
        typealias Call = @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> CInt
        // Declared with _GNU_SOURCE only, which Swift's import of Glibc lacks.
        guard let get = dlsym(nil, "sched_getaffinity"), let set = dlsym(nil, "sched_setaffinity") else {
            throw SetupError("no sched_setaffinity")
        }
        let (getAffinity, setAffinity) = (unsafeBitCast(get, to: Call.self), unsafeBitCast(set, to: Call.self))
        var before = [UInt64](repeating: 0, count: 16)
        guard getAffinity(0, 128, &before) >= 0, let word = before.firstIndex(where: { $0 != 0 }) else {
            throw SetupError("cannot ask for this thread's processors: error \(errno)")
        }
        var one = [UInt64](repeating: 0, count: 16)
        one[word] = before[word] & (0 &- before[word])
        guard setAffinity(0, 128, &one) == 0 else {
            throw SetupError("cannot stay on one processor: error \(errno)")
        }
        defer { _ = setAffinity(0, 128, &before) }
        return try body()
    }
}
