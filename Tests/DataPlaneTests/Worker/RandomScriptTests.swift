import DataPlane
import Glibc
import Testing

/// Random scripts against a model of what a worker must keep true: no slot is lost or used twice, every port that is
/// present and alive is armed or about to be, and each death is told once.
@Suite("Random scripts")
struct RandomScriptTests {
    /// What the model knows of a port.
    private enum Life {
        case present
        case dead
        case retiring
    }

    private struct Model {
        var lives: [UInt16: Life] = [:]
        /// Of those present: they receive nothing before they are told.
        var waiting: Set<UInt16> = []
        var deaths: [WorkerEvent] = []
        var reported: [WorkerEvent] = []
        /// The removal that isn't answered yet.
        var removing: UInt16?
        var received: [UInt16: UInt64] = [:]
    }

    private static let errors: [Int32] = [
        0, ENOBUFS, ENOBUFS, ENOBUFS, ECANCELED, ENETDOWN, EINVAL, EIO, EBADFD, EFAULT,
    ]
    private static let deadly: Set<Int32> = [EBADF, EBADFD, EFAULT, ENODEV]

    @Test("2000 steps each", arguments: 1...8 as ClosedRange<UInt64>)
    func script(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // From hardly any slots to plenty.
        let rig = try ScriptedWorker(slots: 1 << random.below(8))
        var model = Model()
        var fates = SeededGenerator(seed: ~seed)
        rig.device.fate = { _ in
            switch fates.below(30) {
            case 0: .refused
            case 1: .fails(EAGAIN)
            case 2: .fails(EIO)
            default: .taken
            }
        }
        let note: Comment = "seed \(seed)"
        for step in 0..<2_000 {
            deliver(&random, rig, &model)
            let command = command(&random, rig, &model)
            rig.step(after: Int64(random.below(3_000_000)))
            settle(command, rig, &model)
            _ = rig.device.take()
            try check(rig, model, "seed \(seed), step \(step)")
        }
        // Left alone for long enough everything that lives is armed.
        for _ in 0..<3 { rig.step(after: 2_000_000_000) }
        for (port, life) in model.lives where life == .present {
            #expect(rig.device.armed.contains(port) != model.waiting.contains(port), note)
        }
        #expect(model.reported.sorted { $0.number < $1.number } == model.deaths.sorted { $0.number < $1.number }, note)
        #expect(model.deaths.count > 10, note)
        for port in UInt16(1)...40 { rig.expectIngressCloses(port, note) }
        rig.expectSound(note)
    }

    /// Frames and ends, only by ports that are armed and not ended yet.
    private func deliver(_ random: inout SeededGenerator, _ rig: ScriptedWorker, _ model: inout Model) {
        // In the order of numbers: the seed alone decides.
        var open = rig.device.armed.sorted()
        for _ in 0..<random.below(12) where !open.isEmpty {
            let index = random.below(open.count)
            let port = open[index]
            let kind = random.below(10)
            if kind == 0 {
                let isRetiring = model.lives[port] == .retiring
                // The kernel may bring what it likes before it obeys a cancellation.
                let error = Self.errors[random.below(Self.errors.count)]
                rig.device.deliver(.ended(port: port, error: error))
                if Self.deadly.contains(error), !isRetiring { die(port, error, &model) }
                open.remove(at: index)
            } else {
                let isFinal = kind == 1
                for _ in 1..<(random.below(8) == 0 ? 40 : 1) {
                    rig.device.deliver(.frame(port: port, bytes: RandomFrames.next(&random)))
                }
                // It may starve half-way, and is ended then: one burst a port and step.
                rig.device.deliver(.frame(port: port, bytes: RandomFrames.next(&random), isFinal: isFinal))
                open.remove(at: index)
            }
        }
    }

    private func die(_ port: UInt16, _ error: Int32, _ model: inout Model) {
        guard model.lives[port] == .present else { return }
        model.lives[port] = .dead
        model.deaths.append(WorkerEvent.portGone(port: port, error: error))
    }

    /// Now and then a command; returns it.
    private func command(
        _ random: inout SeededGenerator, _ rig: ScriptedWorker, _ model: inout Model
    ) -> WorkerCommand? {
        guard model.removing == nil, random.below(3) == 0 else { return nil }
        let port = UInt16(random.below(40) + 1)
        let configuration = PortConfiguration(
            id: port, domain: 1, kind: .tap, isolated: random.below(4) == 0,
            accessVLAN: random.below(6) == 0 ? 7 : 0, token: 1)
        let command: WorkerCommand
        switch random.below(8) {
        case 0, 1, 2: command = .setPort(configuration, descriptor: 0)
        case 3: command = .setPort(configuration, descriptor: nil)
        case 5: command = .setPort(configuration, descriptor: 0, waits: true)
        case 6: command = .receive
        case 4: command = .inject(port: port, frame: TestFrames.plain(from: 0x0200_0000_0200 + UInt64(port)))
        default: command = .removePort(port)
        }
        rig.mailbox.submit(command)
        return command
    }

    /// Compares the answer with what the model says, and follows it.
    private func settle(_ command: WorkerCommand?, _ rig: ScriptedWorker, _ model: inout Model) {
        model.reported += rig.mailbox.takeEvents()
        let result = rig.mailbox.takeResult()
        if let removed = model.removing, result != nil {
            #expect(result == 0)
            model.lives[removed] = nil
            model.removing = nil
            return
        }
        guard let command else { return }
        switch command {
        case .setPort(let port, .some, let waits, _):
            #expect(result == (model.lives[port.id] == nil ? 0 : EEXIST))
            guard result == 0 else { return }
            model.lives[port.id] = .present
            if waits { model.waiting.insert(port.id) }
        case .receive:
            #expect(result == 0)
            model.waiting = []
        case .setPort(let port, nil, _, _):
            #expect(result == (model.lives[port.id] == .present ? 0 : ENOENT))
        case .inject(let port, _):
            #expect(result == (model.lives[port] == .present ? 0 : ENOENT))
        case .removePort(let port):
            if model.lives[port] == nil {
                #expect(result == ENOENT)
            } else if result == nil {
                model.lives[port] = .retiring
                model.removing = port
            } else {
                #expect(result == 0)
                model.lives[port] = nil
                model.waiting.remove(port)
            }
        default:
            Issue.record("a command that the script doesn't send")
        }
    }

    private func check(_ rig: ScriptedWorker, _ model: Model, _ note: Comment) throws {
        try #require(rig.device.misuses == [], note)
        try #require(rig.device.freeSlots == rig.device.slotCount, note)
        try #require(rig.device.attachedPorts == Set(model.lives.keys), note)
        for (port, life) in model.lives where life == .dead || model.waiting.contains(port) {
            try #require(!rig.device.armed.contains(port), note)
        }
    }
}
