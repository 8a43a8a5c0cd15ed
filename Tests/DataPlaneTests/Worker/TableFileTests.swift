import DataPlane
import Glibc
import SystemPackage
import Testing

@Suite("The file that daemon and engine share")
struct TableFileTests {
    /// A path that nobody else uses, removed with this value.
    private final class Path {
        let text: String

        init(_ name: String) {
            text = "/tmp/hdt-\(getpid())-tables-\(name)"
            unlink(text)
        }

        deinit {
            unlink(text)
        }
    }

    private func open(_ path: Path, workers: Int = 1) throws -> SharedTables {
        let descriptor = try SharedTables.open(path: path.text, workers: workers)
        defer { close(descriptor) }
        return try SharedTables(descriptor: descriptor)
    }

    @Test("a fresh file is all zero, for its owner alone")
    func fresh() throws {
        let path = Path("fresh")
        let tables = try open(path, workers: 3)
        #expect(tables.workers == 3)
        for port in [UInt16(0), 1, 4_095, 16_383] { #expect(tables.counters(port: port) == PortCounters()) }
        #expect(tables.stations(domain: DomainConfiguration(id: 1, ageingMilliseconds: .max)) == [])
        var status = stat()
        #expect(stat(path.text, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let places = [-1, 0, 2, 3].map { worker in
            if case .some = tables.stations(worker: worker, now: 0) { true } else { false }
        }
        #expect(places == [false, true, true, false])
    }

    @Test("what was counted and learned is there for who opens it next")
    func kept() throws {
        let path = Path("kept")
        do {
            let tables = try open(path)
            tables.setKernelDrops(port: 7, total: 1_234)
            guard var stations = tables.stations(worker: 0, now: 1_000) else { throw WorkerRigError() }
            let isAdded = stations.addStatic(mac: 0x0200_0000_0001, vlan: 0, domain: 1, port: 7, now: 1_000)
            #expect(isAdded)
        }
        let tables = try open(path)
        #expect(tables.counters(port: 7).drops == [.kernelQueue: 1_234])
        #expect(tables.counters(port: 6) == PortCounters() && tables.counters(port: 8) == PortCounters())
        let stations = tables.stations(domain: DomainConfiguration(id: 1, ageingMilliseconds: .max))
        #expect(stations.map(\.mac) == [0x0200_0000_0001])
        tables.resetCounters(port: 7)
        #expect(tables.counters(port: 7) == PortCounters())
    }

    @Test("a file for another number of workers, of another layout or damaged is made anew")
    func madeAnew() throws {
        let path = Path("anew")
        for damage in 0..<4 {
            do {
                let tables = try open(path, workers: 2)
                tables.setKernelDrops(port: 1, total: 5)
            }
            let file = Glibc.open(path.text, O_RDWR | O_CLOEXEC)
            defer { close(file) }
            var value: UInt64 = 99
            switch damage {
            case 0: break
            case 1: #expect(pwrite(file, &value, 8, 0) == 8, "magic")
            case 2: #expect(pwrite(file, &value, 8, 16) == 8, "number of ports")
            default: #expect(ftruncate(file, 8_192) == 0)
            }
            let tables = try open(path, workers: damage == 0 ? 1 : 2)
            #expect(tables.workers == (damage == 0 ? 1 : 2))
            #expect(tables.counters(port: 1) == PortCounters())
        }
    }

    @Test("what is no such file is refused")
    func refused() throws {
        let path = Path("refused")
        #expect(throws: SharedTables.OpenError.system(.noSuchFileOrDirectory)) {
            _ = try SharedTables.open(path: path.text + "/x", workers: 1)
        }
        #expect(throws: SharedTables.OpenError.system(.isDirectory)) {
            _ = try SharedTables.open(path: "/tmp", workers: 1)
        }
        // A link could name somebody else's file.
        #expect(symlink("/tmp/hdt-target", path.text) == 0)
        #expect(throws: SharedTables.OpenError.system(.tooManySymbolicLinkLevels)) {
            _ = try SharedTables.open(path: path.text, workers: 1)
        }
        let null = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        #expect(throws: SharedTables.OpenError.badLayout) { _ = try SharedTables(descriptor: null) }
        #expect(throws: SharedTables.OpenError.system(.badFileDescriptor)) { _ = try SharedTables(descriptor: -1) }
    }

    @Test("a header that promises more than the file holds is refused, whatever it says")
    func lyingHeader() throws {
        let path = Path("lying")
        let descriptor = try SharedTables.open(path: path.text, workers: 1)
        defer { close(descriptor) }
        for workers: UInt64 in [0, 2, 64, 65, .max, 1 << 40] {
            var value = workers
            #expect(pwrite(descriptor, &value, 8, 8) == 8)
            #expect(throws: SharedTables.OpenError.badLayout) { _ = try SharedTables(descriptor: descriptor) }
        }
    }
}
