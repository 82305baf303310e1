/** A figure in the unit of its panel. */

/**
 * By Grafana's unit ids: seconds and bytes get the prefix that suits, ratios become percent, a rate
 * keeps its word. It stands alone, without helpers: the contact sheet carries its source text, so
 * that axes in the browser and figures in the page are written by one function.
 */
export function formatUnit(value: number | null, unit: string, decimals: number | null): string {
  if (value === null) return '–';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  const fixed = (figure: number, suffix: string): string => {
    const own = Math.abs(figure);
    const usual = own >= 100 || Number.isInteger(figure) ? 0 : own >= 10 ? 1 : own >= 1 ? 2 : 3;
    // Something is not shown as nothing, nor nearly all as all.
    const off = suffix === '%' && own < 100 - 1e-9 ? Math.min(own, 100 - own) : own;
    const apart = off > 0 && off < 1 ? Math.ceil(-Math.log10(off)) + 1 : 0;
    const text = figure.toLocaleString('en-US', {
      minimumFractionDigits: decimals ?? 0,
      maximumFractionDigits: decimals ?? Math.min(20, Math.max(usual, apart)),
    });
    return text + suffix;
  };
  const scaled = (base: number, steps: readonly string[], suffix: string): string => {
    let figure = value;
    let at = 0;
    while (Math.abs(figure) >= base && at < steps.length - 1) {
      figure /= base;
      at += 1;
    }
    return fixed(figure, steps[at] + suffix);
  };
  const seconds = (sec: number): string => {
    const own = Math.abs(sec);
    if (own === 0) return '0 s';
    if (own < 0.001) return fixed(sec * 1e6, ' µs');
    if (own < 1) return fixed(sec * 1000, ' ms');
    if (own < 120) return fixed(sec, ' s');
    if (own < 7200) return fixed(sec / 60, ' min');
    return own < 172_800 ? fixed(sec / 3600, ' h') : fixed(sec / 86_400, ' d');
  };
  switch (unit) {
    case 's':
    case 'dtdurations':
    case 'clocks':
      return seconds(value);
    case 'ms':
    case 'dtdurationms':
      return seconds(value / 1000);
    case 'µs':
      return seconds(value / 1e6);
    case 'bytes':
      return scaled(1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB'], '');
    case 'decbytes':
      return scaled(1000, [' B', ' kB', ' MB', ' GB', ' TB'], '');
    case 'binBps':
      return scaled(1024, [' B', ' KiB', ' MiB', ' GiB'], '/s');
    case 'Bps':
      return scaled(1000, [' B', ' kB', ' MB', ' GB'], '/s');
    case 'percentunit':
      return fixed(value * 100, '%');
    case 'percent':
      return fixed(value, '%');
    case 'ops':
    case 'cps':
    case 'reqps':
    case 'rps':
    case 'wps':
    case 'iops':
    case 'eps':
    case 'mps':
      return scaled(1000, ['', ' K', ' M', ' G'], '/s');
    case 'none':
    case 'bool':
    case '':
      return fixed(value, '');
    case 'short':
      return size >= 10_000 ? scaled(1000, ['', ' K', ' M', ' G', ' T'], '') : fixed(value, '');
    default:
      // `suffix: cores` and `prefix:` are units of one's own.
      if (unit.startsWith('suffix:')) return fixed(value, ` ${unit.slice(7).trim()}`);
      if (unit.startsWith('prefix:')) return unit.slice(7) + fixed(value, '');
      return fixed(value, ` ${unit}`);
  }
}
