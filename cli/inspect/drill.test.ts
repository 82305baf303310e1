import { describe, expect, test } from 'vitest';

import { alertList } from './alert-list.ts';
import { drillRow, drillText } from './drill.ts';
import { readNotificationCounters } from './notification-counters.ts';

const way = { integration: 'slack', receivers: ['team'], count: 1 };

/** Alertmanager's page; `labels` as newer versions have them beside the integration. */
function page(requests: number, failed: number, givenUp: number, labels = ''): string {
  return [
    '# TYPE alertmanager_notification_requests_total counter',
    `alertmanager_notification_requests_total{integration="slack"} ${requests}`,
    `alertmanager_notification_requests_failed_total{integration="slack"} ${failed}`,
    `alertmanager_notifications_failed_total{integration="slack"${labels}} ${givenUp}`,
    `alertmanager_notification_latency_seconds_sum{integration="slack"} ${requests * 0.02}`,
    `alertmanager_notification_latency_seconds_count{integration="slack"} ${requests}`,
  ].join('\n');
}

function judged(before: string, now: string, over = false) {
  return drillRow(way, {
    before: readNotificationCounters(before),
    now: readNotificationCounters(now),
    errors: new Map(),
    watchedMs: 14_000,
    over,
  });
}

describe('what became of the drill', () => {
  test.each([
    {
      it: 'delivered',
      before: page(5, 2, 1),
      now: page(6, 2, 1),
      row: { outcome: 'delivered', status: '2xx', attempts: 1 },
    },
    {
      it: 'delivered, the first ever: 0.25 had no series before',
      before: '',
      now: page(1, 0, 0),
      row: { outcome: 'delivered', attempts: 1 },
    },
    {
      it: 'delivered at the third attempt',
      before: page(0, 0, 0),
      now: page(3, 2, 0),
      row: { outcome: 'delivered', attempts: 3 },
    },
    {
      it: 'given up',
      before: page(0, 0, 0),
      now: page(8, 8, 1),
      row: { outcome: 'failed', status: null, attempts: 8 },
    },
    {
      it: 'given up, counted by reason',
      before: page(0, 0, 0),
      now: `${page(1, 1, 1, ',reason="clientError"')}\n`,
      row: { outcome: 'failed' },
    },
    {
      it: 'delivered by an Alertmanager that began again',
      before: page(50, 0, 0),
      now: page(1, 0, 0),
      row: { outcome: 'delivered', attempts: 1 },
    },
  ])('$it', ({ before, now, row }) => {
    expect(judged(before, now)).toMatchObject(row);
  });

  test('nothing yet is no row, until no more is waited for', () => {
    expect(judged(page(1, 0, 0), page(1, 0, 0))).toBeUndefined();
    expect(judged(page(1, 0, 0), page(2, 1, 0))).toBeUndefined();
    expect(judged(page(1, 0, 0), page(1, 0, 0), true)).toMatchObject({
      outcome: 'failed',
      why: 'nothing was delivered within 14 s',
    });
  });

  test('latency is the mean of the requests of the drill', () => {
    expect(judged(page(10, 0, 0), page(11, 0, 0))?.latencyMs).toBeCloseTo(20);
  });

  test('what fired meanwhile is named: Alertmanager counts it with the drill', () => {
    const row = judged(page(10, 0, 0), page(13, 0, 0));
    const rows = row === undefined ? [] : [row];
    expect(drillText(rows, ['ServerDown'])).toMatch(/ 3\nMeanwhile ServerDown fired as well/);
    expect(drillText(rows, [])).not.toContain('Meanwhile');
  });
});

describe('the list of alerts', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const alert = (alertname: string, state: 'firing' | 'pending', secondsAgo: number) => ({
    labels: { alertname, severity: 'critical' },
    annotations: { summary: `${alertname} it is` },
    state,
    activeAt: new Date(now - secondsAgo * 1000).toISOString(),
  });

  test('firing before pending, longest first, without the Watchdog', () => {
    const text = alertList(
      [
        alert('B', 'pending', 9),
        alert('A', 'firing', 5),
        alert('C', 'firing', 300),
        alert('Watchdog', 'firing', 999),
      ],
      now,
    );
    expect(text.split('\n').map((line) => line.trim().split(/\s+/).slice(0, 5).join(' '))).toEqual([
      'firing critical 5 min C',
      'firing critical 5 s A',
      'pending critical 9 s B',
      '',
    ]);
  });

  test('two of one name are told apart by what the summary does not say', () => {
    const failing = (integration: string) => {
      const one = alert('NotificationsFailing', 'firing', 5);
      const summary = 'notifications of ws-2 do not arrive';
      return {
        ...one,
        labels: { ...one.labels, integration, instance: 'ws-2', topology: 'scaled' },
        annotations: { summary },
      };
    };
    const text = alertList([failing('slack'), failing('webhook')], now);
    expect(text).toMatch(/do not arrive \(integration=slack\)\n.*\(integration=webhook\)\n/);
  });

  test('what a label holds reaches the terminal as text', () => {
    const text = alertList([alert('Watchdog', 'firing', 9), alert('A\u001B[2J', 'firing', 5)], now);
    expect(text).toMatch(/^firing +critical +5 s +A\[2J/);
    expect(text).not.toContain('\u001B');
  });

  test('of the Watchdog alone it is empty', () => {
    expect(alertList([alert('Watchdog', 'firing', 9)], now)).toBe('');
  });
});
