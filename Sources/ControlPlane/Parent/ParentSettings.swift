import DataPlane
import HeddleAPI

/// What a network of the driver macvlan has beside what every network has. Recorded, and shown, as the network's options.
struct ParentSettings: Hashable, Sendable {
    /// The driver's name.
    static let driver = "macvlan"

    /// The interface of the host that leads to the LAN.
    var interface: String
    /// The only VLAN of that interface; nil: what has no tag.
    var vlan: UInt16?
    /// How endpoints reach each other.
    var mode: ParentMode

    /// The options' long names.
    enum Key {
        static let parent = "parent"
        static let mode = "mode"
        /// Only recorded: the number behind the dot of `parent`, unless there was an interface of that whole name.
        static let vlan = "vlan"
    }

    /// Names the place on the LAN: "eth0" or "eth0.10".
    var label: String { vlan.map { "\(interface).\($0)" } ?? interface }

    /// As text, by the options' long names.
    var options: [String: String] {
        var options = [Key.parent: label, Key.mode: mode.word]
        if let vlan { options[Key.vlan] = "\(vlan)" }
        return options
    }
}

extension ParentSettings {
    /// Reads what `options` wrote; nil if that is damaged.
    init?(recorded options: [String: String]) {
        guard let label = options[Key.parent], let mode = options[Key.mode].flatMap({ ParentMode(word: $0) }) else {
            return nil
        }
        self.init(interface: label, mode: mode)
        guard let text = options[Key.vlan] else { return }
        guard let number = UInt16(text), (1...4_094).contains(number), label.hasSuffix(".\(number)") else { return nil }
        vlan = number
        interface = String(label.dropLast(text.count + 1))
    }

    /// Divides "eth0.10" where no interface has that whole name; nil: it is a name without a number.
    init?(dividing text: String, mode: ParentMode) {
        guard let dot = text.lastIndex(of: ".") else { return nil }
        let digits = text[text.index(after: dot)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits.first != "0",
            let number = UInt16(digits), (1...4_094).contains(number), dot != text.startIndex
        else { return nil }
        self.init(interface: String(text[..<dot]), vlan: number, mode: mode)
    }
}

extension ParentMode {
    /// The mode as users write it.
    var word: String {
        switch self {
        case .bridge: "bridge"
        case .private: "private"
        case .vepa: "vepa"
        case .passthru: "passthru"
        }
    }

    /// The mode of that word.
    init?(word: String) {
        guard let mode = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = mode
    }
}

extension NetworkRecord {
    /// What joins the network to a LAN; nil for other drivers.
    var parent: ParentSettings? {
        driver == ParentSettings.driver ? ParentSettings(recorded: options) : nil
    }
}
