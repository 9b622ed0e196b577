"""axe-core on a page of a browser: what keeps people from reading or using it, by the rules of WCAG 2.2, level AA."""

from dataclasses import dataclass
from typing import Any

from tools.node_packages import node_file

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ({ tags, within }) => {
    // preload: axe would fetch the style sheets a second time, which browsers forbid to files.
    const found = await axe.run(within || document, { runOnly: tags, resultTypes: ["violations"], preload: false });
    return found.violations.map(({ id, impact, help, nodes }) => (
        { id, impact, help, places: nodes.map(node => node.target.flat().join(" ")) }
    ));
}"""


@dataclass(frozen=True)
class Violation:
    """A rule that a page breaks: its name, how much that hurts, in words, and at which CSS selectors."""

    rule: str
    impact: str  # "minor", "moderate", "serious" or "critical"
    words: str
    places: tuple[str, ...]

    @property
    def hurts(self) -> bool:
        """Whether somebody is kept out, not merely slowed down."""
        return self.impact in ("serious", "critical")

    def __str__(self) -> str:
        more = f" and {len(self.places) - 2} more" if len(self.places) > 2 else ""
        return f"{self.impact}: {self.words} ({self.rule}) at {', '.join(self.places[:2])}{more}"


def axe(page: Any, within: str | None = None) -> list[Violation]:
    """Let axe-core look at what a browser shows now.

    Args:
        page: Playwright's Page.
        within: CSS selector of the part to look at; None looks at all of it.

    Returns:
        What it found, the worst first; `Violation.hurts` picks the serious and the critical ones.

    Raises:
        ValueError: if axe-core is not installed and cannot be.
    """
    if not page.evaluate("'axe' in window"):
        # Evaluated, not added as a script: a page's own content policy has no say.
        page.evaluate(node_file("axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(RUN, {"tags": TAGS, "within": within})
    order = ("critical", "serious", "moderate", "minor")
    violations = [Violation(each["id"], each["impact"], each["help"], tuple(each["places"])) for each in found]
    return sorted(violations, key=lambda violation: order.index(violation.impact))
