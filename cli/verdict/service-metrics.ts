/** Metrics of the services and of the load workers. */
import { isObserverKind } from '../samples/observers.ts';
import type { ServiceSummary, Summary } from '../samples/summary.ts';
import { nothing } from './metric.ts';
import type { Metric, MetricUnit } from './metric.ts';

/** The Node servers, when a threshold selects nothing else. */
const serverKind = 'server';

/**
 * A service answers to its name (`ws-1`), its kind (`redis`), and its name without the number (`ws`).
 * `*` is every service of the system: one that only watches it must be named.
 */
function selectServices(
  services: readonly ServiceSummary[],
  selector: string | null,
): readonly ServiceSummary[] {
  if (selector === '*') return services.filter(({ kind }) => !isObserverKind(kind));
  const wanted = selector ?? serverKind;
  return services.filter(
    ({ name, kind }) => name === wanted || kind === wanted || name.replace(/-\d+$/, '') === wanted,
  );
}

/** The worst of the selected services. */
export function serviceMetric(
  name: string,
  about: string,
  unit: MetricUnit,
  statistics: readonly (readonly [string, (service: ServiceSummary) => number | null])[],
  isCount = false,
): Metric {
  return {
    name,
    about,
    selects: true,
    isCount,
    statistics: statistics.map(([statistic, value]) => ({
      name: statistic,
      unit,
      read: ({ services }, selector) => {
        const chosen = selectServices(services, selector);
        const read = chosen.flatMap((service) => {
          const one = value(service);
          return one === null ? [] : [{ value: one, name: service.name }];
        });
        const [first, ...others] = read;
        if (first === undefined) return nothing(noService(services, chosen, selector));
        const worst = others.reduce((a, b) => (b.value > a.value ? b : a), first);
        return {
          value: worst.value,
          samples: read.length,
          leastSamples: 1,
          note: 'services read',
          whose: worst.name,
        };
      },
    })),
  };
}

function noService(
  services: readonly ServiceSummary[],
  chosen: readonly ServiceSummary[],
  selector: string | null,
): string {
  if (services.length === 0) return 'no service was read (rtops does not run this target)';
  if (chosen.length > 0) return `${chosen.map(({ name }) => name).join(', ')} did not report it`;
  const names = services.map(({ name }) => name).join(', ');
  return `no service is called ${selector ?? serverKind}; there are ${names}`;
}

/** A figure of the workers together. */
export function generatorMetric(
  name: string,
  about: string,
  unit: MetricUnit,
  statistics: readonly (readonly [string, (generator: Summary['generator']) => number])[],
): Metric {
  return {
    name,
    about,
    selects: false,
    isCount: false,
    statistics: statistics.map(([statistic, value]) => ({
      name: statistic,
      unit,
      read: ({ generator }) => ({
        value: value(generator),
        samples: generator.workers,
        leastSamples: 1,
        note: 'load workers',
        whose: null,
      }),
    })),
  };
}
