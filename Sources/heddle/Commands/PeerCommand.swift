import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle peer …`
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "Add, remove and list the hosts that an overlay network spans.",
        discussion: """
            A peer is another host's VTEP: its address in the underlay. Frames that are flooded go to all peers, and \
            datagrams are accepted from peers only. Each host names the others; a network has at most 64.

            Examples:
              heddle peer add blue 198.18.0.3
              heddle peer ls blue
              heddle peer rm blue 198.18.0.3
            """,
        subcommands: [PeerAddCommand.self, PeerRemoveCommand.self, PeerListCommand.self])

    @OptionGroup(title: "Options of every command") var global: GlobalOptions
}

/// `heddle peer add`
struct PeerAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a host to an overlay network.",
        discussion: """
            Examples:
              heddle peer add blue 198.18.0.3
              heddle peer add blue fd00:18::3
            """)

    @Argument(help: "The network.", completion: Completions.overlays) var network: NonEmptyName
    @Argument(help: "The host's address in the underlay.") var vtep: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let peer = try global.client.addPeer(network: network.text, vtep: vtep.text)
        try global.print(peer) { _ in "\(peer.vtep) is a peer of \(Table.printable(network.text))\n" }
    }
}

/// `heddle peer rm`
struct PeerRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Take a host out of an overlay network.",
        discussion: """
            Static stations behind it are removed first, with heddle stations NETWORK rm MAC; what was learned behind \
            it is forgotten.

            Examples:
              heddle peer rm blue 198.18.0.3
            """)

    @Argument(help: "The network.", completion: Completions.overlays) var network: NonEmptyName
    @Argument(help: "The host's address in the underlay.", completion: Completions.peers) var vtep: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        try global.client.removePeer(network: network.text, vtep: vtep.text)
        try global.say("\(vtep.text) is no longer a peer of \(network.text)")
    }
}

/// `heddle peer ls`
struct PeerListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the hosts of an overlay network, but for this one.",
        discussion: """
            Examples:
              heddle peer ls blue
              heddle peer ls blue --json
            """)

    @Argument(help: "The network.", completion: Completions.overlays) var network: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let peers = try global.client.peers(network: network.text)
        try global.print(
            peers, whenEmpty: "\(network.text) has no peers. Add one with: heddle peer add \(network.text) VTEP"
        ) {
            PeerListCommand.table(peers)
        }
    }

    static func table(_ peers: [Peer]) -> Table {
        var table = Table([.left("VTEP")])
        for peer in peers { table.add(["\(peer.vtep)"]) }
        return table
    }
}
