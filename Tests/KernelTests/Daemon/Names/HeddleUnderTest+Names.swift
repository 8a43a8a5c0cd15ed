import HeddleAPI
import HeddleClient

extension HeddleUnderTest {
    /// Attaches to "lan" under a name.
    func attach(_ sandbox: TestSandbox, name: String, aliases: [String] = []) throws {
        _ = try client.attach(
            AttachRequest(network: "lan", sandbox: sandbox.name, name: name, aliases: aliases))
    }

    /// What dig prints.
    func dig(_ sandbox: TestSandbox, _ words: [String]) throws -> String {
        let program = try RunningProgram(
            try Programs.system("dig"), ["+tries=2", "+time=2"] + words, in: try sandbox.open())
        let output = try program.readAll()
        _ = program.wait(within: .seconds(10))
        return output
    }

    /// The answer's code by name.
    func status(_ sandbox: TestSandbox, _ words: [String]) throws -> String? {
        let output = try dig(sandbox, words + ["+noall", "+comments"])
        return output.firstMatch(of: /status: ([A-Z]+)/).map { String($0.1) }
    }
}
