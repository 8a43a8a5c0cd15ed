import Testing

@testable import DataPlane

@Suite("VTEPs by number")
struct VTEPTableTests {
    private struct Address: Hashable {
        var high: UInt64
        var low: UInt64
    }

    /// A table in memory of the test's.
    private final class Rig {
        let memory: UnsafeMutableRawPointer
        var table: VTEPTable

        init(_ before: Rig? = nil) {
            memory = .allocate(byteCount: VTEPTable.bytes, alignment: 8)
            if let before {
                memory.copyMemory(from: before.memory, byteCount: VTEPTable.bytes)
            } else {
                memory.initializeMemory(as: UInt8.self, repeating: 0, count: VTEPTable.bytes)
            }
            table = VTEPTable(memory: memory)
        }

        deinit { memory.deallocate() }

        func number(_ address: Address) -> UInt16 { table.number(high: address.high, low: address.low) }
        func intern(_ address: Address) -> UInt16 { table.intern(high: address.high, low: address.low) }
        func address(_ number: UInt16) -> Address {
            let (high, low) = table.address(number)
            return Address(high: high, low: low)
        }
        func read(_ number: UInt16) -> Address? {
            VTEPTable.address(number, in: memory).map { Address(high: $0.high, low: $0.low) }
        }
        func retain(_ number: UInt16) { table.retain(number) }
        func release(_ number: UInt16) { table.release(number) }
        func forget() { table.forgetUnreferred() }
        func isReferred(_ number: UInt16) -> Bool { table.isReferred(number) }
    }

    private static func random(_ random: inout SeededGenerator) -> Address {
        random.below(2) == 0
            ? Address(high: 0, low: 0xFFFF_0000_0000 | UInt64(random.below(3_000)))
            : Address(high: 0x2001_0DB8 << 32, low: UInt64(random.below(3_000)))
    }

    @Test("random operations agree with a dictionary", arguments: 1...6 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rig = Rig()
        var numbers: [Address: UInt16] = [:]
        var references: [UInt16: Int] = [:]
        for step in 0..<20_000 {
            let note: Comment = "seed \(seed), step \(step)"
            let address = Self.random(&random)
            switch random.below(2_000) {
            case 0:
                rig.forget()
                numbers = numbers.filter { references[$0.value] ?? 0 > 0 }
            case 1..<50:
                guard let number = numbers[address] else { continue }
                rig.retain(number)
                references[number, default: 0] += 1
            case 50..<100:
                guard let number = numbers[address] else { continue }
                rig.release(number)
                references[number] = max(0, (references[number] ?? 0) - 1)
            default:
                let number = rig.intern(address)
                if let known = numbers[address] {
                    #expect(number == known, note)
                } else if numbers.count == 4_095 {
                    #expect(number == 0, note)
                } else {
                    #expect(number > 16_384 && number < 20_480 && !numbers.values.contains(number), note)
                    numbers[address] = number
                }
            }
            let asked = Self.random(&random)
            let number = rig.number(asked)
            #expect(number == numbers[asked] ?? 0, note)
            if number != 0 {
                #expect(rig.address(number) == asked && rig.read(number) == asked, note)
                #expect(rig.isReferred(number) == (references[number] ?? 0 > 0), note)
            }
        }
        // Whoever goes on with the memory finds the same numbers, which nobody refers to yet.
        let next = Rig(rig)
        for (address, number) in numbers {
            #expect(next.number(address) == number && !next.isReferred(number), "seed \(seed)")
        }
    }

    @Test("4,095 fit; the next one does when those that nobody refers to are forgotten")
    func full() {
        let rig = Rig()
        let addresses = (1...4_096).map { Address(high: 1, low: UInt64($0)) }
        #expect(addresses.prefix(4_095).allSatisfy { rig.intern($0) != 0 })
        #expect(rig.intern(addresses[4_095]) == 0)
        #expect(rig.intern(addresses[7]) == rig.number(addresses[7]))
        let kept = rig.number(addresses[7])
        rig.retain(kept)
        rig.forget()
        #expect(rig.number(addresses[7]) == kept && rig.number(addresses[8]) == 0)
        #expect(rig.intern(addresses[4_095]) != 0)
    }

    @Test("the unspecified address is nobody's, nor are numbers that aren't VTEPs'")
    func none() {
        let rig = Rig()
        #expect(rig.intern(Address(high: 0, low: 0)) == 0)
        #expect(rig.number(Address(high: 0, low: 0)) == 0)
        for number in [UInt16(0), 1, 4_097, 16_383, 16_384, 16_385, 20_479, 20_480, .max] {
            #expect(rig.read(number) == nil)
            #expect(rig.address(number) == Address(high: 0, low: 0))
        }
        // Any number is safe.
        rig.release(.max)
        rig.retain(.max)
        #expect(rig.isReferred(.max))
    }

    @Test("memory of any content is a table")
    func anyMemory() {
        var random = SeededGenerator(seed: 8)
        let first = Rig()
        for offset in stride(from: 0, to: VTEPTable.bytes, by: 8) {
            first.memory.storeBytes(of: random.next() | 1, toByteOffset: offset, as: UInt64.self)
        }
        let rig = Rig(first)
        #expect(rig.intern(Address(high: 1, low: 2)) == 0, "all are taken")
        for number in UInt16(16_385)...20_479 { #expect(rig.number(rig.address(number)) == number) }
        rig.forget()
        #expect(rig.intern(Address(high: 1, low: 2)) != 0)
    }
}
