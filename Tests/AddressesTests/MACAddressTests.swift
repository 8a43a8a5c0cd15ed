import Addresses
import Testing

@Suite("MACAddress")
struct MACAddressTests {
    @Test(
        "reads colons, dashes and both cases",
        arguments: [
            ("02:00:0a:00:00:02", 0x0200_0A00_0002), ("02-00-0A-00-00-02", 0x0200_0A00_0002),
            ("ff:FF:fF:Ff:ff:ff", 0xFFFF_FFFF_FFFF), ("00:00:00:00:00:00", 0), ("01:23:45:67:89:ab", 0x0123_4567_89AB),
        ])
    func accepted(text: String, value: UInt64) throws {
        #expect(try MACAddress(parsing: text).value == value)
        #expect(MACAddress(text)?.value == value)
    }

    @Test(
        "refuses everything else with the reason",
        arguments: [
            ("", AddressError.Reason.empty),
            ("2:0:a:0:0:2", .partTooShort("2")),
            ("02000a000002", .partCount(1, needed: 6)),
            ("0200.0a00.0002", .unexpectedCharacter(".")),
            ("02:00:0a:00:00", .partCount(5, needed: 6)),
            ("02:00:0a:00:00:02:03", .partCount(7, needed: 6)),
            ("02:00:0a-00:00:02", .mixedSeparators),
            ("02:00:0a:00::02", .emptyPart),
            ("02:00:0a:00:00:0g", .unexpectedCharacter("g")),
            ("02:00:0a:00:00:002", .partTooLong("002")),
            (" 02:00:0a:00:00:02", .unexpectedCharacter(" ")),
            ("02:00:0a:00:00:02\n", .unexpectedCharacter("\n")),
            ("０2:00:0a:00:00:02", .unexpectedCharacter("０")),
            ("02:00:0a:00:00:02\u{301}", .unexpectedCharacter("\u{301}")),
            ("02:00:0a:00:00:0\0", .unexpectedCharacter("\0")),
        ])
    func refused(text: String, reason: AddressError.Reason) {
        #expect(throws: AddressError(kind: .mac, text: text, reason: reason)) { try MACAddress(parsing: text) }
        #expect(MACAddress(text) == nil)
    }

    @Test("prints lower case with colons, and reads it back")
    func roundTrip() {
        var generator = SeededGenerator(seed: 0x4EDD_1E01)
        for _ in 0..<2000 {
            let address = MACAddress(value: generator.next())
            #expect(address.description.count == 17)
            #expect(address.description == address.description.lowercased())
            #expect(MACAddress(address.description) == address)
            #expect(MACAddress(octets: address.octets) == address)
        }
        #expect(MACAddress(value: 0x0123_4567_89AB).description == "01:23:45:67:89:ab")
    }

    @Test("ignores bits above 48")
    func masks() {
        #expect(MACAddress(value: .max) == .broadcast)
        #expect(MACAddress(value: 1 << 48) == .zero)
    }

    @Test("tells group, local and zero addresses apart")
    func bits() {
        #expect(MACAddress.broadcast.isGroup)
        #expect(MACAddress.broadcast.isBroadcast)
        #expect(MACAddress.broadcast.isLocallyAdministered)
        #expect(!MACAddress.zero.isGroup)
        #expect(MACAddress.zero.isZero)
        let multicast = MACAddress(value: 0x0100_5E00_0001)
        #expect(multicast.isGroup && !multicast.isLocallyAdministered && !multicast.isBroadcast)
        let local = MACAddress(value: 0x0200_0000_0001)
        #expect(!local.isGroup && local.isLocallyAdministered && !local.isZero)
    }

    @Test("octets come in the order of the wire")
    func octets() {
        let address = MACAddress(value: 0x0123_4567_89AB)
        #expect(address.octets == [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB])
        #expect(address[0] == 0x01 && address[5] == 0xAB)
        #expect(address[-1] == 0 && address[6] == 0 && address[Int.max] == 0 && address[Int.min] == 0)
        #expect(MACAddress(octets: [1, 2, 3, 4, 5]) == nil)
        #expect(MACAddress(octets: [1, 2, 3, 4, 5, 6, 7]) == nil)
    }

    @Test("orders by number")
    func order() {
        #expect(MACAddress.zero < MACAddress(value: 1))
        #expect(MACAddress(value: 0x0100_0000_0000) > MACAddress(value: 0x00FF_FFFF_FFFF))
        #expect(!(MACAddress.broadcast < .broadcast))
    }
}
