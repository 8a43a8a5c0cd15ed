import Glibc
import HeddleAPI

/// A lab as it is, for people and in JSON.
public struct LabView: Codable, Sendable, Hashable {
    /// Whether all of it is there.
    public enum State: String, Codable, Sendable {
        /// It is.
        case up
        /// Something is missing, or was never finished: `heddle lab up` mends it.
        case broken
        /// Whoever looks may not ask the lab's daemon, or one of them.
        case unknown
    }

    /// A node or a host.
    public struct Node: Codable, Sendable, Hashable {
        /// Whether its namespace is there.
        public enum State: String, Codable, Sendable {
            /// It is.
            case up
            /// It is not.
            case gone
        }

        /// In the lab.
        public var name: String
        /// Whether it is a host.
        public var host: Bool
        /// A name under /run/netns, a path or pid:N.
        public var sandbox: String
        /// See `State`.
        public var state: State
        /// With prefix length.
        public var addresses: [String]
        /// What goes on running in it.
        public var processes: [Process]
        /// What of it is not as it should be: as "the address 10.0.0.9/24 of web's eth0 is gone".
        public var problems: [String] = []
    }

    /// Something that goes on running.
    public struct Process: Codable, Sendable, Hashable {
        /// Whether it runs.
        public enum State: String, Codable, Sendable {
            /// It does.
            case running
            /// It has ended.
            case ended
        }

        /// As the file calls it.
        public var name: String
        /// See `State`.
        public var state: State
        /// Its number while it runs.
        public var pid: Int?
    }

    /// The lab's name.
    public var name: String
    /// Where it came from.
    public var file: String
    /// See `State`.
    public var state: State
    /// Networks, as the daemon calls them.
    public var networks: [String]
    /// In the order in which they were made.
    public var nodes: [Node]
    /// What is in no node and not as it should be.
    public var problems: [String]

    /// Looks at a recorded lab.
    init(_ record: LabRecord, paths: LabPaths) {
        name = paths.lab
        file = record.origin?.file ?? ""
        networks = []
        nodes = []
        problems = []
        let isWhole =
            !record.entries.isEmpty && record.unreadable.isEmpty && record.ordered.allSatisfy { $0.state == .made }
        if let line = record.unreadable.first {
            let way = "heddle lab down \(paths.lab) --force"
            problems.append("its record is damaged: \(paths.record), line \(line), can't be read; see '\(way)'")
        } else if record.entries.isEmpty {
            problems.append("nothing of it was made")
        }
        var missing: Set<String>?
        do throws(LabError) {
            missing = try LabSight.missing(in: record, paths: paths, socket: record.origin?.socket)
        } catch {
            problems.append(error.message)
        }
        state = isWhole && missing?.isEmpty == true ? .up : Self.maySee(record, paths) ? .broken : .unknown
        func isThere(_ entry: LabRecord.Entry) -> Bool {
            entry.state == .made && missing?.contains(entry.item.key) != true
        }
        for entry in record.ordered {
            switch entry.item.thing {
            case .sandbox(let sandbox):
                nodes.append(
                    Node(
                        name: sandbox.node, host: sandbox.isHost, sandbox: entry.facts["sandbox"] ?? "",
                        state: isThere(entry) ? .up : .gone, addresses: [], processes: []))
            case .network(_, let request) where entry.state != .refused:
                if !networks.contains(request.name) { networks.append(request.name) }
            default: break
            }
        }
        for entry in record.ordered {
            guard let index = nodes.firstIndex(where: { $0.name == entry.item.thing.node }) else { continue }
            // What a namespace had that is gone, nobody has any more.
            let hasIt = nodes[index].state == .up && isThere(entry)
            switch entry.item.thing {
            case .endpoint where hasIt:
                nodes[index].addresses += (entry.facts["addresses"] ?? "").split(separator: " ").map(String.init)
            case .address(_, _, let prefix) where hasIt: nodes[index].addresses.append(prefix)
            case .process(_, let name, _):
                let isRunning = LabProcessTable.isAlive(entry.facts)
                nodes[index].processes.append(
                    Process(
                        name: name, state: isRunning ? .running : .ended,
                        pid: isRunning ? entry.facts["pid"].flatMap { Int($0) } : nil))
            default: break
            }
        }
        tellProblems(record, missing ?? [])
        networks.sort()
        nodes.sort { ($0.host ? 0 : 1, $0.name) < ($1.host ? 0 : 1, $1.name) }
    }

    private static func fate(of entry: LabRecord.Entry) -> String {
        if entry.state == .refused { return "could not be made" }
        if entry.state == .making {
            if case .command = entry.item.thing { return "(failed, or not finished)" }
            return "was not finished"
        }
        switch entry.item.thing {
        case .sandbox, .underlay, .network, .peer, .daemon: return "is gone"
        case .process: return "has ended"
        default: return "is gone or changed"
        }
    }

    /// Tells what is gone or was never made, but for what only lacks what it stands on.
    private mutating func tellProblems(_ record: LabRecord, _ missing: Set<String>) {
        func isThere(_ key: String) -> Bool {
            record.entries[key].map { $0.state == .made && !missing.contains(key) } ?? false
        }
        for entry in record.ordered where !isThere(entry.item.key) {
            guard entry.item.foundations.allSatisfy(isThere) else { continue }
            let problem = "\(entry.item.thing) \(Self.fate(of: entry))"
            if let index = nodes.firstIndex(where: { $0.name == entry.item.thing.node }) {
                nodes[index].problems.append(problem)
            } else {
                problems.append(problem)
            }
        }
    }

    /// Whether all of a lab's daemons may be asked.
    private static func maySee(_ record: LabRecord, _ paths: LabPaths) -> Bool {
        var sockets = record.origin?.socket.map { [$0] } ?? []
        for entry in record.entries.values {
            if case .daemon(let host, _) = entry.item.thing { sockets.append(paths.socket(ofHost: host)) }
        }
        return sockets.allSatisfy { access($0, R_OK | W_OK) == 0 || errno != EACCES }
    }
}
