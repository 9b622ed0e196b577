// How Marp turns a deck into pages: with our theme, formulas drawn as pictures, and no emoji from a server.
export default {
  html: true,
  themeSet: new URL("theme.css", import.meta.url).pathname,
  options: { math: "mathjax", emoji: { shortcode: false, unicode: false } },
};
