/** What the Prometheus of an observed system answers. */
import type { UpDocument } from './rtops.ts';

type Sample = { readonly atSec: number; readonly value: number };

/** What Prometheus answers now. */
export async function read({ observe }: UpDocument, query: string): Promise<readonly Sample[]> {
  const words = new URLSearchParams({ query }).toString();
  const answer = (await (await fetch(`${observe.prometheus}/api/v1/query?${words}`)).json()) as {
    data: { result: { value: [number, string] }[] };
  };
  return answer.data.result.map(({ value: [atSec, value] }) => ({ atSec, value: Number(value) }));
}

/** Which alerts began to fire, and when, as Prometheus keeps it. */
export async function firedSince(prometheus: string, fromMs: number) {
  const stepSec = 1;
  const query = new URLSearchParams({
    query: 'ALERTS{alertstate="firing", alertname!="Watchdog"}',
    start: String(fromMs / 1000),
    end: String(Date.now() / 1000),
    step: String(stepSec),
  });
  const answer = (await (
    await fetch(`${prometheus}/api/v1/query_range?${query.toString()}`)
  ).json()) as {
    data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  return answer.data.result.flatMap(({ metric, values }) =>
    values
      .map(([atSec]) => atSec)
      .filter((atSec, index, all) => atSec - (all[index - 1] ?? -Infinity) > stepSec * 1.5)
      .map((atSec) => ({ alertname: metric['alertname'] ?? '', atMs: atSec * 1000 })),
  );
}
