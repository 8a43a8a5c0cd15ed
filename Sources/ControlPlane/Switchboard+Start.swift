public import Logging
import Netlink

extension Switchboard {
    /// Starts the control plane: takes the locks, reads the record, starts or takes over the engine, and repairs.
    public static func start(
        paths: RuntimePaths, engine settings: EngineSettings, uplinks: UplinkSettings,
        names: NameSettings, log: Logger
    ) async throws(ControlError) -> Switchboard {
        try Privileges.check()
        try paths.makeDirectories()
        let locks = try DaemonLocks(paths: paths)
        let board = try assemble(
            paths: paths, settings: settings, uplinks: uplinks, names: names, locks: locks, log: log)
        try await board.refuseUplinks()
        try await board.recover()
        return board
    }

    private static func assemble(
        paths: RuntimePaths, settings: EngineSettings, uplinks: UplinkSettings, names: NameSettings, locks: DaemonLocks,
        log: Logger
    ) throws(ControlError) -> Switchboard {
        let store: Store
        let daemonID: String
        do throws(StoreError) {
            store = try Store(directory: paths.stateDirectory)
            daemonID = try store.daemonID()
        } catch {
            throw ControlError("\(error)")
        }
        let loop = try WiringLoop()
        let board = Switchboard(
            loop: loop, paths: paths, log: log, store: store, daemonID: daemonID, locks: locks,
            engine: EngineSupervisor(paths: paths, settings: settings, loop: loop, log: log),
            privateNamespace: try PrivateNamespace(paths: paths), own: try OwnNamespace(),
            uplinkNames: uplinks.names, nameSettings: names)
        // Everything above is made; from here on only the loop's thread touches it.
        try loop.start()
        return board
    }
}
