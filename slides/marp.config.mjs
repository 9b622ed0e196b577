// How Marp turns a deck into pages: with our theme, formulas drawn as pictures, and no emoji from a server.
import { fileURLToPath } from "node:url";

export default {
  html: true,
  themeSet: fileURLToPath(new URL("theme.css", import.meta.url)), // also where the path holds a space
  options: { math: "mathjax", emoji: { shortcode: false, unicode: false } },
};
