/**
 * prometheus.yml as text. Only what Prometheus 2.42 (Debian 12) and 3.x both read: no
 * `scrape_protocols`, `fallback_scrape_protocol` or `scrape_native_histograms`.
 */
import { stringify } from 'yaml';

import { seriesLimit } from '../server/metric-contract.ts';

/**
 * Every target is read, and every rule judged, this often; Grafana's `timeInterval` is the same. A run
 * of a minute has 30 points of each series, and four intervals, the least a rate is taken over, are 8 s.
 */
export const scrapeIntervalSec = 2;

/** Who is asked: the jobs of the dashboards and rules, in the order of the file. */
export type ScrapeJob =
  | 'rtops-server'
  | 'rtops-run'
  | 'rtops-exporter'
  | 'redis'
  | 'nginx'
  | 'prometheus'
  | 'alertmanager';

/** A page to read. `instance` is the service's name: `ws-1`, `api-1`, `redis`, `nginx`, `exporter`. */
export type ScrapeTarget = {
  readonly job: Exclude<ScrapeJob, 'rtops-run'>;
  readonly instance: string;
  /** `host:port` of the page; for Redis and nginx the exporter's. */
  readonly address: string;
};

export type ScrapeConfigInput = {
  /** The topology's name: a label of every series. */
  readonly topology: string;
  readonly targets: readonly ScrapeTarget[];
  /** Glob of the files by which runs announce themselves; relative to prometheus.yml, or absolute. */
  readonly runTargets: string;
  readonly ruleFiles: readonly string[];
  /** `host:port` of Alertmanager; `null` where there is none. */
  readonly alertmanager: string | null;
};

/**
 * The most samples one target may give: well above what its page holds, and far below what would
 * fill a disk. A page that grows beyond it (labels without bound) is refused whole, and `up` is 0.
 */
const sampleLimits: Readonly<Record<ScrapeJob, number>> = {
  'rtops-server': seriesLimit,
  'rtops-run': seriesLimit,
  'rtops-exporter': seriesLimit,
  redis: 5000,
  nginx: 500,
  prometheus: 5000,
  alertmanager: 3000,
};

const jobs = Object.keys(sampleLimits) as readonly ScrapeJob[];

/** The whole file. A job without targets is left out; that of runs always stands. */
export function scrapeConfig(input: ScrapeConfigInput): string {
  return stringify({
    global: {
      scrape_interval: `${scrapeIntervalSec}s`,
      // A stalled server is down after one interval, not after the default's ten seconds.
      scrape_timeout: `${scrapeIntervalSec}s`,
      evaluation_interval: `${scrapeIntervalSec}s`,
    },
    rule_files: input.ruleFiles,
    ...(input.alertmanager === null
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [input.alertmanager] }] }] } }),
    scrape_configs: jobs.flatMap((job) =>
      job === 'rtops-run' ? [runJob(input)] : staticJob(job, input),
    ),
  });
}

function staticJob(job: ScrapeJob, { topology, targets }: ScrapeConfigInput): readonly object[] {
  const own = targets.filter((target) => target.job === job);
  if (own.length === 0) return [];
  return [
    {
      job_name: job,
      sample_limit: sampleLimits[job],
      static_configs: own.map(({ instance, address }) => ({
        targets: [address],
        labels: { topology, instance },
      })),
    },
  ];
}

/** A bench or failover test writes a file with its own address and labels, and removes it at its end. */
function runJob({ runTargets }: ScrapeConfigInput): object {
  return {
    job_name: 'rtops-run',
    sample_limit: sampleLimits['rtops-run'],
    file_sd_configs: [{ files: [runTargets], refresh_interval: '1s' }],
  };
}
