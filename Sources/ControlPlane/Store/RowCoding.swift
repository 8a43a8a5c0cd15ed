import Foundation
import GRDB

/// How values stand in a row: lists of addresses and names as words with spaces between, numbers of 64 bits as the
/// signed number with the same bits.
enum RowCoding {
    static func text(_ values: [some CustomStringConvertible]) -> String {
        values.map(\.description).joined(separator: " ")
    }

    static func text(_ options: [String: String]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(options), as: UTF8.self)
    }

    static func number(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value)
    }
}

extension Row {
    /// What stands in a column, or an error that names the place.
    func value<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard hasColumn(column), let value = Value.fromDatabaseValue(self[column]) else { throw damage(column) }
        return value
    }

    func optional<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value?
    {
        hasNull(atColumn: column) ? nil : try value(column)
    }

    private func hasNull(atColumn column: String) -> Bool {
        guard hasColumn(column), let value: DatabaseValue = self[column] else { return false }
        return value.isNull
    }

    func parsed<Value: LosslessStringConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value = Value(try value(column, as: String.self)) else { throw damage(column) }
        return value
    }

    func list<Value: LosslessStringConvertible>(_ column: String, of type: Value.Type = Value.self) throws -> [Value] {
        try value(column, as: String.self).split(separator: " ").map { word in
            guard let value = Value(String(word)) else { throw damage(column) }
            return value
        }
    }

    func named<Value: RawRepresentable<String>>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value = Value(rawValue: try value(column)) else { throw damage(column) }
        return value
    }

    func bits(_ column: String) throws -> UInt64 {
        UInt64(bitPattern: try value(column, as: Int64.self))
    }

    func options(_ column: String) throws -> [String: String] {
        let text = try value(column, as: String.self)
        guard let options = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else {
            throw damage(column)
        }
        return options
    }

    /// What is said of a column that can't be read.
    func damage(_ column: String) -> StoreError {
        StoreError("the recorded state is damaged: column \(column) of \(description) can't be read")
    }
}
