import ArgumentParser
import HeddleAPI
import Lab
import SystemPackage

/// `heddle lab check`
struct LabCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say all that is wrong with a lab file, and build nothing.",
        discussion: """
            One line for each problem: the file, the line, the key, and what to write instead.

            Examples:
              heddle lab check lab.yaml
              generate-lab | heddle lab check -
            """)

    @Argument(help: "The lab file; - is standard input.", completion: .file(extensions: ["yaml", "yml"]))
    var file = "lab.yaml"
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let lab = try LabSource.read(file).description
        let counts = [
            "nodes": lab.nodes.count, "networks": lab.networks.count, "links": lab.links.count,
            "hosts": lab.hosts.count,
        ]
        try global.print(counts) { _ in
            let parts = ["nodes", "networks", "links", "hosts"].compactMap { name in
                counts[name].flatMap { $0 == 0 ? nil : "\($0) \($0 == 1 ? String(name.dropLast()) : name)" }
            }
            return Table.printable("\(file): fine: \(parts.joined(separator: ", "))") + "\n"
        }
    }
}

/// `heddle lab graph`
struct LabGraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Draw a lab file as SVG.",
        discussion: """
            Nodes with their addresses, networks, links and hosts; the lab need not be built.

            Examples:
              heddle lab graph lab.yaml -o lab.svg
              heddle lab graph lab.yaml | rsvg-convert -o lab.png
            """)

    @Argument(help: "The lab file.", completion: .file(extensions: ["yaml", "yml"])) var file = "lab.yaml"
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where to. (default: standard output)", valueName: "file"),
        completion: .file())
    var output: String?
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let svg = LabGraph(try LabSource.read(file).description).svg
        guard let output, output != "-" else { return try Console.standard.write(svg) }
        do {
            let file = try FileDescriptor.open(
                output, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            _ = try file.closeAfter { try file.writeAll(svg.utf8) }
        } catch {
            let reason = error as? Errno ?? .ioError
            let hint = reason == .noSuchFileOrDirectory ? "Name a file in a directory that is there." : nil
            throw APIError(.failed, "\(output) can't be written: \(reason)", hint: hint)
        }
        try global.say("wrote \(output)")
    }
}
