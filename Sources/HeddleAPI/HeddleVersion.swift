/// What this build of Heddle is.
public enum HeddleVersion {
    /// Semantic version of all of Heddle's programs: they are built and shipped together.
    public static let current = "0.1.0"
}
