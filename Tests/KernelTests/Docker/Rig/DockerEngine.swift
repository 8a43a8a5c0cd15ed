import Foundation

/// The Docker Engine of one lab: containerd and dockerd, with all of their files and control groups their own.
final class DockerEngine {
    private let lab: HeddleUnderTest
    private let place: MountPlace
    /// Lies beside the lab's own files, and is not looked at as those are.
    let directory: String
    private var containerd: RunningProgram?
    private var daemon: RunningProgram?
    private static let containerdSocket = "/run/containerd/own.sock"
    /// What every dockerd of this engine is told besides.
    var options: [String]

    /// Makes what has to be there before the first start.
    init(_ lab: HeddleUnderTest, in place: MountPlace, options: [String] = []) throws {
        self.lab = lab
        self.place = place
        self.options = options
        directory = lab.directory + "/own-docker"
        try FileManager.default.createDirectory(
            atPath: directory + "/client", withIntermediateDirectories: true)
        let configuration = """
            version = 2
            root = "\(directory)/cd-root"
            state = "/run/containerd/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "\(Self.containerdSocket)"
            """
        try configuration.write(toFile: directory + "/containerd.toml", atomically: false, encoding: .utf8)
    }

    /// Where `docker` finds it.
    var socket: String { directory + "/docker.sock" }
    /// What its control groups and those of its containers lie in.
    var group: String { lab.tag }
    /// The number of the running dockerd.
    var pid: pid_t { daemon?.pid ?? 0 }

    /// Starts containerd, if it isn't there, and dockerd, and waits until it serves.
    func start() throws {
        if !isContainerdThere {
            containerd = try program(
                "containerd", ["--config", directory + "/containerd.toml"], log: directory + "/containerd.log")
            let isThere = Patience.until(.seconds(20)) { isContainerdThere }
            guard isThere else { throw LabError("no containerd:\n\(logTail)") }
        }
        unlink(directory + "/docker.pid")
        let words = [
            "--containerd", Self.containerdSocket, "--data-root", directory + "/data",
            "--exec-root", "/run/docker/exec", "--pidfile", directory + "/docker.pid", "--host", "unix://" + socket,
            "--storage-driver", "vfs",
            "--iptables=false", "--ip6tables=false", "--cgroup-parent", "/" + group, "--exec-opt",
            "native.cgroupdriver=cgroupfs",
        ]
        daemon = try program("dockerd", words + options, log: directory + "/dockerd.log")
        let isThere = try Patience.until(.seconds(40)) {
            if daemon?.wait(within: .zero) != nil { throw LabError("dockerd has ended:\n\(logTail)") }
            return try docker(["version"]).status == 0
        }
        guard isThere else { throw LabError("no dockerd:\n\(logTail)") }
    }

    private var isContainerdThere: Bool {
        guard let containerd, containerd.wait(within: .zero) == nil else { return false }
        return access(place.root + Self.containerdSocket, F_OK) == 0
    }

    private func program(_ name: String, _ words: [String], log: String) throws -> RunningProgram {
        let (path, words) = try place.words(try Programs.system(name), words)
        return try RunningProgram(path, words, in: try lab.host.open(), errors: log)
    }

    /// Ends dockerd as an update of the package does.
    func stop() throws {
        daemon?.signal(SIGTERM)
        guard daemon?.wait(within: .seconds(20)) != nil else { throw LabError("dockerd does not end:\n\(logTail)") }
    }

    /// Ends dockerd as kill -9 does.
    func kill() {
        daemon?.kill()
    }

    /// Ends both daemons. Processes that keep containers may be left.
    func end() {
        try? stop()
        daemon?.kill()
        containerd?.signal(SIGTERM)
        containerd?.wait(within: .seconds(5))
        containerd?.kill()
    }

    /// Starts `docker` with these words.
    func launch(_ words: [String], errors: String? = nil) throws -> RunningProgram {
        try RunningProgram(
            try Programs.system("docker"), ["-H", "unix://" + socket] + words,
            environment: ["DOCKER_CONFIG": directory + "/client"], errors: errors)
    }

    /// Runs `docker` with these words to its end.
    func docker(_ words: [String], within limit: Duration = .seconds(40)) throws -> Outcome {
        let errors = directory + "/stderr-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(errors) }
        let program = try launch(words, errors: errors)
        let output = try program.readAll(within: limit)
        let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
        guard case .exited(let status) = program.wait(within: .seconds(5)) else {
            throw LabError("docker \(words.joined(separator: " ")) does not end: \(text)")
        }
        return Outcome(status: status, output: output.trimmingCharacters(in: .newlines), errors: text)
    }

    /// The last of what both daemons said.
    var logTail: String {
        ["containerd", "dockerd"].flatMap { name in
            let text = (try? String(contentsOfFile: "\(directory)/\(name).log", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").suffix(8).map { "  \(name) | \($0.prefix(300))" }
        }.joined(separator: "\n")
    }

    /// Takes away what the kernel still has of it: control groups. All processes must have ended.
    func removeGroups() -> [String] {
        let root = "/sys/fs/cgroup"
        let controllers = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        var left: [String] = []
        for folder in [root] + controllers.map({ "\(root)/\($0)" }) {
            let top = "\(folder)/\(group)"
            guard access(top, F_OK) == 0 else { continue }
            let below = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
            // What lies deepest goes first; files in there are no entries of their own.
            for path in below.sorted(by: { $0.count > $1.count }) { rmdir("\(top)/\(path)") }
            if !Patience.until(.seconds(2), { rmdir(top) == 0 || errno == ENOENT }) { left.append(top) }
        }
        return left
    }
}
