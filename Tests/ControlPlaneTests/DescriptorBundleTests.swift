import Glibc
import Testing

@testable import ControlPlane

@Suite struct DescriptorBundleTests {
    /// Whether two descriptors are of one open file.
    private func isSame(_ left: Int32, _ right: Int32) -> Bool {
        var (first, second) = (stat(), stat())
        guard fstat(left, &first) == 0, fstat(right, &second) == 0 else { return false }
        return first.st_ino == second.st_ino && first.st_dev == second.st_dev
    }

    private func pipes(_ count: Int) throws -> (reading: [Int32], writing: [Int32]) {
        var (reading, writing): ([Int32], [Int32]) = ([], [])
        for _ in 0..<count {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            reading.append(ends[0])
            writing.append(ends[1])
        }
        return (reading, writing)
    }

    @Test(arguments: [0, 1, 250])
    func duplicatesComeBackInOrderAsOftenAsTheyAreAskedFor(count: Int) throws {
        let (reading, writing) = try pipes(count)
        defer { for descriptor in reading + writing { close(descriptor) } }
        let bundle = try DescriptorBundle.make(reading)
        defer { close(bundle) }
        for _ in 0..<3 {
            let found = DescriptorBundle.descriptors(of: bundle)
            #expect(found.count == count)
            for (mine, its) in zip(reading, found) {
                #expect(isSame(mine, its) && fcntl(its, F_GETFD) & FD_CLOEXEC != 0)
                close(its)
            }
        }
    }

    @Test func aThousandAreHeldWhenTheirOriginalsAreClosedUntilTheBundleIs() throws {
        // One pipe often enough: the test needs no thousand places in its own table.
        let (reading, writing) = try pipes(1)
        defer { close(writing[0]) }
        let bundle = try DescriptorBundle.make(
            Array(repeating: reading[0], count: 1_000), note: [7, 8, 9])
        close(reading[0])
        #expect(write(writing[0], [1], 1) == 1, "somebody can still read")
        #expect(DescriptorBundle.note(of: bundle) == [7, 8, 9])
        let first = DescriptorBundle.descriptors(of: bundle)
        #expect(first.count == DescriptorBundle.step)
        for descriptor in first { close(descriptor) }
        // A duplicate holds them as well.
        let copy = dup(bundle)
        close(bundle)
        #expect(write(writing[0], [1], 1) == 1)
        close(copy)
        signal(SIGPIPE, SIG_IGN)
        #expect(write(writing[0], [1], 1) == -1 && errno == EPIPE)
    }

    @Test func aNoteIsReadWholeAndWhatIsNoBundleHasNone() throws {
        let long = (0..<8_196).map { UInt8(truncatingIfNeeded: $0) }
        let bundle = try DescriptorBundle.make([], note: long)
        defer { close(bundle) }
        #expect(DescriptorBundle.note(of: bundle) == long)
        let (reading, writing) = try pipes(1)
        defer { for descriptor in reading + writing { close(descriptor) } }
        #expect(DescriptorBundle.note(of: reading[0]) == nil && DescriptorBundle.descriptors(of: reading[0]) == [])
    }
}
