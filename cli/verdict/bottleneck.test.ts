import { describe, expect, test } from 'vitest';

import type { ServiceSummary, Summary } from '../samples/summary.ts';
import { findBottleneck } from './bottleneck.ts';
import { goodSummary, service, summaryWith } from './testing/good-summary.ts';

const generator = goodSummary.generator;

function services(...changed: readonly ServiceSummary[]): Partial<Summary> {
  const names = new Set(changed.map(({ name }) => name));
  return { services: [...goodSummary.services.filter(({ name }) => !names.has(name)), ...changed] };
}

describe('the bottleneck', () => {
  test.each<[string, Partial<Summary>, number, string, string]>([
    [
      'nothing is at its limit',
      {},
      4,
      'none',
      'the busiest was ws-2 at 43% of one core, and the 4 cores of the machine were 45% in use',
    ],
    [
      'a server fills a core',
      services(service('ws-1', 'server', 93)),
      4,
      'server',
      'ws-1 at 93% of one core',
    ],
    ['almost fills it', services(service('ws-1', 'server', 89)), 4, 'none', 'ws-1 at 89%'],
    [
      'a server fills a core of a full machine',
      services(service('ws-1', 'server', 97)),
      2,
      'server',
      '100% in use',
    ],
    [
      'nginx fills its one worker',
      services(service('nginx', 'nginx', 95)),
      4,
      'proxy',
      'nginx at 95% of one core with 1 worker',
    ],
    ['redis fills its core', services(service('redis', 'redis', 92)), 4, 'redis', 'redis at 92%'],
    [
      'all together fill the machine',
      services(service('ws-1', 'server', 60)),
      2,
      'machine',
      'by no process alone',
    ],
    [
      'other programs fill the machine',
      { machine: { cpuPct: { avg: 95, max: 99 }, stealPct: 0 } },
      4,
      'machine',
      'the 4 cores of the machine were 99% in use, on average 6',
    ],
    [
      'the generator is late for other programs fill the machine',
      {
        generator: { ...generator, lateSends: 500 },
        machine: { cpuPct: { avg: 95, max: 99 }, stealPct: 0 },
      },
      4,
      'machine',
      'by other processes than the services and the load',
    ],
    [
      'the generator is late, and nobody else is busy',
      {
        generator: { ...generator, lateSends: 500 },
        machine: { cpuPct: { avg: 40, max: 45 }, stealPct: 0 },
      },
      4,
      'generator',
      'while the 4 cores of the machine were 45% in use',
    ],
    [
      'the hypervisor has the cores',
      { machine: { cpuPct: { avg: 97, max: 99 }, stealPct: 60 } },
      4,
      'machine',
      '60% taken by the hypervisor',
    ],
    [
      'the generator is late on a free machine',
      { generator: { ...generator, lateSends: 500 } },
      4,
      'generator',
      '500 of 10,000 sends (5.0%)',
    ],
    [
      'the generator is late on a full machine',
      { generator: { ...generator, lateSends: 500, cpuPct: 90 } },
      2,
      'machine',
      'the load generator was saturated',
    ],
    [
      'a late generator comes before a full server',
      { ...services(service('ws-1', 'server', 95)), generator: { ...generator, lateSends: 500 } },
      8,
      'generator',
      'saturated',
    ],
    [
      'the generator fills its cores in time',
      { generator: { ...generator, cpuPct: 185 } },
      8,
      'generator',
      'its 2 workers used 93% of a core each',
    ],
    [
      'a server blocks',
      services({ ...service('ws-1', 'server', 30), loopLagMs: 140 }),
      4,
      'server',
      'the event loop of ws-1 lagged 140 ms (p99)',
    ],
    [
      'a service cannot run',
      services({ ...service('redis', 'redis', 30), waitPct: 25 }),
      8,
      'machine',
      'redis stood 25% of the time in the run queue',
    ],
    ['no service was read', { services: [] }, 4, 'none', 'no service was read'],
  ])('%s', (_, change, cores, kind, evidence) => {
    const found = findBottleneck(summaryWith(change), cores);
    expect(found.kind).toBe(kind);
    expect(found.evidence).toContain(evidence);
  });

  test('who only watches is never named, though it fills the machine like anybody', () => {
    const watcher = service('prometheus', 'prometheus', 99);
    const starved = { ...watcher, waitPct: 60 };
    const found = findBottleneck(summaryWith(services(starved)), 8);
    expect(found.kind).toBe('none');
    expect(found.evidence).not.toContain('prometheus');
    expect(findBottleneck(summaryWith(services(starved)), 2).kind).toBe('machine');
    // The same of a part of the system is the limit.
    const redis = { ...service('redis', 'redis', 10), waitPct: 60 };
    expect(findBottleneck(summaryWith(services(redis)), 8).evidence).toContain('redis stood 60%');
  });

  test('nginx with two workers has two cores to fill', () => {
    const busy = summaryWith(services(service('nginx', 'nginx', 120)));
    expect(findBottleneck(busy, 4, 2).kind).toBe('none');
    expect(findBottleneck(busy, 4, 1).kind).toBe('proxy');
    expect(findBottleneck(summaryWith(services(service('nginx', 'nginx', 185))), 8, 2).kind).toBe(
      'proxy',
    );
  });
});
