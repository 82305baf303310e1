/** Connections, CPU and memory of services as charts. */
import type { ServiceSample } from '../samples/resources.ts';
import { columnsOf, highest, maxPoints } from './chart-columns.ts';
import type { Chart } from './chart-data.ts';

/** Figures in all charts of services together; with about 5 bytes each this bounds the file. */
const maxServiceFigures = 24_000;
/** More lines than this cannot be told apart. */
const maxServiceLines = 10;

const figures = [
  [
    'connections',
    'Connections',
    'open on each node, by its own count',
    '',
    (one) => one.connections,
  ],
  ['cpu', 'CPU', '100 % is one core', '%', (one) => one.cpuPct],
  ['memory', 'Memory', 'resident, all processes of a service', 'MB', (one) => one.rssMb],
] as const satisfies readonly (readonly [
  id: string,
  title: string,
  hint: string,
  unit: string,
  read: (one: ServiceSample) => number | null,
])[];

/** A chart a figure, a line a service; of many services the highest. */
export function serviceCharts(samples: readonly ServiceSample[]): readonly Chart[] {
  const passes = passesOf(samples);
  const byName = Map.groupBy(samples, (sample) => sample.name);
  const names = [...byName.keys()];
  return figures.map(([id, title, hint, unit, read]) => {
    const ranked = [...byName]
      .map(([name, own]) => ({ name, peak: peakOf(own, read) }))
      .filter(({ peak }) => peak >= 0)
      .toSorted((a, b) => b.peak - a.peak);
    const shown = ranked
      .slice(0, maxServiceLines)
      .map(({ name }) => name)
      .toSorted((a, b) => names.indexOf(a) - names.indexOf(b));
    const lines = Math.max(1, shown.length);
    const max = Math.min(maxPoints, Math.floor(maxServiceFigures / figures.length / lines));
    const columns = columnsOf(passes, ({ atMs }) => atMs, max);
    return {
      ...{ id, title, unit },
      hint:
        ranked.length > shown.length
          ? `${hint}; the ${shown.length} highest of ${ranked.length}`
          : hint,
      x: columns.map(({ sec }) => sec),
      series: shown.map((name) => ({
        label: name,
        // A service keeps its colour from chart to chart.
        color: `--c${(names.indexOf(name) % maxServiceLines) + 1}`,
        values: columns.map((column) =>
          highest(column, ({ byService }) => {
            const sample = byService.get(name);
            return sample === undefined ? null : read(sample);
          }),
        ),
      })),
      bounds: [],
    };
  });
}

/** Below 0 where nothing was read. */
function peakOf(own: readonly ServiceSample[], read: (one: ServiceSample) => number | null) {
  return own.reduce((most, one) => Math.max(most, read(one) ?? -1), -1);
}

/** One reading of all services that were there. */
type Pass = { readonly atMs: number; readonly byService: Map<string, ServiceSample> };

/** All are read within this, and then no more for the rest of a second. */
const passMs = 500;

function passesOf(samples: readonly ServiceSample[]): readonly Pass[] {
  const passes: Pass[] = [];
  for (const sample of samples.toSorted((a, b) => a.atMs - b.atMs)) {
    const last = passes.at(-1);
    if (
      last === undefined ||
      sample.atMs - last.atMs >= passMs ||
      last.byService.has(sample.name)
    ) {
      passes.push({ atMs: sample.atMs, byService: new Map([[sample.name, sample]]) });
    } else {
      last.byService.set(sample.name, sample);
    }
  }
  return passes;
}
