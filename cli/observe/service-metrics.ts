/** What each service is and uses: as its supervisor wrote it down, and from /proc. */
import { exporterMetrics } from '../../server/metric-contract.ts';
import { isAlive } from '../system/process-identity.ts';
import { readCpuAndMemory } from '../system/process-usage.ts';
import { groupsOf } from '../system/sampler.ts';
import { readSystemState } from '../system/system-state.ts';
import type { ServiceRecord, SystemState } from '../system/system-state.ts';
import type { ExporterConfig } from '../topology/exporter-config.ts';
import { setCounter } from './metric-page.ts';
import type { MetricPage } from './metric-page.ts';

export type ServiceMetrics = {
  /** Reads all of it now. */
  read(): void;
};

/**
 * Every service has its series from the start; one that is nowhere is down and uses nothing. CPU is
 * counted from the first reading on: what was used before is nobody's rate, and after a restart of the
 * exporter a total of its own would be taken for one that began again.
 */
export function serviceMetrics(
  exposed: MetricPage,
  { stateFile, services }: Pick<ExporterConfig, 'stateFile' | 'services'>,
): ServiceMetrics {
  const up = exposed.gauge(exporterMetrics.serviceUp);
  const restarts = exposed.counter(exporterMetrics.serviceRestarts);
  const cpuSeconds = exposed.counter(exporterMetrics.serviceCpuSeconds);
  const residentBytes = exposed.gauge(exporterMetrics.serviceResidentBytes);
  for (const { name } of services) cpuSeconds.inc({ service: name }, 0);
  let before: ReadonlyMap<string, number> | undefined;

  return {
    read() {
      const recorded = recordedServices(readSystemState({ stateFile }));
      const groups = groupsOf(
        [...recorded.values()].flatMap(({ pid }) => (pid === null ? [] : [pid])),
      );
      const now = new Map<string, number>();
      for (const { name: service, kind } of services) {
        const record = recorded.get(service);
        up.set({ service, kind }, record?.state === 'ready' ? 1 : 0);
        setCounter(restarts, { service }, record?.restarts ?? 0);
        let rssKb = 0;
        for (const pid of record?.pid == null ? [] : (groups.get(record.pid) ?? [])) {
          const used = readCpuAndMemory(pid);
          if (used === undefined) continue;
          rssKb += used.rssKb;
          // With the leader's start time: after a restart the same pid counts from zero.
          const key = `${record?.startTime}/${pid}`;
          now.set(key, used.cpuMs);
          if (before === undefined) continue;
          const usedMs = Math.max(0, used.cpuMs - (before.get(key) ?? 0));
          cpuSeconds.inc({ service }, usedMs / 1000);
        }
        residentBytes.set({ service }, rssKb * 1024);
      }
      before = now;
    },
  };
}

/** By name; none when the supervisor is gone: nobody sees to what it wrote any more. */
function recordedServices(state: SystemState | undefined): ReadonlyMap<string, ServiceRecord> {
  if (state === undefined || !isAlive(state.supervisor)) return new Map();
  return new Map(state.services.map((record) => [record.name, record]));
}
