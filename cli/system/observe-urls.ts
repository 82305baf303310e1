/** Where the observers of a system answer. */
import type { ServiceStatus } from './running-system.ts';

/** `http://127.0.0.1:PORT` of each; `null` where it does not stand. */
export type ObserveUrls = {
  readonly prometheus: string | null;
  readonly alertmanager: string | null;
  readonly grafana: string | null;
};

/** From the services of a system, as `rtops ps` lists them. */
export function observeUrls(
  services: readonly Pick<ServiceStatus, 'kind' | 'host' | 'port'>[],
): ObserveUrls {
  const of = (kind: keyof ObserveUrls): string | null => {
    const found = services.find((service) => service.kind === kind);
    return found === undefined ? null : `http://${found.host}:${found.port}`;
  };
  return { prometheus: of('prometheus'), alertmanager: of('alertmanager'), grafana: of('grafana') };
}
