import Netlink

/// One datagram from the kernel.
@_cdecl("heddle_fuzz_netlink")
public func fuzzNetlink(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    _ = try? NetlinkReader.parseMessages(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}
