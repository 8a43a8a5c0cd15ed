import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle stations`
struct StationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stations",
        abstract: "Show a network's MAC table: who was seen behind which port.",
        discussion: """
            AGE is the time since a frame from the station was last seen; after 300 seconds it is forgotten. A static \
            station was set by the control plane and stays. Ports are named INTERFACE@SANDBOX.

            Examples:
              heddle stations lan
              heddle stations lan --json
            """)

    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
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
