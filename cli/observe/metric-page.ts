/** Families of the metric contract as metrics of a page: what is not in the contract cannot be made. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricObjectWithValues, MetricValueWithName } from 'prom-client';

import type { MetricFamily } from '../../server/metric-contract.ts';
import type { BucketCounts } from '../samples/histogram.ts';

type Labels = Readonly<Record<string, string>>;

/** A page to be scraped. */
export class MetricPage {
  readonly #series = new Registry();

  get contentType(): string {
    return this.#series.contentType;
  }

  /** The whole page in Prometheus' text format. */
  async text(): Promise<string> {
    return await this.#series.metrics();
  }

  counter(family: MetricFamily): Counter {
    return new Counter(this.#settings(family));
  }

  gauge(family: MetricFamily): Gauge {
    return new Gauge(this.#settings(family));
  }

  histogram(family: MetricFamily): Histogram {
    return new Histogram({ ...this.#settings(family), buckets: bucketsOf(family) });
  }

  countedHistogram(family: MetricFamily): CountedHistogram {
    return new CountedHistogram({ ...this.#settings(family), buckets: bucketsOf(family) });
  }

  #settings({ name, help, labels }: MetricFamily) {
    return { name, help, labelNames: Object.keys(labels), registers: [this.#series] };
  }
}

/** Sets a counter to what somebody else has counted. */
export function setCounter(counter: Counter, labels: Labels, total: number): void {
  counter.remove(labels);
  counter.inc(labels, total);
}

/** A histogram of one series whose observations somebody else has counted. */
class CountedHistogram extends Histogram {
  readonly #bounds: readonly number[];
  readonly #name: string;
  readonly #help: string;
  #labels: Labels = {};
  #counts: BucketCounts = { upTo: [], count: 0, sumSec: 0 };

  constructor(settings: ConstructorParameters<typeof Histogram>[0] & { buckets: number[] }) {
    super(settings);
    this.#bounds = settings.buckets;
    this.#name = settings.name;
    this.#help = settings.help;
  }

  set(labels: Labels, counts: BucketCounts): void {
    this.#labels = labels;
    this.#counts = counts;
  }

  override get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const { upTo, count, sumSec } = this.#counts;
    const value = (metricName: string, number: number, labels: Labels = this.#labels) => ({
      metricName: `${this.#name}_${metricName}`,
      value: number,
      labels,
    });
    const buckets = this.#bounds.map((le, at) =>
      value('bucket', upTo[at] ?? 0, { ...this.#labels, le: String(le) }),
    );
    return Promise.resolve({
      name: this.#name,
      help: this.#help,
      // As the library itself writes it; its type says an enum.
      type: 'histogram' as never,
      aggregator: 'sum',
      collect: () => undefined,
      values: [
        ...buckets,
        value('bucket', count, { ...this.#labels, le: '+Inf' }),
        value('sum', sumSec),
        value('count', count),
      ],
    });
  }

  /** What the page is made from, where the library has it. */
  getForPromString(): ReturnType<CountedHistogram['get']> {
    return this.get();
  }
}

function bucketsOf({ buckets }: MetricFamily): number[] {
  return [...(buckets ?? [])];
}
