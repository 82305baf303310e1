/**
 * What each fault of failover-test raises on `scaled` under load, and in what time: the table of
 * docs/alerts.md. Seconds; from the fault's begin to firing, and from its end to all resolved.
 */

export type FaultAlerts = {
  /** As for `--fault`, without `at=`. */
  readonly fault: string;
  /** Each of these fires, and nothing that is neither here nor in `perhaps`. */
  readonly alerts: readonly string[];
  /** May fire; what it depends on stands in {@link dependsOn}. */
  readonly perhaps: readonly (keyof typeof dependsOn)[];
  readonly withinSec: number;
  readonly resolvedWithinSec: number;
  /** Why so, for the table. */
  readonly because: string;
};

/** Why an alert may or may not come with a fault that does not ask for it. */
const dependsOn = {
  GeneratorSaturated: 'a machine whose cores are taken by the fault, or by others',
  EventLoopLag: 'the same; after a stall, whether the server was scraped while it lasted',
  ReconnectStorm: 'whether the fault met a fifth of the users, and ten of them',
  LatencySLO: 'how many messages waited for it, and how long',
  ErrorRateHigh:
    'whether over 1 % of the events or requests of 30 s were refused, or waited in vain, for 5 s',
  RedisUnreachable: 'whether a server misses Redis some scrapes before its exporter does',
  UpstreamFailover: 'whether a user was sent to that server meanwhile',
  DeliveryLoss: 'whether a hole was filled before a look at the live count',
  ScrapeSlow: 'when in its scrape the exporter was held up',
  ExporterDown: 'the same',
} as const;

/** The machine is one of the two that run the system and its users. */
const machine = ['GeneratorSaturated', 'EventLoopLag'] as const;
/** Who is thrown off comes back at once. */
const thrown = [...machine, 'ReconnectStorm'] as const;

export const faultAlerts: readonly FaultAlerts[] = [
  {
    fault: 'kill@ws-2,for=20s',
    alerts: ['ServerDown', 'ServerRestarted', 'ReconnectStorm'],
    perhaps: machine,
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its users reconnect to the other node',
  },
  {
    fault: 'kill@api-1,for=20s',
    alerts: ['ServerDown', 'ServerRestarted'],
    perhaps: machine,
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'it has no connections; nginx asks the other one',
  },
  {
    fault: 'term@ws-2,for=20s',
    alerts: ['ServerDown', 'ServerRestarted', 'ReconnectStorm'],
    perhaps: [...machine, 'UpstreamFailover'],
    withinSec: 35,
    resolvedWithinSec: 75,
    because: 'it takes leave of its users first',
  },
  {
    fault: 'pause@ws-2,for=20s',
    alerts: ['ServerDown', 'ReconnectStorm', 'EventLoopLag', 'LatencySLO'],
    perhaps: ['GeneratorSaturated', 'DeliveryLoss', 'ErrorRateHigh'],
    withinSec: 40,
    resolvedWithinSec: 75,
    because: 'it does not answer, its users go or wait, and afterwards both say how long',
  },
  {
    fault: 'block@ws-2,for=20s',
    alerts: ['ServerDown', 'EventLoopLag'],
    perhaps: [...thrown, 'LatencySLO', 'DeliveryLoss', 'ErrorRateHigh'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'as paused; afterwards its event loop says how late it was',
  },
  {
    fault: 'kill@redis,for=20s',
    alerts: ['RedisDown', 'ErrorRateHigh'],
    perhaps: [...machine, 'LatencySLO', 'RedisUnreachable'],
    withinSec: 25,
    resolvedWithinSec: 75,
    because: 'nothing can be stored, so nothing is acknowledged',
  },
  {
    fault: 'restart@redis',
    alerts: [],
    perhaps: [...machine, 'ErrorRateHigh', 'LatencySLO'],
    withinSec: 20,
    resolvedWithinSec: 75,
    because: 'it is back before anybody need be told',
  },
  {
    fault: 'client-kill@redis',
    alerts: [],
    perhaps: machine,
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'servers connect again at once',
  },
  {
    fault: 'power-loss@redis',
    alerts: [],
    perhaps: [...machine, 'ErrorRateHigh', 'LatencySLO'],
    withinSec: 20,
    resolvedWithinSec: 75,
    because: 'as a restart; what was lost is said by the report',
  },
  {
    fault: 'slow-fsync@redis,for=20s,delay=300ms',
    alerts: ['LatencySLO'],
    perhaps: [...machine, 'ErrorRateHigh'],
    withinSec: 45,
    resolvedWithinSec: 75,
    because: 'with durability `always` each message waits for the disk',
  },
  {
    fault: 'pause@redis,for=20s',
    alerts: ['RedisDown', 'ErrorRateHigh'],
    perhaps: [...machine, 'LatencySLO', 'RedisUnreachable', 'ScrapeSlow', 'ExporterDown'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its exporter hangs with it, and the servers say that it is gone',
  },
  {
    fault: 'kill@nginx,for=15s',
    alerts: ['LoadBalancerDown', 'ReconnectStorm'],
    perhaps: [...machine, 'LatencySLO', 'UpstreamFailover'],
    withinSec: 60,
    resolvedWithinSec: 75,
    because: 'nobody gets in, and then everybody does',
  },
  {
    fault: 'reload@nginx',
    alerts: [],
    perhaps: machine,
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'connections outlive a reload',
  },
  {
    fault: 'worker-kill@nginx',
    alerts: [],
    perhaps: thrown,
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'nginx starts another; who was on it reconnects',
  },
  {
    fault: 'bad-config@nginx,for=5s',
    alerts: [],
    perhaps: machine,
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'it is refused, and the old one stays',
  },
  {
    fault: 'latency@nginx-ws-1,for=20s,delay=300ms',
    alerts: ['LatencySLO'],
    perhaps: machine,
    withinSec: 45,
    resolvedWithinSec: 75,
    because: 'users see it; the servers do not',
  },
  {
    fault: 'rate@nginx-ws-1,for=20s,rate=2KB/s',
    alerts: ['LatencySLO'],
    perhaps: [...thrown, 'DeliveryLoss'],
    withinSec: 45,
    resolvedWithinSec: 90,
    because: 'what does not fit waits',
  },
  {
    fault: 'blackhole@ws-1-redis,for=20s',
    alerts: ['RedisUnreachable', 'ErrorRateHigh'],
    perhaps: [...thrown, 'LatencySLO', 'UpstreamFailover', 'DeliveryLoss'],
    withinSec: 35,
    resolvedWithinSec: 75,
    because: 'Redis is there for all but one',
  },
  {
    fault: 'reset@nginx-ws-1,for=15s',
    alerts: ['ReconnectStorm', 'UpstreamFailover'],
    perhaps: [...machine, 'LatencySLO'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its users are thrown off, and nginx goes round it',
  },
  {
    fault: 'refuse@nginx-ws-1,for=15s',
    alerts: [],
    perhaps: [...machine, 'UpstreamFailover'],
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'who is in stays in; new users go elsewhere',
  },
  {
    fault: 'cut@nginx-ws-1,for=15s,bytes=20000',
    alerts: [],
    perhaps: [...thrown, 'UpstreamFailover', 'LatencySLO', 'DeliveryLoss'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'connections break one by one, each when it has carried so much',
  },
];

/** The table of docs/alerts.md, a line each. */
export function faultAlertTable(): readonly string[] {
  const cells = faultAlerts.map((row) => [
    `\`${row.fault}\``,
    row.alerts.length === 0 ? 'none' : row.alerts.join(', '),
    row.perhaps.filter((name) => !row.alerts.includes(name)).join(', '),
    row.alerts.length === 0 ? '-' : `${row.withinSec} s`,
    `${row.resolvedWithinSec} s`,
    row.because,
  ]);
  const head = ['fault', 'alerts', 'perhaps', 'within', 'resolved within', 'because'];
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`);
}

/** Below the table: what stands under _perhaps_, and why. */
export function perhapsList(): readonly string[] {
  return Object.entries(dependsOn).map(([alert, why]) => `- ${alert}: ${why}.`);
}
