import CLinux
import Glibc
import SystemPackage

/// Containers of Docker or Podman, found by name or id.
enum LabContainers {
    /// The first process of a container that runs.
    static func process(of container: String) throws(LabError) -> pid_t {
        let programs = ["docker", "podman"].filter { ProgramSearch.isThere($0) }
        if programs.isEmpty { throw LabError("there is neither docker nor podman to ask for \(container)") }
        var silent: LabError?
        for program in programs {
            do throws(LabError) {
                let output = try ask([program, "inspect", "--format", "{{.State.Pid}}", container])
                let pid = pid_t(output.filter { !$0.isWhitespace })
                if let pid, pid > 0 { return pid }
            } catch {
                silent = error
            }
        }
        if let silent { throw silent }
        throw LabError("there is no running container \(container.debugDescription)", hint: "See: \(programs[0]) ps")
    }

    /// What a program prints; nothing if it fails. One that has not ended in time is ended, and an error.
    static func ask(_ words: [String], within limit: Duration = .seconds(20)) throws(LabError) -> String {
        guard let path = ProgramSearch.path(of: words[0], in: ProgramSearch.environmentPath) else { return "" }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        var ends: [Int32] = [-1, -1]
        guard null >= 0, pipe(&ends) == 0 else { throw LabError("asking \(words[0])", Errno(rawValue: errno)) }
        defer { close(null) }
        let pid = CStrings.with(words, LabEnvironment.own) { arguments, variables in
            heddle_lab_spawn(path, arguments, variables, "/", null, ends[1], 0)
        }
        close(ends[1])
        defer { close(ends[0]) }
        guard pid > 0 else { throw LabError("starting \(words[0])", Errno(rawValue: -pid)) }
        let end = ContinuousClock.now + limit
        guard let output = collect(from: ends[0], until: end), let status = LabRunner.wait(for: pid, within: end - .now)
        else {
            LabProcessTable.end([pid], groups: false)
            let time = LabTime.text(limit)
            throw LabError("\(words[0]) did not answer within \(time)", hint: "Look after \(words[0]), and try again.")
        }
        return status == 0 ? String(decoding: output, as: UTF8.self) : ""
    }

    /// What comes out of a pipe until its end; nil if that is not there in time.
    private static func collect(from pipe: Int32, until end: ContinuousClock.Instant) -> [UInt8]? {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let left = end - .now
            guard left > .zero else { return nil }
            var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            // Rounded up, so that the last wait is not many.
            guard poll(&entry, 1, Int32(clamping: Int64(left / .milliseconds(1)) + 1)) > 0 else { continue }
            let count = read(pipe, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, output.count < 65_536 else { return output }
            output += buffer[..<count]
        }
    }
}

/// Variables.
enum LabEnvironment {
    /// This program's own, NAME=VALUE.
    static var own: [String] {
        var variables: [String] = []
        var entry = environ
        // The environment is not changed by this program; the list ends with a null, as environ(7) says.
        while let text = entry.pointee {
            variables.append(String(cString: text))
            entry += 1
        }
        return variables
    }

    /// Its own with these in the place of those of the same names.
    static func with(_ more: [String: String]) -> [String] {
        let kept = own.filter { one in
            let name = one.prefix { $0 != "=" }
            return more[String(name)] == nil
        }
        return kept + more.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }
}
