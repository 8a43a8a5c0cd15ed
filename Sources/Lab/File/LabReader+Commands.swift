extension LabReader {
    /// `run`: a command, or a list of them, each as it is or as a mapping.
    mutating func readCommands(_ node: inout LabNode, _ field: LabField?) {
        guard let field else { return }
        for one in field.isSingle || field.isMapping ? [field] : fields.list(field) ?? [] {
            guard one.isMapping else {
                if let command = readCommand(one, of: node) { node.commands.append(command) }
                continue
            }
            guard let keys = fields.fields(one, keys: LabKeys.command) else { continue }
            let timeout = keys["timeout"].map { readTimeout($0) } ?? LabCommand.usualTimeout
            guard let inner = keys["command"] else {
                fields.refuse(one.place, "there is no command: add one")
                continue
            }
            guard var command = readCommand(inner, of: node) else { continue }
            command.timeout = timeout
            node.commands.append(command)
        }
    }

    /// A time, or `never`, which is nil.
    private mutating func readTimeout(_ field: LabField) -> Duration? {
        guard let text = fields.text(field), text != "never" else { return nil }
        guard let timeout = LabTime.parse(text) else {
            fields.refuse(
                field.place,
                "\(text.debugDescription) is no time to wait: write a number and ms, s, m or h, as 30s, or never")
            return nil
        }
        return timeout
    }

    /// `start`: by name, a command each.
    mutating func readProcesses(_ node: inout LabNode, _ field: LabField?) {
        guard let field else { return }
        for entry in fields.entries(field) ?? [] {
            checkName(entry.key, entry.keyPlace, longest: LabName.longest)
            var command = entry.value
            if command.isMapping {
                guard let keys = fields.fields(command, keys: LabKeys.process) else { continue }
                guard let inner = keys["command"] else {
                    fields.refuse(command.place, "there is no command: add one")
                    continue
                }
                command = inner
            }
            if let read = readCommand(command, of: node) {
                node.processes.append(LabProcess(name: entry.key, command: read))
            }
        }
    }

    /// A text for the shell, or a list of words.
    private mutating func readCommand(_ field: LabField, of node: LabNode) -> LabCommand? {
        let command: LabCommand
        if field.isList {
            let words = fields.texts(field).map(\.text)
            command = LabCommand(words: words, text: words.joined(separator: " "), place: field.place)
        } else {
            guard let text = fields.text(field) else { return nil }
            command = LabCommand(words: ["sh", "-c", text], text: text, place: field.place)
        }
        if command.words.first?.isEmpty ?? true || !command.text.contains(where: { !$0.isWhitespace }) || field.isEmpty
        {
            fields.refuse(field.place, "the command is missing")
            return nil
        }
        // Who sets PATH knows where programs are.
        guard !node.environment.contains(where: { $0.key == "PATH" }),
            let program = ProgramSearch.program(of: command), !hasProgram(program)
        else { return command }
        fields.refuse(
            field.place, "there is no program \(program.debugDescription) in PATH: install it, or say its path")
        return command
    }
}
