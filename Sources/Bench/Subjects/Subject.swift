/// Something that carries frames between two sandboxes.
package protocol Subject: AnyObject {
    /// Which one it is.
    var kind: SubjectKind { get }
    /// Makes it in namespaces of its own and returns the two ends; both have an IPv4 address and are up. Everything it
    /// makes outside of the process is the workspace's to remove.
    func setUp(in workspace: Workspace) throws -> TestPath
    /// Has the underlay between its hosts as the next test wants it; nothing where there is none.
    func prepare(_ underlay: Underlay) throws
    /// Its measurement begins: what costs the others something is switched on only now.
    func beginTurn() throws
    /// Its measurement is over.
    func endTurn()
    /// The processes that carry the frames, if it isn't the kernel.
    var switchProcesses: [Int32] { get }
    /// Who is there where it is a gateway; nil where it isn't, and before it is made.
    var gateway: GatewayEnds? { get }
}

extension Subject {
    package func prepare(_ underlay: Underlay) throws {}
    package func beginTurn() throws {}
    package func endTurn() {}
    package var switchProcesses: [Int32] { [] }
    package var gateway: GatewayEnds? { nil }
}

/// Why a subject is left out, without that being an error.
struct SubjectUnavailable: Error {
    /// What is missing.
    var reason: String
}
