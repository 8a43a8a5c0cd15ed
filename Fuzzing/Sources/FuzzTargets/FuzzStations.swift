import DataPlane

/// First byte even: an empty table with the following bytes written over its entries; odd: the bytes as they are,
/// as a table. Then operations.
@_cdecl("heddle_fuzz_stations")
public func fuzzStations(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var input = FuzzInput(start, count: count)
    let capacity = 8
    let size = StationTable.bytes(capacity: capacity)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { memory.deallocate() }
    guard let base = memory.baseAddress else { return 0 }
    if input.byte() & 1 == 0 {
        _ = StationTable(formatting: base, byteCount: size, capacity: capacity, seed: (3, 4))
        let count = Int(input.byte())
        let entries = UnsafeMutableRawBufferPointer(rebasing: memory[(size - 16 * capacity)...])
        entries.copyBytes(from: input.take(min(count, entries.count)))
    } else {
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        memory.copyBytes(from: input.take(size))
    }
    _ = StationTable.entries(in: base, byteCount: size, now: 0)
    operate(on: base, size, &input)
    return 0
}

private func operate(on memory: UnsafeMutableRawPointer, _ size: Int, _ input: inout FuzzInput) {
    guard var table = StationTable(attaching: memory, byteCount: size, portCap: 5, now: 1000) else { return }
    var now: UInt32 = 1000
    while !input.isEmpty {
        let choice = input.byte()
        now &+= UInt32(input.byte()) &* 500
        let place = input.number(bytes: 2)
        let mac = 0x0200_0000_0000 | place & 0xFF
        let vlan = UInt16(place >> 8 & 1)
        let domain = UInt16(1 + place >> 9 & 1)
        let port = UInt16(1 + place >> 10 & 7)
        switch choice % 8 {
        case 0, 1, 2:
            let result = table.learn(mac: mac, vlan: vlan, domain: domain, port: port, now: now)
            let found = table.lookup(mac: mac, vlan: vlan, domain: domain, now: now)
            switch result {
            case .refused: require(found == 0, "refused and found")
            case .staticElsewhere: require(found != port, "elsewhere and here")
            default: require(found == port, "learned and not found")
            }
        case 3:
            let added = table.addStatic(mac: mac, vlan: vlan, domain: domain, port: port, now: now)
            let found = table.lookup(mac: mac, vlan: vlan, domain: domain, now: now)
            require(!added || found == port, "added and not found")
        case 4:
            table.remove(mac: mac, vlan: vlan, domain: domain)
            require(table.lookup(mac: mac, vlan: vlan, domain: domain, now: now) == 0, "removed and found")
        case 5: _ = table.age(budget: Int(choice >> 3), now: now)
        case 6: table.flush(port: port, includingStatic: choice & 8 != 0)
        default: table.flush(domain: domain, includingStatic: choice & 8 != 0)
        }
    }
    check(table, memory, size, now: now)
}

/// What the operations left is a table again, and the ports' counts are right.
private func check(_ table: borrowing StationTable, _ memory: UnsafeMutableRawPointer, _ size: Int, now: UInt32) {
    guard let again = StationTable(attaching: memory, byteCount: size, now: now) else {
        fatalError("a table that was used is no table any more")
    }
    for port in UInt16(0)..<16_384 {
        require(table.learnedCount(port: port) == again.learnedCount(port: port), "a port's count is wrong")
    }
}
