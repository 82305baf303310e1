/** A plausible second-by-second record, the same at each call, for tests that draw it. */
import type { Detail, DetailPoint, Quantiles } from '../../samples/detail.ts';
import type { ServiceSample } from '../../samples/resources.ts';

/** One point a second and one reading of each service a second, rates and latencies with some noise. */
export function sampleDetail(seconds = 50, serviceCount = 6): Detail {
  const noise = seeded(7);
  const names = ['nginx', 'redis', 'api-1', 'api-2', 'ws-1', 'ws-2'];
  const points: DetailPoint[] = [];
  const services: ServiceSample[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    const share = second / seconds;
    const targetUsers = Math.round(
      share < 0.2
        ? share * 500
        : share < 0.6
          ? 100 + (share - 0.2) * 2250
          : share < 0.85
            ? 1000
            : (1 - share) * 6667,
    );
    const users = Math.max(0, targetUsers - Math.round(noise() * 6));
    const load = users / 1000;
    points.push({
      t: second * 1000,
      stage: share < 0.2 ? 0 : share < 0.6 ? 1 : share < 0.85 ? 2 : 3,
      users,
      targetUsers,
      sentPerSec: Math.round(users * 0.5 * (0.95 + noise() * 0.1)),
      deliveredPerSec: Math.round(users * 5 * (0.95 + noise() * 0.1)),
      httpPerSec: 50,
      errorsPerSec: 0,
      ackMs: users === 0 ? null : quantiles(1.2 + load, noise),
      deliveryMs: users === 0 ? null : quantiles(1.6 + load * 1.8, noise),
      httpMs: quantiles(1, noise),
    });
    for (let index = 0; index < serviceCount; index += 1) {
      const name = names[index] ?? `ws-${index - 3}`;
      services.push({
        atMs: second * 1000 + index,
        name,
        kind: name === 'nginx' || name === 'redis' ? name : 'server',
        pid: 4000 + index,
        cpuPct: (4 + index * 7) * load + noise() * 4,
        rssMb: 60 + index * 8 + share * 12,
        waitPct: noise() * 6,
        loopLagMs: index < 2 ? null : 1 + noise() * 3,
        connections: name.startsWith('ws')
          ? Math.round(users / Math.max(1, serviceCount - 4))
          : null,
        restarts: 0,
      });
    }
  }
  return { points, services };
}

function quantiles(base: number, noise: () => number): Quantiles {
  const p50 = base * (0.9 + noise() * 0.2);
  return { p50, p95: p50 * (1.7 + noise() * 0.4), p99: p50 * (2.6 + noise()) };
}

/** A linear congruential generator (Numerical Recipes), 0 ≤ x < 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
