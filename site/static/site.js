// Search shows an excerpt of each page it finds, for which it reads that page: browsers forbid it to files.
if (typeof DOCUMENTATION_OPTIONS !== "undefined" && location.protocol === "file:") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

document.addEventListener("DOMContentLoaded", () => {
    // The arrows beside the contents have no words; a screen reader needs some.
    for (const arrow of document.querySelectorAll(".bd-sidenav summary")) {
        const page = arrow.closest("li").querySelector("a");
        arrow.setAttribute("aria-label", `Pages below ${page.textContent.trim()}`);
    }
    // Diagrams are drawn here, from the words between <pre class="mermaid">.
    if (typeof mermaid !== "undefined") {
        mermaid.initialize({ startOnLoad: false, theme: "neutral" });
        mermaid.run({ querySelector: "pre.mermaid" });
    }
});
