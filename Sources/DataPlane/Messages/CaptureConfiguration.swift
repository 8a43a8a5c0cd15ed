/// A capture that a daemon asks for: the ring's descriptor comes along. It ends with the daemon's connection.
public struct CaptureConfiguration: Sendable, Hashable {
    /// Captures that a worker runs at once: it has a bit for each in a mask of 16. One more is refused with ENOSPC.
    public static var mostAtOnce: Int { @_noAllocation @_noLocks get { 16 } }

    /// The daemon's number for it, to end it by.
    public var number: UInt32
    /// The port whose frames are wanted; 0: all ports of `domain`, also those that join later, and its tunnel side.
    public var port: UInt16
    /// The domain, where `port` is 0.
    public var domain: UInt16
    /// What comes in by the port.
    public var isIn: Bool
    /// What goes out by it.
    public var isOut: Bool
    /// Most bytes of a frame that are recorded.
    public var snapLength: UInt32
    /// Which frames are wanted: a program that `FilterProgram` takes.
    public var filter: [SocketFilter.Instruction]
    /// 0: each record is of its own. Else the first so many frames that come in and are wanted are followed: of each also
    /// what leaves of it is recorded, by whatever port and in whatever domain of the worker, and nothing else is.
    public var followed: UInt32

    /// Makes a configuration.
    public init(
        number: UInt32, port: UInt16 = 0, domain: UInt16 = 0, isIn: Bool = true, isOut: Bool = true,
        snapLength: UInt32 = .max, filter: [SocketFilter.Instruction] = SocketFilter.acceptAll.instructions,
        followed: UInt32 = 0
    ) {
        self.number = number
        self.port = port
        self.domain = domain
        self.isIn = isIn
        self.isOut = isOut
        self.snapLength = snapLength
        self.filter = filter
        self.followed = followed
    }

    /// Whether a port's frames are wanted.
    func wants(port: UInt16, domain: UInt16) -> Bool {
        self.port == 0 ? domain != 0 && domain == self.domain : port == self.port
    }
}

extension CaptureConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(number)
        writer.write(port)
        writer.write(domain)
        writer.write(isIn)
        writer.write(isOut)
        writer.write(snapLength)
        writer.write(UInt16(truncatingIfNeeded: filter.count))
        for step in filter {
            writer.write(step.code)
            writer.write(step.whenTrue)
            writer.write(step.whenFalse)
            writer.write(step.operand)
        }
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        number = try reader.read()
        port = try reader.read()
        domain = try reader.read()
        isIn = try reader.readFlag()
        isOut = try reader.readFlag()
        snapLength = try reader.read()
        filter = []
        let count = try reader.read(UInt16.self)
        guard count <= SocketFilter.longest, (port == 0) != (domain == 0) else { throw .badField }
        for _ in 0..<count {
            let code = try reader.read(UInt16.self)
            let whenTrue = try reader.read(UInt8.self)
            let whenFalse = try reader.read(UInt8.self)
            filter.append(
                SocketFilter.Instruction(code, try reader.read(), whenTrue: whenTrue, whenFalse: whenFalse))
        }
        followed = 0
    }
}
