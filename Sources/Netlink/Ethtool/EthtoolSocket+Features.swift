import SystemPackage

extension EthtoolSocket {
    /// The features of an interface by the names that `ethtool -k` shows, and whether each is on.
    public func features(_ name: String) throws(NetlinkError) -> [String: Bool] {
        let operation = "read the features of the interface \(name)"
        let names = try featureNames(name, operation)
        // struct ethtool_gfeatures: command, blocks, and of each block what is available, requested, active, fixed.
        let blocks = FeatureWords.blocks(names.count)
        var words = [Command.getFeatures, UInt32(blocks)] + [UInt32](repeating: 0, count: blocks * 4)
        try call(name, operation, &words)
        var features: [String: Bool] = [:]
        for (bit, feature) in names.enumerated() where !feature.isEmpty {
            features[feature] = words[2 + bit / 32 * 4 + 2] & FeatureWords.mask(bit) != 0
        }
        return features
    }

    /// Switches features by the names that `ethtool -k` shows; those that aren't named stay as they are. The kernel
    /// leaves features as they are that the interface cannot switch. Throws `.invalidArgument` for a name that it
    /// doesn't know.
    public func setFeatures(_ name: String, _ wanted: [String: Bool]) throws(NetlinkError) {
        let operation = "switch the features of the interface \(name)"
        let names = try featureNames(name, operation)
        // struct ethtool_sfeatures: command, blocks, and of each block what is to change and to what.
        let blocks = FeatureWords.blocks(names.count)
        var words = [Command.setFeatures, UInt32(blocks)] + [UInt32](repeating: 0, count: blocks * 2)
        for (feature, isOn) in wanted {
            guard let bit = names.firstIndex(of: feature) else {
                throw NetlinkError(
                    errno: .invalidArgument, operation: operation, message: "the kernel knows no feature \(feature)")
            }
            words[2 + bit / 32 * 2] |= FeatureWords.mask(bit)
            if isOn { words[2 + bit / 32 * 2 + 1] |= FeatureWords.mask(bit) }
        }
        try call(name, operation, &words)
    }

    /// The names in the order of their bits; a bit without a name has an empty one.
    private func featureNames(_ name: String, _ operation: String) throws(NetlinkError) -> [String] {
        // struct ethtool_sset_info: command, reserved, a mask of 64 bits, and a count for each of its bits.
        var counts: [UInt32] = [Command.countStrings, 0, 1 << Command.featureStrings, 0, 0]
        try call(name, operation, &counts)
        let count = Int(counts[4])
        guard counts[2] != 0, count > 0, count <= FeatureWords.most else {
            throw NetlinkError(errno: .badMessage, operation: operation, message: "\(count) names of features")
        }
        // struct ethtool_gstrings: command, set, count, and the names of 32 bytes each.
        var words = [Command.getStrings, Command.featureStrings, UInt32(count)]
        words += [UInt32](repeating: 0, count: count * FeatureWords.nameLength / 4)
        try call(name, operation, &words)
        return words.withUnsafeBytes { bytes in
            let names = bytes.dropFirst(3 * 4)
            return (0..<count).map { index in
                let name = names.dropFirst(index * FeatureWords.nameLength).prefix(FeatureWords.nameLength)
                return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
    }

    /// Runs one command; the kernel reads and writes `words`, which are as many as it was told.
    private func call(_ name: String, _ operation: String, _ words: inout [UInt32]) throws(NetlinkError) {
        let result = words.withUnsafeMutableBytes { call(name, $0) }
        guard result >= 0 else { throw NetlinkError(errno: Errno(rawValue: -result), operation: operation) }
    }

    /// ETHTOOL_* and ETH_SS_* of linux/ethtool.h.
    private enum Command {
        static let getStrings: UInt32 = 0x1B
        static let countStrings: UInt32 = 0x37
        static let getFeatures: UInt32 = 0x3A
        static let setFeatures: UInt32 = 0x3B
        static let featureStrings: UInt32 = 4
    }

    /// Where a feature's bit lies: in blocks of 32.
    private enum FeatureWords {
        /// ETH_GSTRING_LEN.
        static let nameLength = 32
        /// More than any kernel has (it has less than 100).
        static let most = 1_024

        static func blocks(_ features: Int) -> Int { (features + 31) / 32 }
        static func mask(_ bit: Int) -> UInt32 { 1 << UInt32(bit % 32) }
    }
}
