import ArgumentParser
import HeddleAPI
import HeddleClient

/// Which packets of a sandbox are impaired.
enum ImpairDirection: String, EnumerableFlag {
    case `in`
    case out
    case both

    static func help(for value: ImpairDirection) -> ArgumentHelp? {
        switch value {
        case .in: "What comes from the sandbox."
        case .out: "What goes to the sandbox."
        case .both: "Each direction by itself. (default)"
        }
    }
}

/// What is done to packets, as it is said on the command line.
struct ImpairOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Hold each packet: 50ms, 200us, 1.5s.", valueName: "time")) var delay: String?

    @Option(
        help: ArgumentHelp("Vary the delay by that much. Packets may overtake each other then.", valueName: "time"))
    var jitter: String?

    @Option(
        help: ArgumentHelp(
            "How it varies: uniform, within ± jitter; or normal, with jitter as the standard deviation. "
                + "(default: uniform)", valueName: "uniform|normal"),
        completion: .list(["uniform", "normal"]))
    var distribution: String?

    @Option(help: ArgumentHelp("Lose packets, each by itself: 1%.", valueName: "share")) var loss: String?

    @Option(
        help: ArgumentHelp(
            "Lose packets in bursts, as netem's gemodel: P is the share of packets after which a burst begins, R that "
                + "after which it ends, 1-H what is lost in it (default 100%), 1-K what is lost outside (default 0%).",
            valueName: "gilbert-elliott:p,r[,1-h[,1-k]]"))
    var lossModel: String?

    @Option(help: ArgumentHelp("Let packets come twice: 0.1%.", valueName: "share")) var duplicate: String?

    @Option(help: ArgumentHelp("Let packets skip the delay and overtake others: 5%.", valueName: "share"))
    var reorder: String?

    @Option(help: ArgumentHelp("With --reorder: at least n-1 are held between two that skip.", valueName: "n"))
    var gap: Int?

    @Option(
        help: ArgumentHelp("Change one bit of packets, behind the Ethernet header: 0.01%.", valueName: "share"))
    var corrupt: String?

    @Option(help: ArgumentHelp("Bits of frames a second: 10mbit, 512kbit, 1gbit.", valueName: "rate"))
    var rate: String?

    @Option(
        help: ArgumentHelp(
            "What may wait for the rate, in bytes or in time: 64kb, 50ms. (default: 100ms, at least 64kb)",
            valueName: "size|time"))
    var queue: String?

    @Option(
        help: ArgumentHelp(
            "Where the random decisions begin, so that they can be repeated. (default: any; 'heddle impair' shows it)",
            valueName: "n"))
    var seed: UInt64?

    /// What was said.
    var impairment: Impairment {
        var impairment = Impairment()
        impairment.delay = delay
        impairment.jitter = jitter
        impairment.distribution = distribution
        impairment.loss = loss
        impairment.lossModel = lossModel
        impairment.duplicate = duplicate
        impairment.reorder = reorder
        impairment.gap = gap
        impairment.corrupt = corrupt
        impairment.rate = rate
        impairment.queue = queue
        impairment.seed = seed
        return impairment
    }
}

/// `heddle impair`
struct ImpairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "impair",
        abstract: "Delay, lose, duplicate, reorder, corrupt or slow down a sandbox's packets. Show what is.",
        usage: """
            heddle impair [ls]
            heddle impair <sandbox> [--network <name> | --port <ifname>] [--in | --out | --both] [settings …]
            heddle impair <sandbox> [--network <name> | --port <ifname>] [--in | --out] --clear
            """,
        discussion: """
            In the switch, without tc: on the way from the sandbox into it (in), out of it (out), or both, where a round \
            trip meets each setting twice. What is said replaces what was; packets that are held keep their time, unless \
            the rate or queue changes. It stays until it is cleared or the sandbox is detached. Super-frames (GSO, GRO) \
            fare as the packets that they stand for. Rates and delays come in this order: a packet waits for the rate, \
            then for the delay.

            Units are tc's: us, ms, s; kbit, mbit, gbit (powers of ten); b, kb, mb (powers of two); %.

            Examples:
              heddle impair web --delay 50ms --jitter 5ms
              heddle impair web --out --rate 10mbit --queue 50ms
              heddle impair web --loss 1% --seed 7
              heddle impair web --in --loss-model gilbert-elliott:1%,25%
              heddle impair web --delay 20ms --reorder 5% --duplicate 0.1% --corrupt 0.01%
              heddle impair web --clear
              heddle impair --json
            """)

    @Argument(
        help:
            "The sandbox, as it was given to attach, or an adopted interface. Without settings: show its impairments.",
        completion: Completions.attachedSandboxes)
    var sandbox: SandboxName?

    @Option(
        help: ArgumentHelp("Which of the sandbox's networks.", valueName: "name"), completion: Completions.networks)
    var network: NonEmptyName?

    @Option(help: ArgumentHelp("Which of the sandbox's interfaces.", valueName: "ifname")) var port: NonEmptyName?
    @Flag(help: "Which packets.") var direction: ImpairDirection = .both
    @Flag(help: "End the impairment.") var clear = false
    @OptionGroup(title: "Settings") var settings: ImpairOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    /// Without settings it is looked at.
    private var isLook: Bool { !clear && settings.impairment == Impairment() }

    mutating func validate() throws {
        if clear, settings.impairment != Impairment() {
            throw ValidationError("--clear ends an impairment; the other settings make one.")
        }
        if network != nil, port != nil { throw ValidationError("Say --network or --port, one of the two.") }
        if sandbox == nil, !isLook { throw ValidationError("Whose packets? Say the sandbox.") }
        if isLook, direction != .both { throw ValidationError("What shall happen to them? Say a setting, or --clear.") }
        if !isLook, !clear, settings.impairment.isEmpty {
            throw ValidationError("A seed alone does nothing: say what shall happen.")
        }
    }

    func run() throws {
        if isLook { return try show() }
        guard let sandbox else { return }
        let wish = settings.impairment
        let request = ImpairmentRequest(
            sandbox: sandbox.text, network: network?.text, ifname: port?.text,
            inward: direction == .out ? nil : wish, outward: direction == .in ? nil : wish)
        // What ends is known before.
        let before = clear ? try global.client.impairments(network: nil) : []
        let answer = try global.client.impair(request)
        try global.print(answer) { styled in
            let rest = answer.inward == nil && answer.outward == nil ? "" : Self.table([answer]).text(styled: styled)
            if !clear { return rest }
            let known = before.first { $0.endpoint == answer.endpoint }
            return Table.printable(Self.cleared(known, by: answer, direction)) + "\n" + rest
        }
    }

    /// What `--clear` has done. `before`: nil: nothing was impaired.
    static func cleared(
        _ before: EndpointImpairment?, by answer: EndpointImpairment, _ direction: ImpairDirection
    ) -> String {
        let name = answer.sandbox.isEmpty ? answer.ifname : answer.sandbox
        let ended = [("in", before?.inward, answer.inward), ("out", before?.outward, answer.outward)]
            .compactMap { way, was, rest in rest == nil ? was.map { "\(way) \($0.words)" } : nil }
        if ended.isEmpty {
            let way = direction == .both ? "" : " (\(direction.rawValue))"
            return "there was nothing to clear: no impairment\(way) of \(name) in \(answer.network)"
        }
        return "cleared of \(name) in \(answer.network): " + ended.joined(separator: "; ")
    }

    private func show() throws {
        var list = try global.client.impairments(network: network?.text)
        if let port { list.removeAll { $0.ifname != port.text } }
        // A sandbox of that name has to be impaired to be seen.
        if let sandbox, sandbox.text != "ls" {
            list.removeAll { $0.sandbox != sandbox.text && $0.ifname != sandbox.text }
            if list.isEmpty { try checkAttached(sandbox.text) }
        }
        let name = sandbox?.text == "ls" ? nil : sandbox?.text
        try global.print(list, whenEmpty: Self.nothing(of: name, network: network?.text, port: port?.text)) {
            Self.table(list)
        }
    }

    /// That nothing is impaired of what was asked for.
    static func nothing(of sandbox: String?, network: String?, port: String?) -> String {
        var scope = sandbox.map { " of \($0)" } ?? ""
        if let network { scope += " in \(network)" }
        if let port { scope += " at \(port)" }
        return Table.printable("Nothing\(scope) is impaired. Do it with: heddle impair \(sandbox ?? "SANDBOX")")
            + " --delay 50ms --loss 1%"
    }

    /// That a sandbox isn't impaired is said only of one that there is.
    private func checkAttached(_ name: String) throws {
        let isThere = try global.client.endpoints(network: network?.text).contains {
            $0.sandbox == name || $0.ifname == name
        }
        if isThere { return }
        throw APIError(
            .notFound, "the sandbox \(name.debugDescription) is not attached to any network",
            hint: "'heddle endpoint ls' shows what is, in the column SANDBOX.")
    }

    /// A row for each direction.
    static func table(_ list: [EndpointImpairment]) -> Table {
        var table = Table([
            .left("NETWORK"), .left("SANDBOX"), .left("PORT"), .left("DIRECTION"), .left("IMPAIRMENT"), .right("SEED"),
        ])
        for endpoint in list {
            for (direction, impairment) in [("in", endpoint.inward), ("out", endpoint.outward)] {
                guard let impairment else { continue }
                let sandbox = endpoint.sandbox.isEmpty ? "-" : endpoint.sandbox
                table.add([
                    "\(endpoint.network)", "\(sandbox)", "\(endpoint.ifname)", "\(direction)",
                    "\(impairment.words)", "\(impairment.seed.map { "\($0)" } ?? "")",
                ])
            }
        }
        return table
    }
}
