import DataPlane
import Glibc
import Testing

@Suite("Room of the shared tables")
struct SharedTablesRoomTests {
    /// Bytes that the file system has given a file.
    private static func given(_ descriptor: Int32) throws -> Int {
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        return Int(status.st_blocks) * 512
    }

    @Test("all of it is taken at the start, so that a full file system can't end whoever counts")
    func allocated() throws {
        let path = "/tmp/hdt-\(getpid())-room.tables"
        defer { unlink(path) }
        let descriptor = try SharedTables.open(path: path, workers: 2)
        defer { close(descriptor) }
        let length = Int(lseek(descriptor, 0, SEEK_END))
        let made = try Self.given(descriptor)
        #expect(length > 0 && made >= length)
        // A file with holes behind a good header is filled when it is opened again.
        try #require(ftruncate(descriptor, 4_096) == 0 && ftruncate(descriptor, off_t(length)) == 0)
        #expect(try Self.given(descriptor) < length)
        close(try SharedTables.open(path: path, workers: 2))
        #expect(try Self.given(descriptor) >= length)
    }
}
