public import Addresses

/// What the packet socket of a network's parent is to hear of the LAN: group frames, and frames for the network's
/// endpoints. A filter may let more through (the data plane drops it), never less.
public struct ParentFilterPlan: Sendable, Hashable {
    /// Whose frames come in; nil: all.
    public var stations: [MACAddress]?
    /// The only VLAN that comes in; nil: what has no tag, and what has one that isn't among `foreign`.
    public var vlan: UInt16?
    /// VLANs of the parent that are somebody else's.
    public var foreign: [UInt16]

    /// Makes a plan.
    public init(stations: [MACAddress]?, vlan: UInt16?, foreign: [UInt16] = []) {
        self.stations = stations
        self.vlan = vlan
        self.foreign = foreign
    }

    /// Most ranges that a program has room for, with a margin, and most beginnings of addresses.
    private static let most = (ranges: 1_200, beginnings: 128)

    /// The program.
    public var filter: SocketFilter {
        var code = BackwardProgram()
        let groups = stations.map(Self.groups) ?? [:]
        if stations == nil || groups.count > Self.most.beginnings {
            _ = code.accept()
        } else {
            writeStations(groups, &code)
            let next = code.start
            let group = code.accept()
            code.prepend(SocketFilter.Operation.jumpIfAnySet, 1, whenTrue: group, whenFalse: next)
            code.prepend(SocketFilter.Operation.loadByte, 0)
        }
        writeVLAN(&code)
        return code.filter
    }

    /// The last 32 bits of addresses, in ranges, by their first 16 bits.
    private static func groups(_ stations: [MACAddress]) -> [UInt32: [ClosedRange<UInt64>]] {
        var groups: [UInt32: [ClosedRange<UInt64>]] = [:]
        for station in stations {
            let low = station.value & 0xFFFF_FFFF
            groups[UInt32(truncatingIfNeeded: station.value >> 32), default: []].append(low...low)
        }
        groups = groups.mapValues(RangeList.merged)
        var width: UInt64 = 1
        while groups.values.reduce(0, { $0 + $1.count }) > most.ranges {
            width *= 2
            var none = 0
            groups = groups.mapValues { RangeList.filled($0, below: width, andAtIt: &none) }
        }
        return groups
    }

    /// Whether the destination is one of the stations.
    private func writeStations(_ groups: [UInt32: [ClosedRange<UInt64>]], _ code: inout BackwardProgram) {
        var choices: [(number: UInt32, leaf: BackwardProgram.Leaf)] = []
        for (beginning, ranges) in groups.sorted(by: { $0.key < $1.key }) {
            let search = code.prependSearch(ranges, limit: 1 << 32, inside: .accept, outside: .drop)
            if search != code.start { code.prependJump(to: search) }
            code.prepend(SocketFilter.Operation.loadWord, 2)
            choices.append((beginning, .place(code.start)))
        }
        code.prependChoice(choices)
        code.prepend(SocketFilter.Operation.loadHalf, 0)
    }

    /// Whether the frame is of the right VLAN; the kernel has put its tag aside.
    private func writeVLAN(_ code: inout BackwardProgram) {
        typealias Operation = SocketFilter.Operation
        if let vlan {
            code.prependUnless(Operation.jumpIfEqual, UInt32(vlan))
            code.prepend(Operation.and, UInt32(VLANTag.identifierMask))
            code.prepend(Operation.loadWord, Operation.tag)
            code.prependUnless(Operation.jumpIfEqual, UInt32(EtherType.vlan))
            code.prepend(Operation.loadWord, Operation.tagProtocol)
            let next = code.start
            let end = code.drop()
            code.prepend(Operation.jumpIfEqual, 0, whenTrue: end, whenFalse: next)
            code.prepend(Operation.loadWord, Operation.hasTag)
            return
        }
        guard !foreign.isEmpty else { return }
        let next = code.start
        let ranges = RangeList.merged(foreign.map { UInt64($0)...UInt64($0) })
        let search = code.prependSearch(ranges, limit: 1 << 12, inside: .drop, outside: .place(next))
        if search != code.start { code.prependJump(to: search) }
        code.prepend(Operation.and, UInt32(VLANTag.identifierMask))
        code.prepend(Operation.loadWord, Operation.tag)
        let tagged = code.start
        code.prepend(Operation.jumpIfEqual, 0, whenTrue: next, whenFalse: tagged)
        code.prepend(Operation.loadWord, Operation.hasTag)
    }
}
