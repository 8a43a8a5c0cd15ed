import Benchmark
import CAllocationCounter

/// Heap allocations in one run of a benchmark, all of its operations together. Must be none.
let allocations = BenchmarkMetric.custom("heap allocations", polarity: .prefersSmaller, useScalingFactor: false)

/// Registers a benchmark of one operation of the frame path.
///
/// - Parameters:
///   - name: what is done.
///   - operations: how many in one run; times are told for one.
///   - makeState: what it is done with; made anew for each run, outside of the time.
///   - run: does it that many times, and returns a number that depends on all of it.
func measure<State>(
    _ name: String, operations: BenchmarkScalingFactor = .mega, _ makeState: @escaping @Sendable () -> State,
    _ run: @escaping @Sendable (State, Int) -> UInt64
) {
    let configuration = Benchmark.Configuration(
        metrics: [.wallClock, .throughput, allocations], timeUnits: .nanoseconds, scalingFactor: operations,
        maxDuration: .seconds(1), maxIterations: 30)
    Benchmark(name, configuration: configuration) { benchmark in
        let state = makeState()
        let count = benchmark.scaledIterations.count
        // Learned stations, warm caches and types.
        blackHole(run(state, 1000))
        benchmark.startMeasurement()
        let before = heddle_thread_allocations()
        blackHole(run(state, count))
        let allocated = heddle_thread_allocations() - before
        benchmark.stopMeasurement()
        benchmark.measurement(allocations, Int(allocated))
        if allocated > 0 { benchmark.error("\(name): \(allocated) heap allocations in \(count) operations") }
    }
}
