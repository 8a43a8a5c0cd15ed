import Foundation

/// The image of all containers: busybox, and a web server that tells who asks and whom.
enum DockerImage {
    static let name = "box"
    /// What its server answers from.
    static let page = "/cgi-bin/who"

    private static let applets = [
        "sh", "sleep", "ping", "ping6", "nc", "ip", "cat", "wget", "httpd", "hostname", "nslookup", "true", "ls",
    ]

    /// Packs it for `docker import`.
    static func pack(at path: String) throws {
        let folder = path + ".tree"
        let files = FileManager.default
        for name in ["bin", "etc", "tmp", "proc", "sys", "dev", "www/cgi-bin"] {
            try files.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: try Programs.system("busybox"), toPath: folder + "/bin/busybox")
        for applet in applets {
            try files.createSymbolicLink(atPath: "\(folder)/bin/\(applet)", withDestinationPath: "busybox")
        }
        let script = "#!/bin/sh\necho\necho \"$REMOTE_ADDR $(hostname)\"\n"
        try script.write(toFile: "\(folder)/www\(page)", atomically: false, encoding: .utf8)
        chmod("\(folder)/www\(page)", 0o755)
        let tar = try RunningProgram(try Programs.system("tar"), ["-C", folder, "-cf", path, "."])
        let output = try tar.readAll()
        guard tar.wait(within: .seconds(10)) == .exited(0) else { throw LabError("tar: \(output)") }
        try files.removeItem(atPath: folder)
    }

    /// The words of `docker import`.
    static func importing(_ path: String) -> [String] {
        ["import", "-c", "CMD [\"httpd\",\"-f\",\"-p\",\"80\",\"-h\",\"/www\"]", "-c", "EXPOSE 80", path, name]
    }
}
