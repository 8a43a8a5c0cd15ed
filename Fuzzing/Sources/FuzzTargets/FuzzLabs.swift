import Lab

/// A lab file: it is refused with problems that have a line, or it has a plan in which all comes after what it needs, and
/// that leaves nothing to do once it is done.
@_cdecl("heddle_fuzz_labs")
public func fuzzLabs(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    do throws(LabProblems) {
        let lab = try LabReader.read(text, file: "lab.yaml") { _ in true }
        checkPlan(of: lab)
        require(LabGraph(lab).svg.hasSuffix("</svg>\n"), "a picture without an end")
    } catch {
        require(!error.problems.isEmpty, "refused without a reason")
        for problem in error.problems { require(problem.place.line >= 1, "a problem without a line") }
    }
    return 0
}

private func checkPlan(of lab: LabDescription) {
    let plan = LabPlan(lab)
    let keys = Set(plan.items.map(\.key))
    require(keys.count == plan.items.count, "two things of one key")
    var made: Set<String> = []
    var record = LabRecord()
    for item in plan.items {
        for other in item.foundations + item.predecessors where keys.contains(other) {
            require(made.contains(other), "a thing stands before what it needs")
        }
        made.insert(item.key)
        var event = LabRecord.Event(key: item.key)
        event.making = item
        event.made = [:]
        record.apply(event)
    }
    let again = LabDifference(recorded: record, wanted: LabPlan(lab, recorded: record).items)
    require(again.isEmpty, "a lab that is up as its file says is changed")
}
