/// The web page's files, which are part of the program: nothing is looked up when it runs. They lie beside this file in
/// `Document/`, as a browser gets them.
public enum Page {
    /// page.html
    public static let document: [UInt8] = PackageResources.page_html
    /// page.css
    public static let style: [UInt8] = PackageResources.page_css
    /// page.js
    public static let script: [UInt8] = PackageResources.page_js
}
