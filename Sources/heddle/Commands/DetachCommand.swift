import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle detach`
struct DetachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach",
        abstract: "Undo an attach. (alias: network disconnect)",
        discussion: detachDiscussion("heddle detach"))

    @OptionGroup var attachment: DetachArguments
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        try attachment.run(global)
    }
}

/// `heddle network disconnect`
struct NetworkDisconnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disconnect",
        abstract: "Undo an attach. (the same as heddle detach)",
        discussion: detachDiscussion("heddle network disconnect"))

    @OptionGroup var attachment: DetachArguments
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        try attachment.run(global)
    }
}

/// What both names of the command teach.
private func detachDiscussion(_ command: String) -> String {
    """
    The interface is removed from the sandbox and its address is free again. The sandbox is named as it was named to \
    attach, and need not exist any more.

    Examples:
      \(command) lan web
      \(command) lan pid:4711
    """
}

/// What is to be taken apart.
struct DetachArguments: ParsableArguments {
    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName

    @Argument(help: "The sandbox, as it was given to attach.", completion: Completions.attachedSandboxes)
    var sandbox: SandboxName

    func run(_ global: GlobalOptions) throws {
        try global.client.detach(network: network.text, sandbox: sandbox.text)
        try global.say("detached \(sandbox.text) from \(network.text)")
    }
}
