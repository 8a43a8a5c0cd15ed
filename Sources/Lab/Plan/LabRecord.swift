/// What is known of a lab that was built: a line is written before and after each thing that is made or taken away.
public struct LabRecord: Sendable {
    /// How far a thing is.
    public enum State: String, Codable, Sendable {
        /// It is being made, or that was cut short or failed.
        case making
        /// It is there.
        case made
        /// It could not be made, and nothing of it is there that is the lab's.
        case refused
    }

    /// A thing and what is known of it.
    public struct Entry: Sendable {
        /// The thing.
        public var item: LabItem
        /// How far it is.
        public var state: State
        /// What was found out when it was made: numbers of processes and the like.
        public var facts: [String: String]
    }

    /// A line of the record.
    public struct Event: Codable, Sendable, Hashable {
        /// The thing's key; nil in a line about the lab.
        public var key: String?
        /// It is being made.
        public var making: LabItem?
        /// It is there; what is known of it.
        public var made: [String: String]?
        /// It could not be made, and nothing of it is there that is the lab's.
        public var refused: Bool?
        /// It is gone.
        public var gone: Bool?
        /// Where the lab came from.
        public var origin: LabOrigin?

        /// Makes a line with nothing in it.
        public init(key: String? = nil) {
            self.key = key
        }
    }

    /// In the order in which they were made.
    public private(set) var entries: [String: Entry] = [:]
    /// Lines of the file that could not be read, from 1: what they told is not known.
    public internal(set) var unreadable: [Int] = []
    private var order: [String: Int] = [:]
    private var next = 0
    /// Where the lab came from; nil: unknown.
    public private(set) var origin: LabOrigin?

    /// Nothing is known.
    public init() {}

    /// Things in the order in which they were made.
    public var ordered: [Entry] {
        entries.sorted { (order[$0.key] ?? 0) < (order[$1.key] ?? 0) }.map(\.value)
    }

    /// Takes a line in.
    public mutating func apply(_ event: Event) {
        if let origin = event.origin { self.origin = origin }
        guard let key = event.key else { return }
        if let item = event.making {
            entries[key] = Entry(item: item, state: .making, facts: entries[key]?.facts ?? [:])
            order[key] = next
            next += 1
        }
        if let facts = event.made {
            entries[key]?.state = .made
            entries[key]?.facts = facts
        }
        if event.refused == true { entries[key]?.state = .refused }
        if event.gone == true {
            entries[key] = nil
            order[key] = nil
        }
    }

    /// Whether nothing is there that the lab has made, not even in part.
    public var isEmpty: Bool { unreadable.isEmpty && entries.values.allSatisfy { $0.state == .refused } }

    /// The lines that say the same, and no more.
    public var events: [Event] {
        var events: [Event] = []
        if let origin {
            var event = Event()
            event.origin = origin
            events.append(event)
        }
        for entry in ordered {
            var event = Event(key: entry.item.key)
            event.making = entry.item
            if entry.state == .made { event.made = entry.facts }
            if entry.state == .refused { event.refused = true }
            events.append(event)
        }
        return events
    }
}

/// Where a lab came from.
public struct LabOrigin: Codable, Hashable, Sendable {
    /// The file, absolute.
    public var file: String
    /// The daemon's socket, of a lab without hosts.
    public var socket: String?

    /// Makes an origin.
    public init(file: String, socket: String?) {
        self.file = file
        self.socket = socket
    }
}
