import CLinux
import Glibc
import SystemPackage

/// Many descriptors in one: they lie in the queue of a socket, so that whoever has a duplicate of that one holds them
/// all, without a place in its own table for each. The kernel closes them with the last duplicate.
enum DescriptorBundle {
    /// Most descriptors whose duplicates `descriptors(of:)` can give back.
    static let step = Int(HEDDLE_BUNDLE_STEP)

    /// Makes a bundle, whose descriptor is the caller's; those in it stay the caller's too.
    static func make(_ descriptors: [Int32], note: [UInt8] = []) throws(Errno) -> Int32 {
        var ends: [Int32] = [-1, -1]
        let opened = heddle_bundle_open(&ends)
        guard opened == 0 else { throw Errno(rawValue: -opened) }
        defer { close(ends[0]) }
        var start = 0
        repeat {
            let part = Array(descriptors[start..<min(start + step, descriptors.count)])
            let text = start == 0 ? note : []
            let added = heddle_bundle_add(ends[0], text, text.count, part, Int32(part.count))
            guard added == 0 else {
                close(ends[1])
                throw Errno(rawValue: -added)
            }
            start += part.count
        } while start < descriptors.count
        return ends[1]
    }

    /// What was said of a bundle when it was made; nil: it is none.
    static func note(of bundle: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let length = heddle_bundle_look(bundle, &bytes, bytes.count, nil, nil)
        return length < 0 ? nil : Array(bytes.prefix(length))
    }

    /// Duplicates of the first `step` descriptors, the caller's.
    static func descriptors(of bundle: Int32) -> [Int32] {
        var note: UInt8 = 0
        var found = [Int32](repeating: -1, count: step)
        var count: Int32 = 0
        guard heddle_bundle_look(bundle, &note, 1, &found, &count) >= 0 else { return [] }
        return Array(found.prefix(Int(count)))
    }
}
