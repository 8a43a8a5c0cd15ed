/// What a host has to join its sandbox to the other host's.
protocol TunnelEnd {
    /// Makes it; the sandbox has its interface with its address then, and it is up.
    func setUp(_ side: OverlaySide, host: Sandbox, sandbox: Sandbox, in workspace: Workspace) throws -> TestPath.End
    /// The processes that carry the frames, if it isn't the kernel.
    var switchProcesses: [Int32] { get }
}
