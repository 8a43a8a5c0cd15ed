/// What the comment of a captured frame says of it; see `CaptureRecord.comment` in the daemon. Any text is safe.
struct CapturedVerdict {
    enum Kind {
        /// It came in, and goes to one place or to many.
        case forwarded
        /// It came in, and the router has it.
        case routed
        /// It came in, and waits.
        case held
        /// It came in, and the switch answers itself.
        case answered
        /// It left.
        case sent
        case dropped
        /// Nothing is said that is known here.
        case unknown
    }

    let kind: Kind
    /// Of a drop.
    let reason: String?
    /// What became of it, in words.
    let text: String
    /// Of what was sent in a datagram: to whom.
    let vtep: String?
    /// What kind of frame it is, where it isn't an ordinary one.
    let notes: String

    init(_ comment: String) {
        // What a reason means may have a semicolon, too.
        let parts = comment.split(separator: "; ")
        let said = parts.prefix { !$0.hasPrefix("super-frame ") && !$0.hasPrefix("transport checksum ") }
            .joined(separator: "; ")
        notes = parts.drop { !$0.hasPrefix("super-frame ") && !$0.hasPrefix("transport checksum ") }
            .joined(separator: "; ")
        var reason: String?
        switch said {
        case _ where said.hasPrefix("dropped: "):
            let why = said.dropFirst(9)
            reason = String(why.prefix { $0 != ":" })
            (kind, text) = (.dropped, String(why))
        case _ where said.hasPrefix("forwarded to "): (kind, text) = (.forwarded, "it goes to \(said.dropFirst(13))")
        case "flooded": (kind, text) = (.forwarded, "it goes to all ports that may have it")
        case "routed": (kind, text) = (.routed, "the router takes it")
        case _ where said.hasPrefix("held"): (kind, text) = (.held, "it waits until the next hop is known")
        case _ where said.hasPrefix("consumed"): (kind, text) = (.answered, "the switch answers itself")
        case _ where said.hasPrefix("sent to "): (kind, text) = (.sent, String(said.dropFirst(5)))
        case "sent": (kind, text) = (.sent, "")
        default: (kind, text) = (.unknown, said)
        }
        self.reason = reason
        vtep = said.hasPrefix("sent to VTEP ") ? String(said.dropFirst(13)) : nil
    }

    /// The step of a trace that says so; nil: none.
    var what: String? {
        switch kind {
        case .forwarded: text.hasPrefix("it goes to all") ? "flooded" : "forwarded"
        case .routed: "router-takes"
        case .held: "held"
        case .answered: "answered"
        case .sent: "sent"
        case .dropped: "dropped"
        case .unknown: nil
        }
    }
}
