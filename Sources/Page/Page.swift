/// The web page's files, which are part of the program: nothing is looked up when it runs. They lie beside this file in
/// `Document/`, as a browser gets them.
public enum Page {
    /// What a browser gets.
    public struct File: Sendable {
        /// As it is said in a header.
        public let type: String
        /// The content.
        public let bytes: [UInt8]
    }

    /// Every file by the path of its address.
    public static let files: [String: File] = [
        "/": File(type: "text/html; charset=utf-8", bytes: PackageResources.page_html),
        "/page.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.page_css),
        "/page.js": script(PackageResources.page_js),
        "/words.js": script(PackageResources.words_js),
        "/rates.js": script(PackageResources.rates_js),
        "/canvas.js": script(PackageResources.canvas_js),
        "/arrangement.js": script(PackageResources.arrangement_js),
        "/drawing.js": script(PackageResources.drawing_js),
        "/panel.js": script(PackageResources.panel_js),
    ]

    private static func script(_ bytes: [UInt8]) -> File {
        File(type: "text/javascript; charset=utf-8", bytes: bytes)
    }
}
