/** What a person reads at the end of a sticky-test. */
import { describe, expect, test } from 'vitest';

import { judgeStickyMode } from '../verdict/sticky/judge-sticky-mode.ts';
import { judgeSticky } from '../verdict/sticky/judge-sticky.ts';
import type { StickyModeRefused, StickyModeResult } from '../verdict/sticky/sticky-result.ts';
import { heldPass, orphaned, stayed, strayed } from '../verdict/sticky/testing/sticky-passes.ts';
import { displayWidth } from './display-width.ts';
import type { StickyDocument } from './sticky-document.ts';
import { stickyRemedies } from './sticky-remedy.ts';
import { renderStickyText } from './sticky-text.ts';

const rules = {
  nodes: ['ws-1', 'ws-2', 'ws-3'],
  even: false,
  affine: true,
  predictable: false,
  byAddress: false,
} as const;
const loss = {
  victim: 'ws-2',
  witnesses: [stayed('ws-1', 0), stayed('ws-3', 1), orphaned('ws-2', 'ws-1', 2)],
};
const held = judgeStickyMode(heldPass({ loss }), { ...rules, mode: 'hash', role: 'subject' });
const strays = Array.from({ length: 9 }, (_, at) => strayed('ws-1', 'ws-2', at));
const control = judgeStickyMode(heldPass({ sessions: strays }), {
  ...rules,
  mode: 'none',
  role: 'control',
});
const refused: StickyModeRefused = {
  mode: 'native',
  role: 'subject',
  verdict: 'refused',
  why: 'needs nginx 1.29.6 or newer, found 1.22.1',
};

function documentOf(
  modes: readonly (StickyModeResult | StickyModeRefused)[],
  nginx = '1.22.1',
): StickyDocument {
  const played = modes.filter((mode) => mode.verdict !== 'refused');
  return {
    schemaVersion: 1,
    kind: 'sticky-test',
    topology: 'scaled',
    url: null,
    nginx,
    modes,
    remedies: stickyRemedies(played, nginx),
    notKnown: [],
    ...judgeSticky(modes),
  };
}

function render(document: StickyDocument, width = 80): string {
  return renderStickyText(document, { width, color: false, ascii: false });
}

test('the verdict comes first, then a row a mode, the control by name', () => {
  const text = render(documentOf([control, held, refused]));
  expect(text.split('\n')[1]).toMatch(/^✓ STICKY {2}30 of 30 sessions stayed/);
  expect(text).toMatch(/^ none +breaks: good +9 +9 +9\/0\/0/m);
  expect(text).toMatch(/^ hash +sticky +30 +0 +10\/10\/10 +0\.00 +1\.00 +1\.000 +0\/2$/m);
  expect(text).toMatch(/^ native +not here/m);
  expect(text).toContain('needs nginx 1.29.6 or newer, found 1.22.1');
  expect(text).toContain(
    'killed ws-2: 2 of 2 clients of other nodes stayed; 1 of its 1 moved once',
  );
  expect(text).not.toContain('To mend it');
});

test('a failure names the first session and the lines that mend it', () => {
  const text = render(documentOf([{ ...control, role: 'subject' }]));
  expect(text).toContain('✗ NOT STICKY');
  expect(text).toContain('9 broke: another node got the request');
  expect(text).toContain('client 0 from 127.0.1.1, opened on ws-1, answered by ws-2');
  expect(text).toContain('map $arg_sid $ws_upstream');
});

describe('what was not there is not told as if it had been', () => {
  const { loss: found } = held;
  if (found === null) throw new Error('the pass has a loss');
  test('a node whose clients went nowhere', () => {
    const perNode = found.movedTo.perNode.map((one) => ({ ...one, amount: 0 }));
    const nowhere = { ...found, orphansBack: 0, movedTo: { ...found.movedTo, perNode } };
    expect(render(documentOf([{ ...held, loss: nowhere }]))).toMatch(/0 of its 1 moved once$/m);
  });

  test('a change with no session open', () => {
    const none = { perNode: [], cv: 0, maxOverMean: 0, jain: 1, p: 1 };
    const change = {
      kind: 'reload',
      ...{ node: null, sessions: 4, moved: 0, orphans: 0, orphansMovedAgain: 0 },
      ...{ sockets: 2, socketsMoved: 0, openSockets: none, newcomers: null, halvedAfter: null },
    } as const;
    const textWith = (sessions: number, sockets: number) =>
      render(documentOf([{ ...held, changes: [{ ...change, sessions, sockets }] }]), 110);
    expect(textWith(4, 2)).toContain(
      'nginx was reloaded: every open session and WebSocket of other',
    );
    expect(textWith(0, 0)).toContain('nginx was reloaded: no session of another node was open');
  });
});

test('a foreign server’s name for a node reaches the terminal as text', () => {
  const broken: StickyModeResult = { ...control, role: 'subject', nodes: ['a\u001B[2J', 'b\n!'] };
  const text = render(documentOf([broken]));
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F]|^!/m);
  expect(text).toContain('server a[2J max_fails=0;');
});

test('a control that does not break is blind, and so is the test', () => {
  const text = render(documentOf([{ ...control, broken: 0, causes: [] }, held]));
  expect(text).toContain('NO VERDICT');
  expect(text).toContain('BLIND');
});

describe('the lines that mend it', () => {
  const broken: StickyModeResult = { ...control, role: 'subject' };
  const causedBy = (cause: StickyModeResult['causes'][number]['cause']): StickyModeResult => ({
    ...broken,
    causes: [{ cause, step: 'upgrade', count: 9 }],
  });
  const linesFor = (mode: StickyModeResult, version: string | null): string =>
    stickyRemedies([mode], version)
      .flatMap(({ lines }) => lines)
      .join('\n');

  test('are those of the nginx that was found', () => {
    expect(linesFor(broken, '1.22.1')).toContain('map $arg_sid');
    expect(linesFor(broken, '1.22.1')).not.toContain('sticky cookie');
    expect(linesFor(broken, '1.31.3')).toContain('sticky cookie');
    expect(linesFor(broken, null)).toContain('map $arg_sid');
  });

  test.each([
    { cause: 'cookie-dropped', says: 'withCredentials: true' },
    { cause: 'upgrade-headers', says: 'proxy_set_header Upgrade $http_upgrade;' },
    { cause: 'silent-retry', says: 'proxy_next_upstream off;' },
    { cause: 'dead-slot', says: 'down;' },
    { cause: 'session-lost', says: '@socket.io/sticky' },
  ] as const)('for $cause: $says', ({ cause, says }) => {
    expect(linesFor(causedBy(cause), '1.22.1')).toContain(says);
  });

  test('a control that broke needs none', () => {
    expect(stickyRemedies([control], '1.22.1')).toEqual([]);
  });
});

test.each([60, 80, 110, 200])('at %i columns no line of prose is wider', (width) => {
  const text = render(documentOf([control, held, refused]), width);
  const widest = Math.max(...text.split('\n').map((line) => displayWidth(line)));
  expect(widest).toBeLessThanOrEqual(Math.min(110, width));
});

test('colour changes nothing but colour', () => {
  const document = documentOf([control, held, refused]);
  const coloured = renderStickyText(document, { width: 80, color: true, ascii: false });
  expect(coloured).toContain('\u001B[');
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  expect(coloured.replaceAll(/\u001B\[\d+m/g, '')).toBe(render(document));
});
