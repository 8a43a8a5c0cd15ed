import Addresses
import Capture
import FrameText

/// A frame as somebody types it, and the same bytes as a file that a frame is taken out of.
@_cdecl("heddle_fuzz_frametext")
public func fuzzFrameText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    judge(String(decoding: bytes, as: UTF8.self))
    for number in 1...2 {
        guard let file = try? FrameFile(bytes, number: number) else { continue }
        switch file {
        case .frame(let frame): precondition(frame.count <= count, "a frame longer than its file")
        case .text(let text): judge(text)
        }
    }
    return 0
}

private func judge(_ text: String) {
    do throws(FrameTextError) {
        switch try FrameText(parsing: text) {
        case .bytes(let bytes):
            precondition(!bytes.isEmpty && bytes.count <= FrameText.longestFrame, "too few bytes, or too many")
            precondition(bytes.count * 2 <= text.utf8.count, "more bytes than digits")
        case .description(let description):
            let mac = description.groupMAC() ?? MACAddress(value: 0x0200_0000_0001)
            let frame = description.frame(sourceMAC: mac, destinationMAC: mac, source: nil)
            precondition(frame.count >= 14 && frame.count <= FrameText.longestFrame, "no frame")
            _ = FrameSummary(frame, length: frame.count)
        }
    } catch {
        precondition(error.offset >= 0 && error.offset <= text.count, "an error outside of the text")
        precondition(!error.message.isEmpty && !error.description.isEmpty, "an error without words")
    }
}
