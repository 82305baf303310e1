/** Services that only watch (`up --observe`): listed in reports, no part of what is measured. */

/** Their kinds, as topologies name them (a test holds the two lists to each other). */
const observerKinds: ReadonlySet<string> = new Set([
  'exporter',
  'redis-exporter',
  'nginx-exporter',
  'alertmanager',
  'prometheus',
  'grafana',
]);

/** Whether a service of this kind watches the system, and is not of it. */
export function isObserverKind(kind: string): boolean {
  return observerKinds.has(kind);
}
