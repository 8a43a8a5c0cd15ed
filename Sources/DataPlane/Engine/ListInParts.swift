import Glibc

/// The parts of a list that came so far.
struct ListInParts<Item: ListedConfiguration> {
    /// nil: none has begun.
    private var items: [Item]?

    /// Takes a part, and hands the list on once it is whole. Answers 0 or an errno.
    mutating func add(_ part: ListPart<Item>, whole: ([Item]) -> Int32) -> Int32 {
        if part.isFirst { items = [] }
        // What follows a part that didn't fit is no list.
        guard let before = items else { return EINVAL }
        let all = before + part.items
        items = nil
        guard all.count <= Item.maximum else { return ENOSPC }
        if part.isLast { return whole(all) }
        items = all
        return 0
    }
}
