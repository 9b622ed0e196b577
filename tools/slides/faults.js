// What is wrong on the page that a built deck shows, as sentences. Formulas are pictures and are measured as boxes.
([leastFont, leastPicture]) => {
    const page = document.querySelector('svg.bespoke-marp-active section');
    const box = page.getBoundingClientRect(), scale = box.width / 1280, found = [];
    const tooHigh = page.scrollHeight - page.clientHeight, tooWide = page.scrollWidth - page.clientWidth;
    if (tooHigh > 1) found.push(`is ${tooHigh} pixels too high`);
    if (tooWide > 1) found.push(`is ${tooWide} pixels too wide`);
    const parts = [...page.children].filter((part) => part.getClientRects().length);
    for (const part of parts) {
        const at = part.getBoundingClientRect(), name = part.tagName.toLowerCase();
        const sideways = at.right > box.right - 20 * scale || at.left < box.left + 20 * scale;
        const upright = at.bottom > box.bottom - 8 * scale || at.top < box.top + 20 * scale;
        if (sideways) found.push(`${name} leaves the page at a side`);
        if (upright) found.push(`${name} leaves the page above or below`);
        if (part.clientWidth && part.scrollWidth > part.clientWidth + 2) found.push(`${name} holds too long lines`);
        for (const other of parts) {
            const by = other.getBoundingClientRect();
            const wide = Math.min(at.right, by.right) - Math.max(at.left, by.left);
            const high = Math.min(at.bottom, by.bottom) - Math.max(at.top, by.top);
            if (part !== other && wide > 2 && high > 2) found.push(`${name} covers ${other.tagName.toLowerCase()}`);
        }
    }
    for (const picture of page.querySelectorAll('img')) {
        const at = picture.getBoundingClientRect();
        if (!picture.complete || !picture.naturalWidth) found.push('a picture is missing');
        if (Math.max(at.width, at.height) < leastPicture * scale) found.push('a picture is too small to be seen');
        if (!picture.alt.trim()) found.push('a picture has no description');
        if (!picture.src.startsWith('data:')) found.push('a picture is not inside the file');
    }
    const words = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const parent = words.currentNode.parentElement;
        if (!words.currentNode.data.trim() || parent.closest('svg svg, mjx-container, style, script')) continue;
        const size = parseFloat(getComputedStyle(parent).fontSize);
        if (size < leastFont) found.push(`letters of ${size} pixels: ${words.currentNode.data.trim().slice(0, 30)}`);
    }
    return [...new Set(found)];
}
