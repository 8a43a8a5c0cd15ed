import Glibc

// The few C functions of the frame's path, declared again so that the compiler can be told that they neither
// allocate nor lock: it knows nothing of imported ones. Return conventions are those of the C headers.

@_extern(c, "heddle_ring_enter") @_noAllocation @_noLocks
func ringEnter(
    _ ring: Int32, _ registered: Int32, _ toSubmit: UInt32, _ waitFor: UInt32, _ getEvents: Int32, _ timeout: Int64
) -> Int32

@_extern(c, "heddle_monotonic_nanoseconds") @_noAllocation @_noLocks
func monotonicNanoseconds() -> Int64

@_extern(c, "heddle_pause") @_noAllocation @_noLocks
func pauseProcessor()

@_extern(c, "heddle_write") @_noAllocation @_noLocks
func writeFrame(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int

@_extern(c, "heddle_read") @_noAllocation @_noLocks
func readFrame(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int

@_extern(c, "heddle_write_two") @_noAllocation @_noLocks
func writeFrame(
    _ descriptor: Int32, _ head: UnsafeRawPointer, _ headCount: Int, _ rest: UnsafeRawPointer, _ restCount: Int
) -> Int

@_extern(c, "heddle_send_batch") @_noAllocation @_noLocks
func sendBatch(_ descriptor: Int32, _ messages: UnsafeMutableRawPointer, _ count: UInt32) -> Int32

@_extern(c, "heddle_send_one") @_noAllocation @_noLocks
func sendOne(_ descriptor: Int32, _ message: UnsafeRawPointer) -> Int

@_extern(c, "heddle_write_vectors") @_noAllocation @_noLocks
func writeVectors(_ descriptor: Int32, _ message: UnsafeRawPointer) -> Int

@_extern(c, "heddle_receive_packet") @_noAllocation @_noLocks
func receivePacket(
    _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int, _ control: UnsafeMutableRawPointer,
    _ controlCount: Int, _ flags: UnsafeMutablePointer<Int32>
) -> Int

@_extern(c, "heddle_epoll_wait") @_noAllocation @_noLocks
func epollWait(_ epoll: Int32, _ events: UnsafeMutableRawPointer, _ capacity: Int32, _ timeout: Int64) -> Int32

@_extern(c, "heddle_epoll_add") @_noAllocation @_noLocks
func epollAdd(_ epoll: Int32, _ descriptor: Int32, _ data: UInt64) -> Int32

@_extern(c, "heddle_epoll_remove") @_noAllocation @_noLocks
func epollRemove(_ epoll: Int32, _ descriptor: Int32) -> Int32

@_extern(c, "heddle_epoll_data") @_noAllocation @_noLocks
func eventData(_ events: UnsafeRawPointer, _ index: Int32) -> UInt64

@_extern(c, "heddle_realtime_nanoseconds") @_noAllocation @_noLocks
func realtimeNanoseconds() -> Int64
