import ArgumentParser
import HeddleAPI
import HeddleClient

/// What can be done with the MAC table, beside looking at it.
enum StationsAction: String, ExpressibleByArgument, CaseIterable {
    case add
    case rm
}

/// `heddle stations`
struct StationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stations",
        abstract: "Show a network's MAC table: who was seen behind which port. Set or forget a station.",
        usage: """
            heddle stations <network>
            heddle stations <network> add <mac> --vtep <ip> [--ip <ip> ...]
            heddle stations <network> rm <mac>
            """,
        discussion: """
            AGE is the time since a frame from the station was last seen; after 300 seconds it is forgotten. A static \
            station was set by hand or by the control plane, and stays. Ports are named INTERFACE@SANDBOX; in an overlay, \
            VTEP is the host behind which a remote station lives.

            add sets a remote station of an overlay by hand: frames for it go to that VTEP, which must be a peer. With \
            --ip, questions for its addresses (ARP, ND) are answered on this host, if the network was made with \
            --learning off. rm forgets a station, set by hand or learned; one that still speaks is learned again.

            Examples:
              heddle stations lan
              heddle stations lan --json
              heddle stations blue add 02:00:0a:2a:01:02 --vtep 198.18.0.2 --ip 10.42.1.2
              heddle stations blue rm 02:00:0a:2a:01:02
            """)

    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName
    @Argument(help: "Set a remote station (add), or forget one (rm).") var action: StationsAction?
    @Argument(help: "The station, for add and rm.", completion: Completions.stations) var mac: String?

    @Option(
        help: ArgumentHelp("For add: the VTEP behind which it lives.", valueName: "ip"), completion: Completions.peers)
    var vtep: String?

    @Option(help: ArgumentHelp("For add: an address of it. May be repeated.", valueName: "ip")) var ip: [String] = []
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    mutating func validate() throws {
        if action != nil, mac?.isEmpty ?? true {
            throw ValidationError("Which station? Say its MAC address after \(action?.rawValue ?? "").")
        }
        if action == .add, vtep == nil {
            throw ValidationError("Behind which host does it live? Say --vtep with its address.")
        }
        if action != .add, vtep != nil || !ip.isEmpty {
            throw ValidationError("--vtep and --ip are for: heddle stations NETWORK add MAC --vtep IP")
        }
    }

    func run() throws {
        switch (action, mac, vtep) {
        case (.add, let mac?, let vtep?):
            let request = StationRequest(mac: mac, vtep: vtep, ip: ip.isEmpty ? nil : ip)
            let station = try global.client.addStation(network: network.text, request)
            try global.print(station) { _ in
                Table.printable("station \(station.mac) of \(network.text) is behind \(station.vtep ?? vtep)") + "\n"
            }
        case (.rm, let mac?, _):
            try global.client.removeStation(network: network.text, mac: mac)
            try global.say("forgot station \(mac) of \(network.text)")
        default: try show()
        }
    }

    private func show() throws {
        let stations = try global.client.stations(network: network.text)
        try global.print(stations, whenEmpty: "No station has been seen on \(network.text) yet.") {
            StationsCommand.table(stations)
        }
    }

    /// Columns that no row would fill are left out.
    static func table(_ stations: [Station]) -> Table {
        let hasVTEP = stations.contains { $0.vtep != nil }
        let hasVLAN = stations.contains { $0.vlan != nil }
        var table = Table(
            [.left("MAC"), .left("PORT")] + (hasVTEP ? [.left("VTEP")] : []) + (hasVLAN ? [.right("VLAN")] : [])
                + [.right("AGE")])
        for station in stations {
            var row: [Table.Cell] = ["\(station.mac)", "\(station.port ?? "-")"]
            if hasVTEP { row.append("\(station.vtep ?? "-")") }
            if hasVLAN { row.append("\(station.vlan.map { "\($0)" } ?? "-")") }
            row.append(station.isStatic ? "static" : "\(Units.span(milliseconds: station.ageMilliseconds))")
            table.add(row)
        }
        return table
    }
}
