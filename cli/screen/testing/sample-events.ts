/** The events of a plausible run, for the tests of the renderers. */
import type { RunEvent } from '../../events.ts';
import { sampleDetail } from '../../report/testing/sample-detail.ts';
import { sampleReport } from '../../report/testing/sample-report.ts';

type Sample = {
  readonly seconds?: number;
  readonly services?: number;
  readonly warnings?: number;
};

/** Start of six services, 50 ticks unless told otherwise, and the end. */
export function sampleEvents({
  seconds = 50,
  services = 6,
  warnings = 1,
}: Sample = {}): readonly RunEvent[] {
  const { scenario } = sampleReport();
  let untilMs = 0;
  const stages = scenario.stages.map(({ durationMs, target }) => {
    untilMs += durationMs;
    return { untilMs, target };
  });
  const detail = sampleDetail(seconds, services);
  const events: RunEvent[] = [
    { kind: 'note', t: 0, text: 'starting scaled' },
    ...['redis', 'ws-1', 'nginx'].flatMap((name): RunEvent[] => [
      { kind: 'service', name, state: 'starting', detail: '' },
      { kind: 'service', name, state: 'ready', detail: '127.0.0.1:4012' },
    ]),
    {
      kind: 'run-start',
      runId: 'a',
      scenario: scenario.name,
      topology: 'scaled',
      url: 'http://127.0.0.1:4000',
      plannedUsers: 1000,
      durationMs: untilMs,
      stages,
      runDir: '.rtops/runs/a',
    },
  ];
  let stage = -1;
  let sent = 0;
  let delivered = 0;
  for (const point of detail.points) {
    if (point.stage !== stage) {
      stage = point.stage;
      const target = stages[stage]?.target ?? 0;
      events.push({ kind: 'stage', t: point.t, index: stage, of: stages.length, target });
    }
    sent += point.sentPerSec;
    delivered += point.deliveredPerSec;
    events.push({
      kind: 'tick',
      t: point.t,
      tick: {
        ...point,
        connected: point.users,
        refused: 0,
        sent,
        acked: sent,
        delivered,
        duplicated: 0,
        errors: 0,
        lateSends: 3,
        generatorCpuPct: 48,
        generatorLoopLagMs: 4.2,
      },
      services: detail.services.filter((one) => Math.round(one.atMs / 1000) * 1000 === point.t),
    });
    if (point.t === 2000) {
      for (let index = 0; index < warnings; index += 1) {
        events.push({ kind: 'warning', t: point.t, text: `ws-${index + 1} restarted` });
      }
    }
  }
  events.push({ kind: 'run-end', t: seconds * 1000, verdict: 'pass', exitCode: 0 });
  return events;
}
