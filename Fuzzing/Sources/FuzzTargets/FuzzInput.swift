/// The fuzzer's bytes, taken from the front. Behind the end everything is zero.
struct FuzzInput {
    private var bytes: UnsafeRawBufferPointer.SubSequence

    init(_ start: UnsafePointer<UInt8>?, count: Int) {
        bytes = UnsafeRawBufferPointer(start: start, count: count)[...]
    }

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }

    mutating func byte() -> UInt8 {
        bytes.popFirst() ?? 0
    }

    mutating func number(bytes count: Int) -> UInt64 {
        (0..<count).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
    }

    /// As many bytes as there are, at most `count`.
    mutating func take(_ count: Int) -> [UInt8] {
        let taken = Array(bytes.prefix(count))
        bytes = bytes.dropFirst(taken.count)
        return taken
    }
}

/// Ends the process, so that the fuzzer keeps the input, if something that must hold doesn't.
func require(_ holds: Bool, _ what: StaticString) {
    if !holds { fatalError("\(what)") }
}

/// Memory of exactly its size: a read past the end is one that the sanitizer sees.
func withExactBytes<Result>(_ bytes: [UInt8], _ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
    defer { memory.deallocate() }
    UnsafeMutableRawBufferPointer(start: memory, count: bytes.count).copyBytes(from: bytes)
    return body(memory)
}

/// What stands in memory.
func bytes(_ start: UnsafeRawPointer, _ count: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: start, count: count))
}
