import Glibc

extension RingIO {
    @_noAllocation @_noLocks
    package mutating func send(_ frame: OutgoingFrame) -> Bool {
        let index = Int(frame.port)
        guard index > 0, index < Self.tableSize, let kind = ports[index].kind else { return false }
        guard let (entry, position) = ring.nextEntry() else {
            refusals &+= 1
            return false
        }
        let data = UserData(
            Tag.send, port: frame.port, generation: ports[index].generation, length: frame.headCount &+ frame.restCount,
            isSuperframe: frame.isSuperframe)
        entry.storeBytes(of: EntryFlags.fixedFile | EntryFlags.skipSuccess, toByteOffset: 1, as: UInt8.self)
        entry.storeBytes(of: Int32(frame.port), toByteOffset: 4, as: Int32.self)
        entry.storeBytes(of: data.value, toByteOffset: 32, as: UInt64.self)
        entry.storeBytes(
            of: kind.isWritten ? EntryFlags.noWait : EntryFlags.doNotWait, toByteOffset: 28, as: UInt32.self)
        if frame.restCount == 0 {
            let opcode = kind.isWritten ? Opcode.write : Opcode.send
            entry.storeBytes(of: opcode, as: UInt8.self)
            entry.storeBytes(of: UInt64(UInt(bitPattern: frame.head)), toByteOffset: 16, as: UInt64.self)
            entry.storeBytes(of: UInt32(truncatingIfNeeded: frame.headCount), toByteOffset: 24, as: UInt32.self)
            return true
        }
        // The head may lie on the caller's stack: it is kept beside the entry until the kernel has taken it.
        // Invariant: position < ring.capacity, the number of gathers.
        let gather = gathers + position
        let room = MemoryLayout.size(ofValue: gather.pointee.head)
        let count = min(frame.headCount, room)
        let head = UnsafeMutableRawPointer(gather) + Self.headOffset
        head.copyMemory(from: frame.head, byteCount: count)
        gather.pointee.vectors.0.iov_base = head
        gather.pointee.vectors.0.iov_len = count
        gather.pointee.vectors.1.iov_base = UnsafeMutableRawPointer(mutating: frame.rest)
        gather.pointee.vectors.1.iov_len = frame.restCount
        let vectors = UnsafeMutableRawPointer(gather)
        if kind.isWritten {
            entry.storeBytes(of: Opcode.writev, as: UInt8.self)
            entry.storeBytes(of: UInt64(UInt(bitPattern: vectors)), toByteOffset: 16, as: UInt64.self)
            entry.storeBytes(of: 2, toByteOffset: 24, as: UInt32.self)
        } else {
            gather.pointee.message.msg_iov = vectors.assumingMemoryBound(to: iovec.self)
            gather.pointee.message.msg_iovlen = 2
            entry.storeBytes(of: Opcode.sendMessage, as: UInt8.self)
            let message = UnsafeMutableRawPointer(gather) + Self.messageOffset
            entry.storeBytes(of: UInt64(UInt(bitPattern: message)), toByteOffset: 16, as: UInt64.self)
            entry.storeBytes(of: 1, toByteOffset: 24, as: UInt32.self)
        }
        return true
    }

    @_noAllocation @_noLocks
    package mutating func send(_ message: OutgoingMessage) -> Bool {
        let index = Int(message.port)
        guard index > 0, index < Self.tableSize, let kind = ports[index].kind else { return false }
        guard let (entry, _) = ring.nextEntry() else {
            refusals &+= 1
            return false
        }
        let data = UserData(
            Tag.send, port: message.port, generation: ports[index].generation,
            length: message.length &+ VirtioNetHeader.length, isSuperframe: message.isSuperframe)
        entry.storeBytes(of: EntryFlags.fixedFile | EntryFlags.skipSuccess, toByteOffset: 1, as: UInt8.self)
        entry.storeBytes(of: Int32(message.port), toByteOffset: 4, as: Int32.self)
        entry.storeBytes(of: data.value, toByteOffset: 32, as: UInt64.self)
        if kind.isWritten {
            entry.storeBytes(of: Opcode.writev, as: UInt8.self)
            let vectors = UInt64(UInt(bitPattern: message.message.pointee.msg_iov))
            entry.storeBytes(of: vectors, toByteOffset: 16, as: UInt64.self)
            entry.storeBytes(
                of: UInt32(truncatingIfNeeded: message.message.pointee.msg_iovlen), toByteOffset: 24, as: UInt32.self)
            entry.storeBytes(of: EntryFlags.noWait, toByteOffset: 28, as: UInt32.self)
        } else {
            entry.storeBytes(of: Opcode.sendMessage, as: UInt8.self)
            entry.storeBytes(of: UInt64(UInt(bitPattern: message.message)), toByteOffset: 16, as: UInt64.self)
            entry.storeBytes(of: 1, toByteOffset: 24, as: UInt32.self)
            entry.storeBytes(of: EntryFlags.doNotWait, toByteOffset: 28, as: UInt32.self)
        }
        return true
    }

    @_noAllocation @_noLocks
    package mutating func submit() {
        ring.submit()
    }

    /// Byte offsets in `Gather`: two vectors of 16 bytes, then a message header of 56, then the head.
    private static var messageOffset: Int { @_noAllocation @_noLocks @inline(__always) get { 32 } }
    private static var headOffset: Int { @_noAllocation @_noLocks @inline(__always) get { 88 } }
}
