import ArgumentParser
import HeddleAPI

/// The command line: parses, asks the daemon, prints.
@main
struct Heddle: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heddle",
        abstract: "A switch for containers and network namespaces, in user space.",
        discussion: """
            Two namespaces on one switch, from nothing:

              heddled &
              heddle network create lan --subnet 10.0.0.0/24
              ip netns add web
              ip netns add db
              heddle attach lan web
              heddle attach lan db --name db --ip 10.0.0.9
              ip netns exec web ping 10.0.0.9
              heddle publish add lan web 8080:80
              heddle stats --watch

            Every command prints a table for people, and JSON with --json. What goes wrong is said on standard error; \
            the exit status is 1 for what was refused or failed and 64 for a command line that was not understood.

            Completion of commands, options and names, for bash (or zsh, or fish):

              heddle --generate-completion-script bash > /etc/bash_completion.d/heddle
            """,
        version: HeddleVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Wiring",
                subcommands: [
                    NetworkCommand.self, AttachCommand.self, DetachCommand.self, EndpointCommand.self, PortCommand.self,
                    PeerCommand.self, PublishCommand.self, ImpairCommand.self,
                ]),
            CommandGroup(
                name: "Observing",
                subcommands: [
                    StatusCommand.self, StationsCommand.self, FlowsCommand.self, StatsCommand.self, TopCommand.self,
                    CaptureCommand.self, TraceCommand.self,
                ]),
            CommandGroup(name: "Labs", subcommands: [LabCommand.self]),
            CommandGroup(name: "Measuring", subcommands: [BenchCommand.self, BenchRelayCommand.self]),
        ])

    @OptionGroup(title: "Options of every command")
    var global: GlobalOptions

    /// How errors begin; the parser's own way to change it.
    static var _errorPrefix: String { "heddle: " }
}
