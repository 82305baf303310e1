/** Rates, stages, shares and sizes as people write them, in files and on the command line. */
import { parseDurationMs } from '../topology/quantity.ts';
import type { MessageRate, Stage } from './scenario.ts';

/** The most users a scenario may name; beyond it a typing error is likelier than a wish. */
export const mostUsers = 1_000_000;
/** The longest stage, drain and hold: a week. */
export const longestMs = 7 * 86_400_000;

const perSecOf: Readonly<Record<string, number>> = {
  '/s': 1,
  '/sec': 1,
  '/m': 1 / 60,
  '/min': 1 / 60,
  '/h': 1 / 3600,
};

/** What {@link parseMessageRate} reads, for errors. */
export const messageRateTitle = 'a rate such as 1000/s (all users together) or 0.5/s/user';
/** `1000/s`, `30/min` in all; `0.5/s/user` for each. At most 1,000,000/s, or 1,000/s a user. */
export function parseMessageRate(text: string): MessageRate | undefined {
  const match = /^(.*?)(\/user)?$/.exec(text.trim());
  const perSec = parsePerSec(match?.[1] ?? '');
  if (perSec === undefined) return undefined;
  if (match?.[2] === undefined) return { kind: 'total', perSec };
  return perSec <= 1000 ? { kind: 'per-user', perSec } : undefined;
}

/** What {@link parsePerSec} reads, for errors. */
export const perSecTitle = 'a rate such as 50/s or 30/min (0 for none)';
/** `50/s`, `30/min`, `0` → per second, at most 1,000,000. */
export function parsePerSec(text: string): number | undefined {
  if (text.trim() === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)\s*(\/[a-z]+)$/.exec(text.trim());
  const perSec = Number(match?.[1]) * (perSecOf[match?.[2] ?? ''] ?? Number.NaN);
  return perSec <= 1_000_000 ? perSec : undefined;
}

/** What {@link parseStage} reads, for errors. */
export const stageTitle = 'a stage such as 10s:100 (a time above zero : the users at its end)';
/** `10s:100`: in 10 s, move in a straight line to 100 users. */
export function parseStage(text: string): Stage | undefined {
  const match = /^([^:]*):\s*(\d{1,7})$/.exec(text.trim());
  const durationMs = parseDurationMs(match?.[1] ?? '');
  const target = Number(match?.[2]);
  if (durationMs === undefined || !(target <= mostUsers)) return undefined;
  return durationMs >= 1 && durationMs <= longestMs ? { durationMs, target } : undefined;
}

/** What {@link parseShare} reads, for errors. */
export const shareTitle = 'a share such as 10% or 0.1, from 0 to 1';
/** `10%`, `0.1` → 0.1. */
export function parseShare(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(text.trim());
  const share = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1);
  return share <= 1 ? share : undefined;
}

/** What {@link parseChurn} reads, for errors. */
export const churnTitle = 'a share of the users per minute, such as 5%/min (0 for none)';
/** `5%/min`, `0.05/min`, `0` → share of the users that leave and come back each minute. */
export function parseChurn(text: string): number | undefined {
  if (text.trim() === '0') return 0;
  const match = /^(.*)\/min$/.exec(text.trim());
  return match === null ? undefined : parseShare(match[1] ?? '');
}

const bytesOf: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1_048_576,
};

/** `128B`, `1KB`, `4KiB`, `1.5MB` → whole bytes. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|KiB|MB|MiB)$/.exec(text.trim());
  return match === null
    ? undefined
    : Math.round(Number(match[1]) * (bytesOf[match[2] ?? ''] ?? Number.NaN));
}

/** A body holds its due time, so it cannot be shorter; the reference server takes no longer one. */
const leastPayloadBytes = 32;
const mostPayloadBytes = 16_384;

/** What {@link parsePayloadBytes} reads, for errors. */
export const payloadTitle = `a size such as 128B or 1KiB, from ${leastPayloadBytes}B to ${mostPayloadBytes}B`;
/** {@link parseBytes} within that range. */
export function parsePayloadBytes(text: string): number | undefined {
  const bytes = parseBytes(text) ?? Number.NaN;
  return bytes >= leastPayloadBytes && bytes <= mostPayloadBytes ? bytes : undefined;
}

/** What {@link parseCount} reads, for errors. */
export const countTitle = 'a whole number of users, such as 20, at most 1000';
/** `20`, `20 users` → 20, at most 1,000. */
export function parseCount(text: string): number | undefined {
  const match = /^(\d{1,4})(?:\s*users?)?$/.exec(text.trim());
  const count = Number(match?.[1]);
  return count <= 1000 ? count : undefined;
}
