import SystemPackage

extension EthtoolSocket {
    /// Says how fast a TAP claims to be, in megabits per second; full duplex, no negotiation. Bonds, bridges and
    /// monitoring inside a sandbox read this; it limits nothing.
    public func setSpeed(_ name: String, megabits: UInt32) throws(NetlinkError) {
        let operation = "set the speed of the interface \(name)"
        var settings = try readSettings(name, operation)
        settings.command = LinkSettings.set
        settings.speed = megabits
        settings.duplex = 1  // DUPLEX_FULL
        settings.negotiation = 0  // AUTONEG_DISABLE
        try call(name, operation, &settings)
    }

    /// The speed that an interface claims, in megabits per second; nil if it says that it doesn't know.
    public func speed(_ name: String) throws(NetlinkError) -> UInt32? {
        let settings = try readSettings(name, "read the speed of the interface \(name)")
        return settings.speed == UInt32.max ? nil : settings.speed  // SPEED_UNKNOWN
    }

    private func readSettings(
        _ name: String, _ operation: @autoclosure () -> String
    ) throws(NetlinkError) -> LinkSettings {
        // The kernel first says how many words its masks have, as a negative number; then it must be told that.
        var settings = LinkSettings(command: LinkSettings.get)
        try call(name, operation(), &settings)
        guard settings.maskWords < 0, settings.maskWords >= -LinkSettings.mostMaskWords else {
            throw NetlinkError(
                errno: .badMessage, operation: operation(), message: "\(settings.maskWords) words for link modes")
        }
        let words = -settings.maskWords
        settings = LinkSettings(command: LinkSettings.get)
        settings.maskWords = words
        try call(name, operation(), &settings)
        return settings
    }
}

/// struct ethtool_link_settings with room for three masks of at most `mostMaskWords` words (the kernel allows 127;
/// this many cover a thousand link modes).
private struct LinkSettings: BitwiseCopyable {
    static let get: UInt32 = 0x4C  // ETHTOOL_GLINKSETTINGS
    static let set: UInt32 = 0x4D  // ETHTOOL_SLINKSETTINGS
    static let mostMaskWords: Int8 = 32

    var command: UInt32
    var speed: UInt32 = 0
    var duplex: UInt8 = 0
    var port: UInt8 = 0
    var physicalAddress: UInt8 = 0
    var negotiation: UInt8 = 0
    var mdioSupport: UInt8 = 0
    var crossover: UInt8 = 0
    var crossoverControl: UInt8 = 0
    var maskWords: Int8 = 0
    var transceiver: UInt8 = 0
    var masterSlaveConfiguration: UInt8 = 0
    var masterSlaveState: UInt8 = 0
    var rateMatching: UInt8 = 0
    var reserved = InlineArray<7, UInt32>(repeating: 0)
    var masks = InlineArray<96, UInt32>(repeating: 0)

    init(command: UInt32) {
        self.command = command
    }
}
