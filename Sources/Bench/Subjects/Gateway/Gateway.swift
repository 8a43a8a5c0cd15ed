/// What a host has to be the gateway of its sandbox.
protocol Gateway {
    /// Makes it; the sandbox has its interface, its address and its default route then.
    func setUp(host: Sandbox, sandbox: Sandbox, in workspace: Workspace) throws -> TestPath.End
    /// The processes that carry the packets, if it isn't the kernel.
    var switchProcesses: [Int32] { get }
}
