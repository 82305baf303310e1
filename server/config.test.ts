import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

const good = { RTOPS_JWT_SECRET: 'x'.repeat(32) };

describe('the settings', () => {
  test('need nothing but the secret', () => {
    expect(parseConfig(good)).toMatchObject({
      role: 'all',
      node: 'server-1',
      host: '127.0.0.1',
      port: 0,
      messagePath: 'log',
      sendLimit: undefined,
      pingIntervalMs: 25_000,
      pingTimeoutMs: 60_000,
      maxConnections: undefined,
      logKeep: 10_000,
      traceSample: 0.01,
    });
  });

  test('take every key', () => {
    const config = parseConfig({
      ...good,
      RTOPS_ROLE: 'ws',
      RTOPS_NODE: 'ws-1',
      API_PORT: '1',
      WS_PORT: '4001',
      REDIS_URL: 'redis://127.0.0.1:6379',
      RTOPS_RATE_LIMIT: '20/10000',
      CORS_ORIGINS: 'https://a.example, http://b.example:8080',
      RTOPS_MAX_CONNECTIONS: '10',
      RTOPS_SABOTAGE: 'swap',
      RTOPS_FAULTS: 'on',
      RTOPS_TRACE_SAMPLE: '0.5',
      PATH: '/bin',
    });
    expect(config).toMatchObject({
      role: 'ws',
      port: 4001,
      sendLimit: { count: 20, windowMs: 10_000 },
      corsOrigins: ['https://a.example', 'http://b.example:8080'],
      maxConnections: 10,
      sabotage: 'swap',
      faults: true,
      traceSample: 0.5,
    });
  });

  test.each([
    ['RTOPS_ROLLE', 'all'],
    ['RTOPS_ROLE', 'both'],
    ['RTOPS_FAULTS', 'yes'],
    ['RTOPS_JWT_SECRET', 'short'],
    ['RTOPS_JWT_SECRET', ''],
    ['RTOPS_NODE', 'a b'],
    ['API_PORT', '-1'],
    ['API_PORT', '65536'],
    ['API_PORT', '80a'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['REDIS_URL', 'nonsense'],
    ['RTOPS_MESSAGE_PATH', 'both'],
    ['RTOPS_RATE_LIMIT', '20'],
    ['RTOPS_RATE_LIMIT', '0/1000'],
    ['RTOPS_RATE_LIMIT', '20/10s'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://*.example'],
    ['CORS_ORIGINS', 'https://a.example/path'],
    ['RTOPS_PING_INTERVAL_MS', '25s'],
    ['RTOPS_MAX_CONNECTIONS', 'many'],
    ['RTOPS_LOG_LEVEL', 'loud'],
    ['RTOPS_LOG_KEEP', '0'],
    ['RTOPS_TRACE_SAMPLE', '2'],
    ['RTOPS_TRACE_SAMPLE', '-0.1'],
    ['RTOPS_TRACE_SAMPLE', '1%'],
    ['RTOPS_TRACE_SAMPLE', 'e'],
    ['RTOPS_SABOTAGE', 'explode'],
  ])('%s=%s is refused by name', (key, value) => {
    expect(() => parseConfig({ ...good, [key]: value })).toThrow(ConfigError);
    expect(() => parseConfig({ ...good, [key]: value })).toThrow(key);
  });

  test('a secret never shows up in the message', () => {
    expect(() => parseConfig({ RTOPS_JWT_SECRET: 'hunter2' })).not.toThrow('hunter2');
  });

  test('lying on the adapter path is refused: only the log path knows how', () => {
    const env = { ...good, RTOPS_SABOTAGE: 'drop', RTOPS_MESSAGE_PATH: 'adapter' };
    expect(() => parseConfig(env)).toThrow('RTOPS_SABOTAGE');
  });
});
