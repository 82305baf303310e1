/** A stickiness test in the terminal: verdict, a table of modes, causes, spread, what mends it. */
import { controlSees, isEnoughAstray } from '../verdict/sticky/control.ts';
import { changeWords } from '../verdict/sticky/judge-changes.ts';
import type {
  StickyChangeResult,
  StickyLossResult,
  StickyModeRefused,
  StickyModeResult,
} from '../verdict/sticky/sticky-result.ts';
import type { Skew } from '../verdict/sticky/skew.ts';
import { displayWidth } from './display-width.ts';
import type { StickyDocument } from './sticky-document.ts';
import {
  fit,
  paint,
  plainText,
  symbolsOf,
  verdictSign,
  withoutControls,
  wrapWords,
} from './text-style.ts';
import type { TextStyle, Tone } from './text-style.ts';

export type StickyTextOptions = TextStyle & { readonly width: number };

const minWidth = 60;
const maxWidth = 110;

/** Each line ended, never wider than `width` (60 at least); lines of nginx.conf are not cut. */
export function renderStickyText(document: StickyDocument, options: StickyTextOptions): string {
  const width = Math.min(maxWidth, Math.max(minWidth, options.width));
  const lines = [
    '',
    ...headLines(document, options, width),
    '',
    ...tableLines(document.modes, options, width),
    ...document.modes.flatMap((mode) =>
      mode.verdict === 'refused' ? [] : modeLines(mode, options, width),
    ),
    ...remedyLines(document, options, width),
    ...document.notKnown.flatMap((text) => note(text, options, width)),
  ];
  return `${lines.join('\n')}\n`;
}

function headLines(
  { verdict, why, topology, url, nginx }: StickyDocument,
  style: TextStyle,
  width: number,
): readonly string[] {
  const symbols = symbolsOf(style);
  const { mark, tone } = verdictSign(verdict, style);
  const word = { pass: 'STICKY', fail: 'NOT STICKY', 'no-data': 'NO VERDICT' }[verdict];
  const [first = '', ...more] = wrapWords(plainText(why), width - word.length - 4);
  const what = [
    `sticky-test on ${plainText(topology ?? url ?? '')}`,
    ...(nginx === null ? [] : [`nginx ${nginx}`]),
  ].join(` ${symbols.dot} `);
  return [
    `${paint(style, 'strong', paint(style, tone, `${mark} ${word}`))}  ${first}`,
    ...more.map((line) => `${' '.repeat(word.length + 4)}${line}`),
    paint(style, 'dim', `   ${fit(what, width - 3, style)}`),
  ];
}

function tableLines(
  modes: StickyDocument['modes'],
  style: TextStyle,
  width: number,
): readonly string[] {
  const rows = [
    ['mode', 'verdict', 'sessions', 'broken', 'per node', 'CV', 'max', 'p', 'moved'],
    ...modes.map((mode) => rowOf(mode)),
  ];
  const columns = rows[0]?.map((_, at) =>
    Math.max(...rows.map((row) => displayWidth(row[at] ?? ''))),
  );
  return rows.map((row, at) => {
    const cells = row.map((cell, column) => {
      const pad = ' '.repeat(Math.max(0, (columns?.[column] ?? 0) - displayWidth(cell)));
      return isNumeric(column) ? pad + cell : cell + pad;
    });
    const line = fit(` ${cells.join('  ')}`.trimEnd(), width, style);
    const mode = modes[at - 1];
    return mode === undefined
      ? paint(style, 'dim', line)
      : paint(style, rowTone(mode, style), line);
  });
}

function isNumeric(column: number): boolean {
  return [2, 3, 5, 6, 7, 8].includes(column);
}

function rowOf(mode: StickyModeResult | StickyModeRefused): readonly string[] {
  if (mode.verdict === 'refused') return [mode.mode, 'not here', ...Array<string>(7).fill('-')];
  const { handshakes } = mode.skew;
  const { loss } = mode;
  return [
    mode.mode,
    verdictCell(mode),
    String(mode.sessions),
    String(mode.broken),
    handshakes.perNode.map(({ amount }) => amount).join('/') || '-',
    handshakes.cv.toFixed(2),
    handshakes.maxOverMean.toFixed(2),
    pText(handshakes.p),
    loss === null ? '-' : `${loss.survivorsMoved}/${loss.survivors}`,
  ];
}

/** A control has done well when it broke as it must. */
function verdictCell(mode: StickyModeResult): string {
  if (mode.role === 'control') return controlSees(mode) ? 'breaks: good' : 'BLIND';
  return { pass: 'sticky', fail: 'NOT STICKY', 'no-data': 'no verdict' }[mode.verdict];
}

function pText(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}

function rowTone(mode: StickyModeResult | StickyModeRefused, style: TextStyle): Tone {
  if (mode.verdict === 'refused') return 'dim';
  if (mode.role === 'control') return controlSees(mode) ? 'good' : 'warn';
  return verdictSign(mode.verdict, style).tone;
}

/** What the table has no room for. */
function modeLines(mode: StickyModeResult, style: TextStyle, width: number): readonly string[] {
  const told: string[] = [];
  for (const cause of new Set(mode.causes.map((one) => one.cause))) {
    const steps = mode.causes.filter((one) => one.cause === cause);
    const count = steps.reduce((sum, one) => sum + one.count, 0);
    const where = steps.map((one) => `${one.count} at ${one.step}`).join(', ');
    told.push(`${count} broke: ${causeWords[cause]} (${where})`);
  }
  const [first] = mode.breaks;
  if (first !== undefined) {
    const from = first.source === null ? '' : ` from ${first.source}`;
    told.push(
      `the first: client ${first.client}${from}, opened on ${first.home ?? '?'}, answered by ${first.answered ?? '?'}: ${first.text}`,
    );
  }
  if (mode.role === 'subject' && mode.skew.sockets.perNode.some(({ amount }) => amount > 0)) {
    told.push(`per node ${mode.nodes.join(', ')}`);
    told.push(
      `WebSocket time ${spreadWords(mode.skew.sockets, secondsOf)}; messages ${spreadWords(mode.skew.messages, String)}`,
    );
  }
  if (mode.oracle !== null) {
    told.push(
      `${mode.oracle.right} of ${mode.oracle.predicted} nodes were as nginx's hash foretells` +
        mode.oracle.misses
          .slice(0, 3)
          .map(({ source, predicted, real }) => `; ${source}: ${predicted} foretold, ${real} seen`)
          .join(''),
    );
  }
  if (mode.withoutCookies !== null) {
    const { broken, astray, sessions } = mode.withoutCookies;
    const fits = isEnoughAstray(astray, sessions, mode.nodes.length);
    told.push(
      `without the cookie ${broken} of ${sessions} sessions broke${fits ? ', as they must' : ''}`,
    );
  }
  if (mode.loss !== null) told.push(lossWords(mode.loss));
  told.push(...changeLines(mode.changes));
  told.push(...mode.findings.map(({ text }) => text));
  if (told.length === 0) return [];
  const title = `${mode.mode}${mode.role === 'control' ? ' (control)' : ''}`;
  return [
    '',
    paint(style, 'strong', title),
    ...told.flatMap((text) =>
      wrapWords(plainText(text), width - 3).map((line, at) => `${at === 0 ? ' ' : '   '}${line}`),
    ),
  ];
}

/** One line for all that moved nobody, one for each that did, and one for those nobody could tell of. */
function changeLines(changes: readonly StickyChangeResult[]): readonly string[] {
  const told = Map.groupBy(changes, ({ sessions, moved, sockets, socketsMoved }) =>
    moved > 0 || socketsMoved > 0 ? 'moved' : sessions + sockets > 0 ? 'calm' : 'unseen',
  );
  const together = (kind: 'calm' | 'unseen', what: string): readonly string[] => {
    const own = told.get(kind) ?? [];
    return own.length === 0 ? [] : [`${own.map(changeWords).join(', ')}: ${what}`];
  };
  return [
    ...together('calm', 'every open session and WebSocket of other nodes stayed'),
    ...together('unseen', 'no session of another node was open'),
    ...(told.get('moved') ?? []).map((change) => {
      const { sessions, moved, sockets, socketsMoved } = change;
      return `${changeWords(change)}: ${sessions - moved} of ${sessions} open sessions and ${sockets - socketsMoved} of ${sockets} WebSockets of other nodes stayed`;
    }),
  ];
}

function lossWords(loss: StickyLossResult): string {
  const { victim, survivors, survivorsMoved, socketsMoved, orphans, orphansBack, movedTo } = loss;
  const went = movedTo.perNode.map(({ node, amount }) => `${amount} to ${node}`).join(', ');
  const where = movedTo.perNode.some(({ amount }) => amount > 0) ? ` (${went})` : '';
  const stayed = `${survivors - survivorsMoved} of ${survivors} clients of other nodes stayed`;
  const sockets = socketsMoved === 0 ? '' : `, ${socketsMoved} WebSockets of theirs did not`;
  return `killed ${victim}: ${stayed}${sockets}; ${orphansBack} of its ${orphans} moved once${where}`;
}

const causeWords = {
  'no-stickiness': 'another node got the request; nothing holds a session to its node',
  'cookie-dropped': 'the cookie that names the node did not come back (withCredentials is missing)',
  'silent-retry': 'the proxy tried another node without a word',
  'dead-slot': "the session's node is gone, or no node is left for it",
  'upgrade-headers': 'the upgrade arrived as a plain request (Upgrade headers are missing)',
  'session-lost': 'the node that made the session no longer knows it',
  'identity-disagrees': 'header, application and proxy name different nodes',
  refused: 'the server let the client not in',
  connection: 'the connection failed',
} as const;

function spreadWords(skew: Skew, tell: (amount: number) => string): string {
  const amounts = skew.perNode.map(({ amount }) => tell(amount)).join('/');
  return `${amounts} (CV ${skew.cv.toFixed(2)}, max/mean ${skew.maxOverMean.toFixed(2)}, Jain ${skew.jain.toFixed(3)}, p ${pText(skew.p)})`;
}

function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}

function remedyLines(
  { remedies, modes }: StickyDocument,
  style: TextStyle,
  width: number,
): readonly string[] {
  const refused = modes.flatMap((mode) =>
    mode.verdict === 'refused' ? note(`${mode.mode}: ${mode.why}`, style, width) : [],
  );
  return [
    ...refused,
    ...remedies.flatMap(({ what, lines }) => [
      '',
      ...wrapWords(plainText(`To mend it: ${what}`), width).map((line) =>
        paint(style, 'strong', line),
      ),
      ...lines.map((line) => `    ${withoutControls(line)}`),
    ]),
  ];
}

function note(text: string, style: TextStyle, width: number): readonly string[] {
  return wrapWords(plainText(text), width - 3).map((line, at) =>
    paint(style, 'dim', `${at === 0 ? ` ${symbolsOf(style).warn} ` : '   '}${line}`),
  );
}
