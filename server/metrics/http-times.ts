/** How long HTTP requests took, by method, route pattern and class of status: all three bounded. */
import { latencyBuckets } from '../metric-family.ts';
import type { Series } from './exposition.ts';
import { createTally, type Tally } from './tally.ts';

type HttpTimes = {
  observe(
    seconds: number,
    of: { readonly method: string; readonly route: string; readonly status: number },
  ): void;
  /** The series of its answers, good and failed, are there from now on. */
  routeKnown(method: string, route: string): void;
  series(): readonly Series[];
};

const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE', 'OPTIONS']);
/** The contract's bound, with room for `other`. */
const mostRoutes = 15;

export function createHttpTimes(): HttpTimes {
  const byKey = new Map<string, { readonly labels: Series['labels']; readonly tally: Tally }>();
  const routes = new Set<string>();

  const tallyOf = (method: string, route: string, statusClass: string): Tally => {
    if (routes.size < mostRoutes) routes.add(route);
    const labels = {
      method: methods.has(method) ? method : 'other',
      route: routes.has(route) ? route : 'other',
      status_class: statusClass,
    };
    const key = `${labels.method} ${labels.status_class} ${labels.route}`;
    const known = byKey.get(key);
    if (known !== undefined) return known.tally;
    const tally = createTally(latencyBuckets);
    byKey.set(key, { labels, tally });
    return tally;
  };

  return {
    observe: (seconds, { method, route, status }) =>
      tallyOf(method, route, `${Math.floor(status / 100)}xx`).observe(seconds),
    routeKnown: (method, route) => {
      if (!methods.has(method)) return;
      tallyOf(method, route, '2xx');
      tallyOf(method, route, '5xx');
    },
    series: () => [...byKey.values()].map(({ labels, tally }) => ({ labels, value: tally })),
  };
}
