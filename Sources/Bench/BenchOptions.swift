/// What to measure, and how long.
public struct BenchOptions: Codable, Sendable, Hashable {
    /// Which subjects and tests there are to choose from.
    public var scene: BenchScene
    /// Names of subjects; `BenchScene` has them all.
    public var subjects: [String]
    /// Names of tests; `BenchScene` has them all.
    public var tests: [String]
    /// How often every test is taken of every subject.
    public var rounds: Int
    /// How long one run of TCP lasts; the others follow from it.
    public var seconds: Double
    /// Lengths of probe frames in bytes, without FCS.
    public var frameSizes: [Int]
    /// How many sandboxes the attach test attaches.
    public var sandboxes: Int
    /// How narrow the search for the rate without loss gets, as a part of the highest rate offered.
    public var resolution: Double

    /// The figures that the documentation quotes are taken so.
    public static func full(_ scene: BenchScene = .host) -> BenchOptions {
        BenchOptions(
            scene: scene, subjects: scene.subjects.map(\.rawValue), tests: scene.tests.map(\.rawValue), rounds: 5,
            seconds: 3, frameSizes: [60, 512, scene.longestFrame], sandboxes: 200, resolution: 0.02)
    }

    /// About a minute, for a first look. What needs long runs to mean anything (processor time) is left out.
    public static func quick(_ scene: BenchScene = .host) -> BenchOptions {
        BenchOptions(
            scene: scene, subjects: scene.subjects.map(\.rawValue),
            tests: scene.tests.filter { $0 != .cpu }.map(\.rawValue), rounds: 2, seconds: 1, frameSizes: [60],
            sandboxes: 10, resolution: 0.1)
    }

    /// Describes a run.
    public init(
        scene: BenchScene = .host, subjects: [String], tests: [String], rounds: Int, seconds: Double,
        frameSizes: [Int], sandboxes: Int, resolution: Double
    ) {
        self.scene = scene
        self.subjects = subjects
        self.tests = tests
        self.rounds = rounds
        self.seconds = seconds
        self.frameSizes = frameSizes
        self.sandboxes = sandboxes
        self.resolution = resolution
    }

    /// How long one trial of the rate search lasts.
    var trialSeconds: Double { min(0.5, max(0.08, seconds / 6)) }
    /// How long frames are offered without limit.
    var floodSeconds: Double { max(0.3, seconds / 3) }
    /// How long round trips are timed.
    var roundTripSeconds: Double { max(0.25, seconds / 3) }
    /// How long the engine is watched while nothing happens.
    var idleSeconds: Double { max(0.5, seconds) }
    /// Bytes of a transfer whose SHA-256 is compared. Both ends hold them in memory.
    var transferBytes: Int { min(1 << 30, max(32 << 20, Int(seconds * Double(128 << 20)))) }
    /// How long a fixed load lasts whose cost is taken. Long, since the machine's idle time is counted in ticks.
    var costSeconds: Double { max(0.5, seconds / 2) }

    /// Says what is wrong with the options, if anything is.
    public func validate() throws(BenchError) {
        let known = (subjects: scene.subjects.map(\.rawValue), tests: scene.tests.map(\.rawValue))
        for name in subjects where !known.subjects.contains(name) {
            throw BenchError(
                "there is no subject \"\(name)\"", hint: "known are: " + known.subjects.joined(separator: ", "))
        }
        for name in tests where !known.tests.contains(name) {
            throw BenchError("there is no test \"\(name)\"", hint: "known are: " + known.tests.joined(separator: ", "))
        }
        guard !subjects.isEmpty, !tests.isEmpty else { throw BenchError("nothing to measure was named") }
        guard Set(subjects).count == subjects.count else { throw BenchError("a subject is named twice") }
        guard Set(tests).count == tests.count else { throw BenchError("a test is named twice") }
        guard (1...1_000).contains(rounds) else { throw BenchError("rounds must be 1 to 1000, not \(rounds)") }
        guard seconds >= 0.2, seconds <= 600 else {
            throw BenchError("seconds must be 0.2 to 600, not \(seconds)")
        }
        for size in frameSizes where !(ProbeFrame.minimumLength...scene.longestFrame).contains(size) {
            throw BenchError(
                "a frame of \(size) bytes cannot be sent",
                hint: "lengths are \(ProbeFrame.minimumLength) to \(scene.longestFrame) bytes without FCS")
        }
        guard (1...1_000).contains(sandboxes) else { throw BenchError("sandboxes must be 1 to 1000, not \(sandboxes)") }
    }
}

extension BenchOptions {
    /// Reads options; those of reports from before there were scenes are about one host.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            scene: try container.decodeIfPresent(BenchScene.self, forKey: .scene) ?? .host,
            subjects: try container.decode([String].self, forKey: .subjects),
            tests: try container.decode([String].self, forKey: .tests),
            rounds: try container.decode(Int.self, forKey: .rounds),
            seconds: try container.decode(Double.self, forKey: .seconds),
            frameSizes: try container.decode([Int].self, forKey: .frameSizes),
            sandboxes: try container.decode(Int.self, forKey: .sandboxes),
            resolution: try container.decode(Double.self, forKey: .resolution))
    }
}
