/** The frame of an HTML file that is opened from disk: no network, its own scripts only. */
import { escapeMarkup } from './escape-markup.ts';

/** What the pure renderer cannot have by itself. */
export type HtmlAssets = {
  /** `uplot/dist/uPlot.iife.min.js` */
  readonly uplotJs: string;
  /** `uplot/dist/uPlot.min.css` */
  readonly uplotCss: string;
  /** Hard to guess, letters and digits: only scripts that carry it may run. */
  readonly nonce: string;
};

export type HtmlPage = {
  readonly title: string;
  readonly style: string;
  /** Markup, escaped where it has texts of others. */
  readonly main: string;
  /** What the script reads from `#data`. */
  readonly data: unknown;
  readonly script: string;
};

/** The whole document. Its Content-Security-Policy allows no request at all and only its own two scripts. */
export function htmlDocument(
  { title, style, main, data, script }: HtmlPage,
  { uplotJs, uplotCss, nonce }: HtmlAssets,
): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(title)}: rtops</title>
<link rel="icon" href="data:,">
<style>${uplotCss}</style>
<style>${style}</style>
</head>
<body>
<main>
${main}
</main>
<script type="application/json" id="data">${jsonInMarkup(data)}</script>
<script nonce="${nonce}">${uplotJs}</script>
<script nonce="${nonce}">${script}</script>
</body>
</html>
`;
}

/** The line above all, with the button that `themeScript` listens to. `words`: markup. */
export function topLine(words: string): string {
  return `<header class="top"><span>${words}</span><button id="theme" type="button" aria-label="Switch between light and dark">Dark</button></header>`;
}

/** JSON that cannot end its `<script>` element or start a comment in it. */
function jsonInMarkup(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}
