/// io_uring's opcodes that are used here (include/uapi/linux/io_uring.h; READ_MULTISHOT is newer than Debian's).
enum Opcode {
    static var writev: UInt8 { @_noAllocation @_noLocks get { 2 } }
    static var pollAdd: UInt8 { @_noAllocation @_noLocks get { 6 } }
    static var sendMessage: UInt8 { @_noAllocation @_noLocks get { 9 } }
    static var receiveMessage: UInt8 { @_noAllocation @_noLocks get { 10 } }
    static var asyncCancel: UInt8 { @_noAllocation @_noLocks get { 14 } }
    static var write: UInt8 { @_noAllocation @_noLocks get { 23 } }
    static var send: UInt8 { @_noAllocation @_noLocks get { 26 } }
    static var receive: UInt8 { @_noAllocation @_noLocks get { 27 } }
    static var readMultishot: UInt8 { @_noAllocation @_noLocks get { 49 } }
}

/// io_uring's flags (include/uapi/linux/io_uring.h).
enum EntryFlags {
    static var fixedFile: UInt8 { @_noAllocation @_noLocks get { 1 << 0 } }
    static var bufferSelect: UInt8 { @_noAllocation @_noLocks get { 1 << 5 } }
    static var skipSuccess: UInt8 { @_noAllocation @_noLocks get { 1 << 6 } }
    /// IORING_RECV_MULTISHOT, in `ioprio`.
    static var receiveMultishot: UInt16 { @_noAllocation @_noLocks get { 1 << 1 } }
    /// RWF_NOWAIT, in `rw_flags`.
    static var noWait: UInt32 { @_noAllocation @_noLocks get { 8 } }
    /// MSG_DONTWAIT | MSG_NOSIGNAL, in `msg_flags`.
    static var doNotWait: UInt32 { @_noAllocation @_noLocks get { 0x40 | 0x4000 } }
    /// IORING_CQE_F_BUFFER.
    static var completionBuffer: UInt32 { @_noAllocation @_noLocks get { 1 << 0 } }
    /// IORING_CQE_F_MORE.
    static var completionMore: UInt32 { @_noAllocation @_noLocks get { 1 << 1 } }
}

/// `user_data`: tag (8 bits), port (16), generation (8), length (31) and super-frame flag (1, the lowest).
struct UserData {
    var value: UInt64

    @_noAllocation @_noLocks @inline(__always)
    init(_ tag: UInt64, port: UInt16, generation: UInt8, length: Int = 0, isSuperframe: Bool = false) {
        let low = UInt64(truncatingIfNeeded: length) & 0x7FFF_FFFF
        value =
            tag << 56 | UInt64(port) << 40 | UInt64(generation) << 32 | low << 1 | (isSuperframe ? 1 : 0)
    }

    @_noAllocation @_noLocks @inline(__always)
    init(value: UInt64) {
        self.value = value
    }

    var tag: UInt64 { @_noAllocation @_noLocks @inline(__always) get { value >> 56 } }
    var port: UInt16 { @_noAllocation @_noLocks @inline(__always) get { UInt16(truncatingIfNeeded: value >> 40) } }
    var generation: UInt8 { @_noAllocation @_noLocks @inline(__always) get { UInt8(truncatingIfNeeded: value >> 32) } }
    var length: Int { @_noAllocation @_noLocks @inline(__always) get { Int(value & 0xFFFF_FFFF) >> 1 } }
    var isSuperframe: Bool { @_noAllocation @_noLocks @inline(__always) get { value & 1 != 0 } }
}
