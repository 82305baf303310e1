/**
 * What only watches (`up --observe`) is no part of what a topology costs. The names are those of the
 * kinds; a test holds them to the topology's list.
 */
export const observers = [
  'exporter',
  'redis-exporter',
  'nginx-exporter',
  'alertmanager',
  'prometheus',
  'grafana',
] as const;

/** The matcher that leaves them out. */
export const measuredServices = `service!~"${observers.join('|')}"`;
