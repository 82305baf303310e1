import { lonePoints, themeScript } from './page-script.ts';

/**
 * The script of the HTML report, as text: it draws `#data` with uPlot and switches the theme. Plain
 * ES2020 of the browser, no network, no storage. A test runs it in Chromium.
 */
export const reportScript = String.raw`
(() => {
  'use strict';
  ${lonePoints}
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  let plots = [];

  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function figure(value, unit) {
    if (value == null) return '';
    const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 1 ? 1 : 2;
    const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return unit === '' ? text : unit === '/s' || unit === '%' ? text + unit : text + ' ' + unit;
  }
  function axisFigure(value, unit) {
    const text = Math.abs(value) >= 10000 ? value / 1000 + 'k' : String(Number(value.toPrecision(6)));
    return unit === '%' ? text + '%' : text;
  }
  function clock(sec) {
    const whole = Math.round(sec);
    const two = (n) => String(n).padStart(2, '0');
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return (hours > 0 ? hours + ':' + two(minutes) : minutes) + ':' + two(whole % 60);
  }

  // A bound far above the data would flatten it: then it is named at the top instead of drawn.
  function topOf(chart) {
    let max = 0;
    for (const line of chart.series) for (const v of line.values) if (v !== null && v > max) max = v;
    for (const bound of chart.bounds) if (bound.y <= max * 4) max = Math.max(max, bound.y);
    return max === 0 ? 1 : max * 1.12;
  }

  function marks(chart) {
    return (u) => {
      const { ctx } = u;
      const { left, top, width, height } = u.bbox;
      const px = devicePixelRatio;
      const x = (sec) => u.valToPos(sec, 'x', true);
      ctx.save();
      ctx.beginPath(); ctx.rect(left, top, width, height); ctx.clip();
      ctx.font = 11 * px + 'px system-ui, sans-serif'; ctx.textAlign = 'left'; ctx.textBaseline = 'alphabetic';
      ctx.fillStyle = css('--fault');
      for (const fault of data.faults) ctx.fillRect(x(fault.from), top, Math.max(px, x(fault.to) - x(fault.from)), height);
      ctx.fillStyle = css('--bad');
      for (const fault of data.faults) ctx.fillText(fault.label, x(fault.from) + 4 * px, top + height - 5 * px);
      ctx.strokeStyle = css('--muted'); ctx.globalAlpha = 0.45; ctx.lineWidth = px; ctx.setLineDash([2 * px, 4 * px]);
      for (const end of data.stageEnds) { ctx.beginPath(); ctx.moveTo(x(end), top); ctx.lineTo(x(end), top + height); ctx.stroke(); }
      ctx.globalAlpha = 1; ctx.setLineDash([6 * px, 4 * px]); ctx.strokeStyle = css('--bad'); ctx.fillStyle = css('--bad');
      ctx.textAlign = 'right';
      const ceiling = u.scales.y.max;
      let row = 0;
      for (const bound of chart.bounds) {
        if (bound.y <= ceiling) {
          const y = u.valToPos(bound.y, 'y', true);
          ctx.beginPath(); ctx.moveTo(left, y); ctx.lineTo(left + width, y); ctx.stroke();
          ctx.fillText(bound.label, left + width - 4 * px, y + (y - top < 16 * px ? 13 : -5) * px);
        } else {
          ctx.fillStyle = css('--muted');
          ctx.fillText('bound above this chart: ' + bound.label, left + width - 4 * px, top + (12 + 14 * row++) * px);
          ctx.fillStyle = css('--bad');
        }
      }
      ctx.restore();
    };
  }

  function draw(chart, place) {
    const grid = { stroke: css('--line'), width: 1 };
    const axis = { stroke: css('--muted'), grid, ticks: { show: false }, font: '12px system-ui, sans-serif' };
    const height = () => Math.max(140, 252 - (place.querySelector('.u-legend')?.offsetHeight || 24));
    const plot = new uPlot({
      width: place.clientWidth, height: 226, padding: [8, 18, 0, 0],
      cursor: { sync: { key: 'run' }, y: false, points: { size: 6 }, drag: { x: true, y: false } },
      scales: {
        x: { time: false, range: (u, from, to) => plots.zoomed ? [from, to] : [0, data.durationSec] },
        y: { range: () => [0, topOf(chart)] },
      },
      axes: [
        { ...axis, space: 60, size: 30, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400], values: (u, ticks) => ticks.map(clock) },
        { ...axis, size: 48, values: (u, ticks) => ticks.map((v) => axisFigure(v, chart.unit)) },
      ],
      series: [
        { label: 'at', value: (u, v) => v == null ? '' : clock(v) },
        ...chart.series.map((line) => ({
          label: line.label, stroke: css(line.color), width: line.label === 'p95' || chart.series.length === 1 ? 2.2 : 1.6,
          ...(line.dash ? { dash: [4, 4] } : {}),
          ...(chart.series.length === 1 ? { fill: css(line.color) + '22' } : {}),
          points: { show: line.values.length < 3, filter: lonePoints }, spanGaps: false,
          value: (u, v) => figure(v, chart.unit),
        })),
      ],
      hooks: { drawClear: [], draw: [marks(chart)], setSelect: [(u) => { if (u.select.width > 8) zoom(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')); }] },
    }, [chart.x, ...chart.series.map((line) => line.values)], place);
    plot.setSize({ width: place.clientWidth, height: height() });
    plot.over.addEventListener('dblclick', () => zoom(0, data.durationSec));
    return { plot, place, height };
  }

  function zoom(min, max) {
    plots.zoomed = true;
    for (const { plot } of plots) plot.setScale('x', { min, max });
    plots.zoomed = min > 0 || max < data.durationSec;
  }

  function drawAll() {
    for (const { plot } of plots) plot.destroy();
    plots = data.charts.map((chart) => draw(chart, document.getElementById('plot-' + chart.id)));
  }

  ${themeScript}
  let pending = 0;
  addEventListener('resize', () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => {
      for (const { plot, place, height } of plots) plot.setSize({ width: place.clientWidth, height: height() });
    });
  });
})();
`;
