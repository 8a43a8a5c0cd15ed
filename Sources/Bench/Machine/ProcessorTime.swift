import CLinux
import Glibc

/// How much processor time the machine and some processes have used up to a moment.
package struct ProcessorTime: Sendable, Hashable {
    /// CLOCK_MONOTONIC, nanoseconds.
    package var takenAt: UInt64
    /// Seconds that all processors together were idle, waiting for I/O, or taken away by a hypervisor.
    package var notBusy: Double
    /// Seconds that the processes asked for have run, on all their threads; 0 for those that are gone.
    package var processes: Double
    /// Processors online.
    package var processors: Int

    /// Puts a moment together.
    package init(takenAt: UInt64, notBusy: Double, processes: Double, processors: Int) {
        self.takenAt = takenAt
        self.notBusy = notBusy
        self.processes = processes
        self.processors = processors
    }

    /// Takes the time now. Not exact to better than 10 ms for the machine: compare moments that lie far apart.
    package static func now(processes: [Int32] = []) throws -> ProcessorTime {
        let statistics: String
        do {
            statistics = try TextFile.read("/proc/stat")
        } catch {
            throw BenchError("cannot read /proc/stat: \(error)")
        }
        guard let machine = parse(statistics: statistics, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK)))) else {
            throw BenchError("/proc/stat has no line \"cpu\" with eight figures")
        }
        return ProcessorTime(
            takenAt: MachineClock.now, notBusy: machine.notBusy,
            processes: processes.reduce(0) { $0 + running(process: $1) }, processors: machine.processors)
    }

    /// What was used between an earlier moment and this one: seconds in which some processor was busy (all processors'
    /// time less the idle time, which tickless kernels count exactly, while the busy kinds are sampled), and seconds of
    /// the processes.
    package func used(since start: ProcessorTime) -> (machine: Double, processes: Double) {
        let elapsed = Double(takenAt - start.takenAt) / 1e9 * Double(processors)
        return (max(0, elapsed - (notBusy - start.notBusy)), max(0, processes - start.processes))
    }

    /// Reads /proc/stat: the fourth, fifth and eighth figure of the line "cpu" are idle, iowait and steal.
    package static func parse(statistics: String, ticksPerSecond: Double) -> (notBusy: Double, processors: Int)? {
        var notBusy: Double?
        var processors = 0
        for line in statistics.split(separator: "\n") where line.hasPrefix("cpu") {
            let words = line.split(separator: " ")
            guard words[0] == "cpu" else {
                processors += 1
                continue
            }
            let figures = words.dropFirst().compactMap { Double($0) }
            guard figures.count >= 8, ticksPerSecond > 0 else { return nil }
            notBusy = (figures[3] + figures[4] + figures[7]) / ticksPerSecond
        }
        guard let notBusy, processors > 0 else { return nil }
        return (notBusy, processors)
    }

    /// Seconds that a process has run on a processor, all its threads together, those that have ended too.
    private static func running(process: Int32) -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
