import Capture
import Foundation
import SystemPackage
import Testing

/// Files that are rotated.
@Suite struct RotatingFileTests {
    private static func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "hdt-capture-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    /// A section, an interface and frames of a kilobyte.
    private static func blocks(_ count: Int) throws -> [PcapngReader.Block] {
        var writer = PcapngWriter()
        writer.writeSection(application: "heddle")
        writer.write(.init(name: "eth0@web"))
        for number in 0..<count {
            writer.write(
                .init(interface: 0, time: UInt64(number), length: 1_000, bytes: Array(repeating: 1, count: 1_000)))
        }
        var reader = PcapngReader()
        reader.add(writer.take())
        var blocks: [PcapngReader.Block] = []
        while let block = try reader.next() { blocks.append(block) }
        return blocks
    }

    /// What a file holds, which must be whole.
    private static func packets(_ url: URL) throws -> [UInt64] {
        var reader = PcapngReader()
        reader.add(Array(try Data(contentsOf: url)))
        var times: [UInt64] = []
        var interfaces = 0
        while let block = try reader.next() {
            if case .packet(let packet) = block.content { times.append(packet.time) }
            if case .interface = block.content { interfaces += 1 }
        }
        #expect(interfaces == 1 && reader.rest == 0)
        return times
    }

    @Test func filesAreRotatedBySizeAndTheNewestStay() throws {
        try Self.inFolder { folder in
            let path = folder.appending(path: "lan.pcapng").path
            var file = try RotatingFile(path: path, rules: .init(bytes: 5_000, files: 3))
            for block in try Self.blocks(20) { try file.add(block) }
            try file.flush()
            let count = file.files
            #expect(count == 5)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(names == ["lan-00003.pcapng", "lan-00004.pcapng", "lan-00005.pcapng"])
            let times = try names.map { try Self.packets(folder.appending(path: $0)) }
            #expect(times.flatMap { $0 } == Array(8...19))
            for name in names {
                let size = try Data(contentsOf: folder.appending(path: name)).count
                #expect(size <= 5_000)
            }
        }
    }

    /// What an earlier capture has written stays, and doesn't come behind what is newer.
    @Test func numbersGoOnBehindFilesThatAreThere() throws {
        try Self.inFolder { folder in
            for name in [
                "lan-00007.pcapng", "lan-00009.pcap", "lan-12.pcapng", "lan-0x010.pcapng", "lane-00099.pcapng",
            ] {
                try Data().write(to: folder.appending(path: name))
            }
            let path = folder.appending(path: "lan.pcapng").path
            var file = try RotatingFile(path: path, rules: .init(bytes: 5_000, files: 1))
            for block in try Self.blocks(9) { try file.add(block) }
            try file.flush()
            let count = file.files
            #expect(count == 3)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names.contains("lan-00007.pcapng") && names.contains("lan-00010.pcapng") && names.count == 6)
        }
    }

    @Test func oneFileIsTheFileItself() throws {
        try Self.inFolder { folder in
            let url = folder.appending(path: "lan.pcapng")
            var file = try RotatingFile(path: url.path)
            for block in try Self.blocks(3) { try file.add(block) }
            try file.flush()
            #expect(try Self.packets(url) == [0, 1, 2])
            #expect(throws: RotatingFile.WriteError.self) {
                _ = try RotatingFile(path: folder.appending(path: "no/such").path)
            }
        }
    }

    @Test func aFrameAfterTheTimeBeginsAnotherFile() throws {
        try Self.inFolder { folder in
            var file = try RotatingFile(
                path: folder.appending(path: "lan").path, rules: .init(time: .milliseconds(20)))
            let blocks = try Self.blocks(2)
            for block in blocks.prefix(3) { try file.add(block) }
            Thread.sleep(forTimeInterval: 0.03)
            try file.add(blocks[3])
            try file.flush()
            #expect(try Self.packets(folder.appending(path: "lan-00001")) == [0])
            #expect(try Self.packets(folder.appending(path: "lan-00002")) == [1])
        }
    }
}
