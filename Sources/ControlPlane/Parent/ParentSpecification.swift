import DataPlane
import HeddleAPI

/// What a request for a network of the driver macvlan asks for; whether there is such an interface is seen later.
struct ParentSpecification: Hashable, Sendable {
    /// As it was given: "eth0" or "eth0.10".
    var text: String
    /// See `ParentMode`.
    var mode: ParentMode

    /// Reads options as a user or Docker gave them.
    init(_ options: [String: String]) throws(APIError) {
        typealias Key = ParentSettings.Key
        if let stranger = options.keys.filter({ $0 != Key.parent && $0 != Key.mode }).min() {
            throw .invalid(
                "the option \(APIError.quoted(stranger)) means nothing for the driver macvlan",
                hint: "It knows \(Key.parent) and \(Key.mode).")
        }
        guard let parent = options[Key.parent] else {
            throw .invalid(
                "a macvlan network needs a parent, the host's interface that leads to the LAN",
                hint: "Say --parent IFNAME, or IFNAME.VLAN for one 802.1Q VLAN ('ip link' lists the interfaces).")
        }
        let word = options[Key.mode] ?? ParentMode.bridge.word
        guard let mode = ParentMode(word: word) else {
            let all = ParentMode.allCases.map(\.word).joined(separator: ", ")
            throw .invalid("\(APIError.quoted(word)) is not a mode of a macvlan network", hint: "Use one of \(all).")
        }
        // The whole may be longer than the name of an interface.
        _ = try AttachSpecification.interfaceName(
            ParentSettings(dividing: parent, mode: mode).map(\.interface) ?? parent)
        text = parent
        self.mode = mode
    }
}
