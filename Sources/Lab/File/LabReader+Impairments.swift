import HeddleAPI

extension LabReader {
    /// An `impair`: settings for both directions, or `in` and `out` with settings each.
    mutating func readDirections(_ field: LabField) -> LabImpairment? {
        guard field.isMapping, let entries = fields.entries(field),
            entries.contains(where: { LabKeys.directions.contains($0.key) })
        else {
            let both = readSettings(field)
            return both.map { LabImpairment(inward: $0, outward: $0, place: field.place) }
        }
        let settings = entries.filter { LabKeys.impairment.contains($0.key) }
        guard settings.isEmpty else {
            for setting in settings {
                fields.refuse(
                    setting.keyPlace,
                    "settings for both directions don't go with in and out: write \(setting.key) in each of them")
            }
            return nil
        }
        guard let keys = fields.fields(field, keys: LabKeys.directions) else { return nil }
        let inward = keys["in"].flatMap { readSettings($0) }
        let outward = keys["out"].flatMap { readSettings($0) }
        return LabImpairment(inward: inward, outward: outward, place: field.place)
    }

    /// Settings: a mapping, or words as `heddle impair` has them: "delay 20ms loss 1%".
    mutating func readSettings(_ field: LabField) -> Impairment? {
        var values: [String: LabPlacedText] = [:]
        if field.isSingle {
            guard let text = fields.text(field) else { return nil }
            let words = text.split { $0 == " " || $0 == "," }.map(String.init)
            guard words.count % 2 == 0, !words.isEmpty else {
                fields.refuse(field.place, "an impairment is written as settings and values, as \"delay 20ms loss 1%\"")
                return nil
            }
            for index in stride(from: 0, to: words.count, by: 2) {
                let key = words[index] == "loss-model" ? "loss_model" : words[index]
                if !LabKeys.impairment.contains(key) {
                    let hint = NearestWord.hint(key, in: LabKeys.impairment)
                    fields.refuse(field.place, "unknown setting \(key.debugDescription)\(hint)")
                } else if values.updateValue(LabPlacedText(text: words[index + 1], place: field.place), forKey: key)
                    != nil
                {
                    fields.refuse(field.place, "\(key) is there twice")
                }
            }
        } else {
            guard let keys = fields.fields(field, keys: LabKeys.impairment) else { return nil }
            for (key, value) in keys {
                values[key] = placed(value)
            }
        }
        return impairment(values, field.place)
    }

    private mutating func impairment(
        _ values: [String: LabPlacedText], _ place: LabPlace
    ) -> Impairment {
        var impairment = Impairment()
        impairment.delay = values["delay"]?.text
        impairment.jitter = values["jitter"]?.text
        impairment.distribution = values["distribution"]?.text
        impairment.loss = values["loss"]?.text
        impairment.lossModel = values["loss_model"]?.text
        impairment.duplicate = values["duplicate"]?.text
        impairment.reorder = values["reorder"]?.text
        impairment.corrupt = values["corrupt"]?.text
        impairment.rate = values["rate"]?.text
        impairment.queue = values["queue"]?.text
        if let gap = values["gap"] {
            impairment.gap = Int(gap.text)
            if impairment.gap == nil { fields.refuse(gap.place, "\(gap.text.debugDescription) is no whole number") }
        }
        if let seed = values["seed"] {
            impairment.seed = UInt64(seed.text)
            if impairment.seed == nil { fields.refuse(seed.place, "\(seed.text.debugDescription) is no whole number") }
        }
        do throws(ImpairmentProblems) {
            _ = try ImpairmentSpecification(impairment)
        } catch {
            for problem in error.problems {
                let at = values[problem.setting]?.place ?? place
                let name = at.path.hasSuffix(problem.setting) ? "" : problem.setting + ": "
                fields.refuse(at, name + problem.reason)
            }
        }
        return impairment
    }
}
