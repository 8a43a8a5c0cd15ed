import CLinux
import DataPlane
import Glibc

/// The kernel's side of `ScriptedIO`: a test says what comes in and what becomes of what goes out, and reads back what the
/// worker did. Notes every breach of `FrameIO`'s rules in `misuses`, which every test expects to be empty.
final class ScriptedDevice {
    /// Something that the worker's next `wait` brings.
    enum Delivery {
        /// virtio_net_hdr and frame by a port; with `isFinal` receiving ends with it, as when the completion queue is
        /// full. Without a free slot it comes as the end of receiving with ENOBUFS, as from the kernel. Only tunnels look
        /// at where the network header begins.
        case frame(
            port: UInt16, bytes: [UInt8], isFinal: Bool = false, isTruncated: Bool = false, networkOffset: Int = 14)
        /// Receiving ends.
        case ended(port: UInt16, error: Int32)
        /// A frame that was sent long ago failed.
        case sendFailed(port: UInt16, error: Int32, length: Int, isSuperframe: Bool = false)
    }

    /// What becomes of a frame that the worker sends.
    enum Fate {
        /// It goes out.
        case taken
        /// `send` says no.
        case refused
        /// It fails with this errno; told with the next `wait`.
        case fails(Int32)
    }

    /// A frame that the worker sent.
    struct Sent: Equatable {
        var port: UInt16
        /// virtio_net_hdr and frame.
        var bytes: [UInt8]
        var isSuperframe: Bool
        /// The slot that it, or all of it behind a new head, lies in; nil: in none.
        var slot: UInt16?
        /// It had a head of its own.
        var isGathered: Bool
        /// Of a datagram: the name and the control data of its message.
        var name: [UInt8] = []
        var control: [UInt8] = []

        /// From the destination address on.
        var frame: [UInt8] { Array(bytes.dropFirst(VirtioNetHeader.length)) }
    }

    /// What else the worker asked for, in its order.
    enum Request: Hashable {
        case attach(UInt16)
        case detach(UInt16)
        case receive(UInt16)
        case cancel(UInt16)
    }

    private enum SlotState {
        case free
        case held
        /// Given back; free with the next `wait`.
        case released
    }

    /// Memory that must not change until the next `wait`: a frame that was sent may still have to be copied.
    private struct Promise {
        var address: UnsafeRawPointer
        var bytes: [UInt8]
    }

    private let memory: SlotMemory
    private var slots: [SlotState]
    private var attached: Set<UInt16> = []
    private var pending: Set<UInt16> = []
    private(set) var armed: Set<UInt16> = []
    private var upcoming: [Delivery] = []
    private var visible: [Completion] = []
    private var visibleIndex = 0
    private var promises: [Promise] = []
    private let waker: Int32
    /// Ports that ended for want of slots in this wait: what else the script has for them stays in their queues.
    private var starving: Set<UInt16> = []

    /// What `attach` answers.
    var attachResult: Int32 = 0
    /// Failures of ports that were let go of meanwhile are told too, as epoll does.
    var tellsOfDetached = false
    /// What becomes of each frame that is sent.
    var fate: (Sent) -> Fate = { _ in .taken }
    private(set) var sent: [Sent] = []
    private(set) var requests: [Request] = []
    private(set) var misuses: [String] = []

    init(slotCount: Int, waker: Int32) throws {
        memory = try SlotMemory(count: slotCount)
        slots = Array(repeating: .free, count: slotCount)
        self.waker = waker
    }

    /// Slots that are neither with the worker nor on their way back.
    var freeSlots: Int { slots.count { $0 != .held } }
    var slotCount: Int { slots.count }
    var attachedPorts: Set<UInt16> { attached }

    /// Has the next `wait` bring something.
    func deliver(_ deliveries: Delivery...) {
        upcoming += deliveries
    }

    /// What was sent and asked for since the last call.
    func take() -> (sent: [Sent], requests: [Request]) {
        defer {
            sent = []
            requests = []
        }
        return (sent, requests)
    }

    private func misuse(_ text: String) {
        misuses.append(text)
    }
}

// What the worker calls.
extension ScriptedDevice {
    var placeholder: UnsafeMutableRawPointer { memory.base }

    func attach(_ port: UInt16) -> Int32 {
        guard attachResult == 0 else { return attachResult }
        if !attached.insert(port).inserted { misuse("attach of \(port), which is attached") }
        requests.append(.attach(port))
        return 0
    }

    func detach(_ port: UInt16) {
        if attached.remove(port) == nil { misuse("detach of \(port), which isn't attached") }
        if armed.contains(port) || pending.contains(port) { misuse("detach of \(port), which is receiving") }
        requests.append(.detach(port))
    }

    func receive(_ port: UInt16) {
        if !attached.contains(port) { misuse("receive by \(port), which isn't attached") }
        if armed.contains(port) || pending.contains(port) { misuse("receive by \(port), which is receiving") }
        pending.insert(port)
        requests.append(.receive(port))
    }

    func cancel(_ port: UInt16) -> Bool {
        requests.append(.cancel(port))
        pending.remove(port)
        return armed.contains(port)
    }

    func send(_ frame: OutgoingFrame) -> Bool {
        if !attached.contains(frame.port) { misuse("send by \(frame.port), which isn't attached") }
        var bytes = copy(frame.head, frame.headCount)
        var slot = checkedSlot(of: frame.head, frame.headCount)
        if frame.restCount > 0 {
            bytes += copy(frame.rest, frame.restCount)
            slot = checkedSlot(of: frame.rest, frame.restCount)
            promises.append(Promise(address: frame.rest, bytes: copy(frame.rest, frame.restCount)))
            // A head of its own is copied at once, and must fit where it is copied to.
            if frame.headCount > 64 { misuse("a head of \(frame.headCount) bytes") }
        } else {
            promises.append(Promise(address: frame.head, bytes: bytes))
        }
        let record = Sent(
            port: frame.port, bytes: bytes, isSuperframe: frame.isSuperframe, slot: slot,
            isGathered: frame.restCount > 0)
        return decide(record, length: bytes.count - VirtioNetHeader.length)
    }

    /// The message itself, its vectors and what they point to stay as they are.
    func send(_ message: OutgoingMessage) -> Bool {
        if !attached.contains(message.port) { misuse("send by \(message.port), which isn't attached") }
        let header = message.message.pointee
        func keep(_ address: UnsafeRawPointer?, _ count: Int) -> [UInt8] {
            guard let address else { return [] }
            let bytes = copy(address, count)
            promises.append(Promise(address: address, bytes: bytes))
            return bytes
        }
        _ = keep(message.message, MemoryLayout<msghdr>.size)
        _ = keep(header.msg_iov, header.msg_iovlen * MemoryLayout<iovec>.size)
        var bytes: [UInt8] = []
        for vector in UnsafeBufferPointer(start: header.msg_iov, count: header.msg_iovlen) {
            if let base = vector.iov_base { _ = checkedSlot(of: base, vector.iov_len) }
            bytes += keep(vector.iov_base, vector.iov_len)
        }
        var record = Sent(
            port: message.port, bytes: bytes, isSuperframe: message.isSuperframe, slot: nil, isGathered: true)
        record.name = keep(header.msg_name, Int(header.msg_namelen))
        record.control = keep(header.msg_control, header.msg_controllen)
        return decide(record, length: message.length)
    }

    /// Refuses, takes or fails what the worker sends.
    private func decide(_ record: Sent, length: Int) -> Bool {
        switch fate(record) {
        case .refused:
            return false
        case .taken:
            sent.append(record)
        case .fails(let error):
            upcoming.append(
                .sendFailed(
                    port: record.port, error: error, length: length, isSuperframe: record.isSuperframe))
        }
        return true
    }

    func release(_ slot: UInt16) {
        guard Int(slot) < slots.count else {
            misuse("release of slot \(slot), which doesn't exist")
            return
        }
        if slots[Int(slot)] != .held { misuse("release of slot \(slot), which the worker doesn't hold") }
        slots[Int(slot)] = .released
    }

    func wait() {
        submit()
        recycle()
        armed.formUnion(pending)
        pending = []
        var count: UInt64 = 0
        if read(waker, &count, 8) == 8 { show(.wake) }
        starving = []
        let deliveries = upcoming
        upcoming = []
        for delivery in deliveries { perform(delivery) }
    }

    /// What was sent had to stay as it was until now.
    func submit() {
        for promise in promises where copy(promise.address, promise.bytes.count) != promise.bytes {
            misuse("a frame was changed after it was sent")
        }
        promises = []
    }

    func next(_ completion: inout Completion) -> Bool {
        guard visibleIndex < visible.count else {
            visible = []
            visibleIndex = 0
            return false
        }
        completion = visible[visibleIndex]
        visibleIndex += 1
        return true
    }
}

extension ScriptedDevice {
    private func copy(_ address: UnsafeRawPointer, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: address, count: count))
    }

    /// The slot that bytes lie in, which the worker must hold.
    private func checkedSlot(of address: UnsafeRawPointer, _ count: Int) -> UInt16? {
        let offset = address - UnsafeRawPointer(memory.base)
        guard offset >= 0, offset < slots.count * SlotMemory.stride else { return nil }
        let slot = offset / SlotMemory.stride
        if offset % SlotMemory.stride + count > SlotMemory.stride { misuse("a frame that leaves its slot \(slot)") }
        if slots[slot] != .held { misuse("send from slot \(slot), which the worker doesn't hold") }
        return UInt16(slot)
    }

    /// Slots that were given back are overwritten, so that who reads them later is seen.
    private func recycle() {
        for slot in slots.indices where slots[slot] == .released {
            memory.buffer(UInt16(slot)).initializeMemory(as: UInt8.self, repeating: 0xA5, count: 256)
            slots[slot] = .free
        }
    }

    private func show(
        _ kind: Completion.Kind, port: UInt16 = 0, isFinal: Bool = false, error: Int32 = 0,
        change: (inout Completion) -> Void = { _ in }
    ) {
        var completion = Completion(header: memory.base)
        completion.kind = kind
        completion.port = port
        completion.isFinal = isFinal
        completion.error = error
        change(&completion)
        visible.append(completion)
    }

    private func perform(_ delivery: Delivery) {
        switch delivery {
        case .frame(let port, let bytes, let isFinal, let isTruncated, let networkOffset):
            guard armed.contains(port) else {
                if starving.contains(port) { return }
                misuses.append("the script: a frame by \(port), which isn't armed")
                return
            }
            guard let slot = slots.firstIndex(of: .free) else {
                starving.insert(port)
                armed.remove(port)
                show(.receiveEnded, port: port, isFinal: true, error: ENOBUFS)
                return
            }
            slots[slot] = .held
            let buffer = memory.buffer(UInt16(slot))
            bytes.withUnsafeBytes { source in
                if let base = source.baseAddress {
                    buffer.copyMemory(from: base, byteCount: min(source.count, SlotMemory.capacity))
                }
            }
            if isFinal { armed.remove(port) }
            show(.frame, port: port, isFinal: isFinal) { completion in
                completion.slot = UInt16(slot)
                completion.header = buffer
                completion.length = bytes.count - VirtioNetHeader.length
                completion.isTruncated = isTruncated
                completion.networkOffset = networkOffset
            }
        case .ended(let port, let error):
            if armed.remove(port) == nil { misuses.append("the script: an end of \(port), which isn't armed") }
            show(.receiveEnded, port: port, isFinal: true, error: error)
        case .sendFailed(let port, let error, let length, let isSuperframe):
            // A port that was let go of tells nothing any more.
            guard tellsOfDetached || attached.contains(port) else { return }
            show(.sendFailed, port: port, error: error) { completion in
                completion.length = length
                completion.isSuperframe = isSuperframe
            }
        }
    }
}
