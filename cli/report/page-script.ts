/** Parts that the scripts of all pages share, as text. */

/**
 * The part of a page's script that switches between light and dark, by the button, the system, or
 * `#light` and `#dark` in the address, and draws anew each time. It calls `drawAll`.
 */
export const themeScript = String.raw`const isDark = () => (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  function setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    document.getElementById('theme').textContent = isDark() ? 'Light' : 'Dark';
    drawAll();
  }
  document.getElementById('theme').addEventListener('click', () => setTheme(isDark() ? 'light' : 'dark'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTheme());
  const wanted = location.hash.slice(1);
  setTheme(wanted === 'dark' || wanted === 'light' ? wanted : undefined);`;

/** A filter of uPlot's points: a figure between two holes has no line to lie on, and is a point. */
export const lonePoints = String.raw`const lonePoints = (u, series, show) => {
    const values = u.data[series];
    const lone = show ? [] : [...values.keys()].filter((at) => values[at] != null && values[at - 1] == null && values[at + 1] == null);
    return lone.length === 0 ? null : lone;
  };`;
