/**
 * The script of the contact sheet, as text: it draws the lines and heatmaps of `#data` and switches
 * the theme. Plain ES2020 of the browser, no network, no storage. A test runs it in Chromium.
 */
import { lonePoints, themeScript } from '../report/page-script.ts';
import { formatUnit } from './format-unit.ts';

export const sheetScript = String.raw`
(() => {
  'use strict';
  const formatUnit = ${formatUnit.toString()};
  ${lonePoints}
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  let drawn = [];

  const css = (name) => name.startsWith('--') ? getComputedStyle(root).getPropertyValue(name).trim() : name;
  const faint = (color, share) => { const c = css(color); return c.length === 7 ? c + Math.round(share * 255).toString(16).padStart(2, '0') : c; };
  const clock = (sec) => new Date(sec * 1000).toISOString().slice(11, 19);
  const long = data.to - data.from > 7200;
  const tick = (sec) => long ? clock(sec).slice(0, 5) : clock(sec);
  // Half of a tick's text hangs over the end of the axis.
  const tickRoom = long ? 18 : 28;
  const figure = (chart, value) => value == null ? '' : formatUnit(value, chart.unit, chart.decimals);

  function place(chart) { return document.querySelector('#' + chart.id + ' .plot'); }

  // Sums of the lines below, for the picture; the legend keeps each line's own figure. A line that has
  // no value where others have one adds nothing there: a hole would tear the areas above it.
  function stacked(chart) {
    const isKnown = chart.x.map((_, at) => chart.lines.some((line) => line.values[at] !== null));
    const below = chart.x.map(() => 0);
    return chart.lines.map((line) => line.values.map((v, at) => isKnown[at] ? (below[at] += v === null ? 0 : v) : null));
  }

  // A threshold far above the data would flatten it: then it is named instead of drawn.
  function topOf(chart, columns) {
    let max = -Infinity;
    for (const column of columns) for (const v of column) if (v !== null && v > max) max = v;
    if (max === -Infinity) return 1;
    for (const bound of chart.thresholds) if (bound.value <= max * 3) max = Math.max(max, bound.value);
    // Room above a full 100 %: on the edge it would lie under the names of the bands.
    if (chart.max !== null && max <= chart.max && max > chart.max / 4) return chart.max * (max > chart.max * 0.88 ? 1.12 : 1);
    // Nothing but zero: how far it is from the lowest threshold.
    const bounds = chart.thresholds.map(({ value }) => value).filter((value) => value > 0);
    if (max === 0 && bounds.length > 0) return Math.min(2 * Math.min(...bounds), chart.max === null ? Infinity : chart.max);
    return max === 0 ? 1 : max > 0 ? max * 1.12 : max * 0.9;
  }
  function bottomOf(chart, columns) {
    let min = chart.min === null ? 0 : chart.min;
    for (const column of columns) for (const v of column) if (v !== null && v < min) min = v;
    return min;
  }

  function bandsOf(chart) { return data.bands[Number(chart.id.split('-')[1])] || []; }

  function clipped(u, draw) {
    const { ctx, bbox: { left, top, width, height } } = u;
    ctx.save();
    ctx.beginPath(); ctx.rect(left, top, width, height); ctx.clip();
    draw(ctx, left, top, width, height, devicePixelRatio);
    ctx.restore();
  }

  function drawBands(u, chart) {
    clipped(u, (ctx, left, top, width, height, px) => {
      for (const band of bandsOf(chart)) {
        const from = u.valToPos(band.from, 'x', true);
        const to = Math.max(from + px, u.valToPos(band.to, 'x', true));
        ctx.fillStyle = faint(band.color, band.color === '--bad' ? 0.17 : 0.05);
        ctx.fillRect(from, top, to - from, height);
        ctx.fillStyle = faint(band.color, band.color === '--bad' ? 0.8 : 0.35);
        ctx.fillRect(from, top, px, height);
      }
    });
  }

  // Faults are named first; the others where there is room beside them.
  function nameBands(u, chart) {
    clipped(u, (ctx, left, top, width, height, px) => {
      ctx.font = 10 * px + 'px system-ui, sans-serif'; ctx.textAlign = 'left'; ctx.textBaseline = 'top';
      // The figure of a threshold near the top stands at the right end.
      const isHigh = ({ value }) => value <= u.scales.y.max && u.valToPos(value, 'y', true) - top < 28 * px;
      const taken = chart.thresholds.some(isHigh) ? [[left + width - 70 * px, left + width]] : [];
      const isFault = (band) => band.color === '--bad' ? 0 : 1;
      for (const band of [...bandsOf(chart)].sort((a, b) => isFault(a) - isFault(b) || a.from - b.from)) {
        const start = u.valToPos(band.from, 'x', true) + 3 * px;
        const end = start + ctx.measureText(band.label).width;
        if (end > left + width || start < left || taken.some(([a, b]) => start < b && end > a)) continue;
        taken.push([start - 8 * px, end + 8 * px]);
        ctx.fillStyle = faint(band.color, band.color === '--bad' ? 1 : 0.75);
        ctx.fillText(band.label, start, top + 2 * px);
      }
    });
  }

  function drawThresholds(u, chart) {
    clipped(u, (ctx, left, top, width, height, px) => {
      ctx.font = 10 * px + 'px system-ui, sans-serif'; ctx.textAlign = 'right'; ctx.textBaseline = 'bottom';
      ctx.lineWidth = px; ctx.setLineDash([6 * px, 4 * px]);
      for (const bound of chart.thresholds) {
        if (bound.value > u.scales.y.max || bound.value < u.scales.y.min) continue;
        const y = u.valToPos(bound.value, 'y', true);
        ctx.strokeStyle = ctx.fillStyle = css(bound.color);
        ctx.beginPath(); ctx.moveTo(left, y); ctx.lineTo(left + width, y); ctx.stroke();
        // On a ground of its own: lines go on behind it.
        const text = figure(chart, bound.value);
        const base = y - top < 14 * px ? y + 13 * px : y - 2 * px;
        const wide = ctx.measureText(text).width + 6 * px;
        ctx.fillStyle = faint('--card', 0.88);
        ctx.fillRect(left + width - wide, base - 11 * px, wide, 12 * px);
        ctx.fillStyle = css(bound.color);
        ctx.fillText(text, left + width - 3 * px, base);
      }
    });
  }

  // By SheetLine.stroke.
  const strokes = [[], [6, 4], [2, 3], [8, 3, 2, 3]];

  // Ticks of bytes are powers of two, as their units are.
  const binary = Array.from({ length: 50 }, (_, power) => 2 ** power);

  function lines(chart, box) {
    const columns = chart.stacked ? stacked(chart) : chart.lines.map((line) => line.values);
    // The highest of stacked bars is drawn first: the lower ones stand before it.
    const order = chart.lines.map((_, index) => index).filter((index) => chart.lines[index].drawn);
    if (chart.stacked && chart.bars) order.reverse();
    // A bar of nothing would be a dash on the axis.
    const shown = (index) => chart.bars ? columns[index].map((v, at) => chart.lines[index].values[at] === 0 ? null : v) : columns[index];
    const bands = chart.stacked && !chart.bars;
    const axis = { stroke: css('--muted'), grid: { stroke: css('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const top = topOf(chart, columns), bottom = bottomOf(chart, columns);
    const few = chart.x.length < 3;
    const legend = box.parentElement.querySelectorAll('.legend li b');
    const width = (u, values) => values === null ? 40 : 12 + Math.max(...values.map((v) => v.length)) * 6.2;
    return new uPlot({
      width: box.clientWidth, height: box.clientHeight, padding: [6, tickRoom, 0, 0], legend: { show: false },
      cursor: { sync: { key: 'sheet' }, y: false, points: { size: 5 }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: () => [data.from, data.to] },
        y: chart.log ? { distr: 3 } : { range: () => [bottom, top] },
      },
      axes: [
        { ...axis, space: 70, size: 22, values: (u, ticks) => ticks.map(tick) },
        { ...axis, size: width, ...(chart.unit === 'bytes' ? { incrs: binary } : {}), values: (u, ticks) => ticks.map((v) => v === null ? '' : figure(chart, v)) },
      ],
      series: [{}, ...order.map((index) => chart.lines[index]).map((line) => ({
        label: line.label, stroke: css('--c' + line.color), width: chart.points ? 0 : chart.lines.length === 1 ? 2 : 1.5,
        ...(chart.fill > 0 && !chart.stacked ? { fill: faint('--c' + line.color, Math.max(0.06, chart.fill / 100 / 2)) } : {}),
        ...(strokes[line.stroke].length > 0 ? { dash: strokes[line.stroke] } : {}),
        ...(bands && line === chart.lines[order[0]] ? { fill: faint('--c' + line.color, 0.3) } : {}),
        ...(chart.stacked && chart.bars ? { fill: css('--c' + line.color) } : {}),
        ...(chart.bars ? { paths: uPlot.paths.bars({ size: [0.7, 24] }) } : {}),
        points: { show: few || chart.points, size: 5, filter: lonePoints }, spanGaps: false,
      }))],
      bands: bands ? order.slice(1).map((index, at) => ({ series: [at + 2, at + 1], fill: faint('--c' + chart.lines[index].color, 0.3) })) : [],
      hooks: {
        drawClear: [(u) => drawBands(u, chart)],
        draw: [(u) => { nameBands(u, chart); drawThresholds(u, chart); }],
        setCursor: [(u) => {
          const at = u.cursor.idx;
          chart.lines.forEach((line, index) => {
            if (legend[index] && at != null) legend[index].textContent = figure(chart, line.values[at]);
          });
        }],
      },
    }, [chart.x, ...order.map(shown)], box);
  }

  function heatmap(chart, box) {
    const canvas = document.createElement('canvas');
    const px = devicePixelRatio;
    const width = box.clientWidth, height = box.clientHeight;
    canvas.width = width * px; canvas.height = height * px;
    canvas.style.width = width + 'px'; canvas.style.height = height + 'px';
    box.append(canvas);
    const ctx = canvas.getContext('2d');
    ctx.scale(px, px);
    ctx.font = '11px system-ui, sans-serif';
    const names = chart.lines.map((line) => Number.isFinite(Number(line.label)) ? formatUnit(Number(line.label), 's', null) : line.label);
    const left = 10 + Math.max(...names.map((name) => ctx.measureText(name).width));
    const bottom = 20, top = 4;
    const rows = chart.lines.length;
    const cellHeight = (height - bottom - top) / rows;
    const x = (sec) => left + (sec - data.from) / (data.to - data.from) * (width - left - tickRoom);
    const step = chart.x.length > 1 ? Math.min(...chart.x.slice(1).map((at, i) => at - chart.x[i])) : 2;
    let most = 0;
    for (const line of chart.lines) for (const v of line.values) if (v > most) most = v;
    chart.lines.forEach((line, row) => {
      line.values.forEach((v, at) => {
        if (!v) return;
        ctx.fillStyle = faint('--c1', 0.12 + 0.88 * Math.sqrt(v / most));
        ctx.fillRect(x(chart.x[at] - step), height - bottom - (row + 1) * cellHeight, Math.max(1, x(chart.x[at]) - x(chart.x[at] - step) - 0.5), Math.max(1, cellHeight - 0.5));
      });
    });
    for (const band of bandsOf(chart)) {
      if (band.color !== '--bad') continue;
      ctx.fillStyle = faint(band.color, 0.12);
      ctx.fillRect(x(band.from), top, Math.max(1, x(band.to) - x(band.from)), height - bottom - top);
    }
    ctx.fillStyle = css('--muted'); ctx.textBaseline = 'middle'; ctx.textAlign = 'right';
    const every = Math.ceil(13 / cellHeight);
    names.forEach((name, row) => { if (row % every === 0) ctx.fillText(name, left - 5, height - bottom - (row + 0.5) * cellHeight); });
    ctx.textBaseline = 'top'; ctx.textAlign = 'center';
    const count = Math.max(2, Math.floor((width - left) / 90));
    for (let i = 1; i < count; i += 1) { const at = data.from + (data.to - data.from) * i / count; ctx.fillText(tick(at), x(at), height - bottom + 5); }
    return { destroy: () => canvas.remove() };
  }

  function drawAll() {
    for (const one of drawn) one.destroy();
    drawn = data.charts.flatMap((chart) => {
      const box = place(chart);
      return box && box.clientHeight > 20 ? [chart.kind === 'heatmap' ? heatmap(chart, box) : lines(chart, box)] : [];
    });
  }

  ${themeScript}
  let pending = 0;
  addEventListener('resize', () => { cancelAnimationFrame(pending); pending = requestAnimationFrame(drawAll); });
})();
`;
