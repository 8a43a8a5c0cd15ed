import DataPlane

/// One message, read as a request and as a reply. What can be read is written and read again to the same.
@_cdecl("heddle_fuzz_messages")
public func fuzzMessages(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    if let (sequence, request) = try? EngineRequest.decode(bytes) {
        let again = request.encoded(sequence: sequence).withUnsafeBytes { try? EngineRequest.decode($0) }
        require(again?.sequence == sequence, "another sequence number")
        require(again?.request == request, "another request")
        if case .startCapture(let capture) = request { run(capture.filter, on: Array(bytes)) }
    }
    if let reply = try? EngineReply.decode(bytes) {
        let again = reply.encoded().withUnsafeBytes { try? EngineReply.decode($0) }
        if case .information(let information) = reply, information.version.unicodeScalars.contains("\u{FFFD}") {
            // A version that isn't UTF-8 is shown with replacements, which may be longer than there is room for.
            require(again != nil, "no reply any more")
        } else {
            require(again == reply, "another reply")
        }
    }
    return 0
}

/// A filter that isn't refused ends, and reads nothing outside of the frame.
private func run(_ filter: [SocketFilter.Instruction], on frame: [UInt8]) {
    guard let program = FilterProgram(filter) else { return }
    withExactBytes(frame) { memory in
        _ = program.run(UnsafeRawPointer(memory), available: frame.count, length: frame.count)
    }
}
