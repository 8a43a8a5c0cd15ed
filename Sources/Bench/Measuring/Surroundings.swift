import DataPlane
import Glibc
import Netlink

/// What limits the figures before any subject comes into play.
enum Surroundings {
    /// A machine that is busier than this with other things cannot be measured on.
    private static let quietShare = 0.05

    /// The part of the machine's processor time that others use, 0…1.
    static func foreignLoad(seconds: Double) throws -> Double {
        let before = try ProcessorTime.now()
        MachineClock.sleep(seconds: seconds)
        let after = try ProcessorTime.now()
        let elapsed = Double(after.takenAt - before.takenAt) / 1e9
        return after.used(since: before).machine / (elapsed * Double(after.processors))
    }

    /// A remark if the machine is not quiet.
    static func remark(foreignLoad: Double) -> String? {
        guard foreignLoad > quietShare else { return nil }
        return "the machine was not quiet: before the run others used \(Int((foreignLoad * 100).rounded())) % of its "
            + "processor time, which falsifies all figures"
    }

    /// How many frames a second the generator can send with a processor of its own: into a TAP that nobody reads, where
    /// every frame is dropped as soon as it is made. No subject can be offered more.
    static func generatorCeiling(frameSizes: [Int], in workspace: Workspace) throws -> [(size: Int, rate: Double)] {
        let sandbox = try workspace.makeSandbox("ceiling")
        let tap = try sandbox.run { try TapDevice.create(name: Plan.interface, persist: false) }
        defer { close(tap) }
        let end = try Plan.bringUp(sandbox, Plan.sender)
        return try frameSizes.map { size in
            let generator = FrameGenerator(
                interfaceIndex: end.interfaceIndex, source: end.mac, destination: end.mac, frameLength: size,
                duration: 200_000_000, run: 1)
            let before = MachineClock.thread
            let outcome = try sandbox.run { try generator.send() }
            // By the thread's own time: whoever else uses the processor doesn't make the generator slower.
            return (size, Double(outcome.sent) / (Double(MachineClock.thread - before) / 1e9))
        }
    }
}
