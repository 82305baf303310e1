/** Which part of the system was the first at its limit, and what shows it. */

export type Bottleneck = {
  readonly kind: 'none' | 'generator' | 'proxy' | 'server' | 'redis' | 'machine';
  readonly evidence: string;
};
