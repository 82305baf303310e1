/** Everything that can be typed wrong: a clear error, the right exit code, nothing started. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { newHome } from './testing/rtops.ts';

const scenario = (lines: string): string => `name: mine\nstages: ['2s:10']\n${lines}\n`;

type Row = {
  readonly why: string;
  readonly file?: string;
  readonly args: readonly string[];
  readonly code: number;
  /** Every one of these is in the error. */
  readonly says: readonly (string | RegExp)[];
};

const rows: readonly Row[] = [
  {
    why: 'an unknown key names its place and the nearest key',
    file: scenario('payloda: 128B'),
    args: ['bench', './mine.yaml'],
    code: 104,
    says: [/mine\.yaml:3:1/, 'payloda', 'payload'],
  },
  {
    why: 'a wrong unit says what was expected',
    file: scenario('drain: 5 parsecs'),
    args: ['bench', './mine.yaml'],
    code: 104,
    says: [/mine\.yaml:3/, 'parsecs'],
  },
  {
    why: 'a threshold on a metric that does not exist names the nearest',
    args: ['bench', '--threshold', 'chat.akc p95 < 30ms'],
    code: 2,
    says: ['chat.akc', 'chat.ack'],
  },
  {
    why: 'a run folder where none can be made',
    args: ['bench', '--run-dir', '/proc/foo/run'],
    code: 120,
    says: ['cannot write /proc/foo/run', /(ENOENT|EACCES).*\/proc\/foo'/, '--run-dir'],
  },
  { why: 'no users is no test', args: ['bench', '-u', '0'], code: 2, says: ['0'] },
  {
    why: 'a file that is not there',
    args: ['bench', './nowhere.yaml'],
    code: 104,
    says: ['nowhere.yaml'],
  },
  {
    why: 'a misspelt shipped scenario names the nearest',
    args: ['bench', 'chat-100'],
    code: 104,
    says: ['chat-100', 'chat-1000'],
  },
  {
    why: 'a stage of zero length in a file',
    file: `name: mine\nstages: ['0s:10']\n`,
    args: ['bench', './mine.yaml'],
    code: 104,
    says: [/mine\.yaml:2/, '0s'],
  },
  {
    why: 'a stage of zero length on the command line',
    args: ['bench', '--stage', '0s:10'],
    code: 2,
    says: ['0s:10'],
  },
  {
    why: 'an unset variable names itself and its place',
    file: scenario('description: ${NOBODY_SET_THIS}'),
    args: ['bench', './mine.yaml'],
    code: 104,
    says: ['NOBODY_SET_THIS', /mine\.yaml:3/],
  },
  {
    why: 'nobody listens on the port',
    args: ['bench', '--url', 'http://127.0.0.1:9'],
    code: 121,
    says: ['127.0.0.1:9', 'does not answer'],
  },
  {
    why: 'another machine is never loaded by a slip',
    args: ['bench', '--url', 'http://192.0.2.1:80'],
    code: 2,
    says: ['--allow-host 192.0.2.1'],
  },
  { why: 'an unknown flag', args: ['bench', '--user', '3'], code: 2, says: ['--user'] },
  { why: 'an unknown command', args: ['bnech'], code: 2, says: ['bench'] },
  {
    why: 'a setting that does not exist names the nearest',
    args: ['bench', '--set', 'ws.cuont=4'],
    code: 2,
    says: ['ws.cuont', '"count"'],
  },
  ...['99999', '65536', '0', '-1', 'abc', ''].map((port) => ({
    why: `${JSON.stringify(port)} is no port`,
    args: ['up', 'single', '--port', port],
    code: 2,
    says: ['--port', `'${port}'`, '65535'],
  })),
  {
    why: 'a folder is not a scenario, and no nonsense path is suggested',
    args: ['bench', '.'],
    code: 104,
    says: ['the scenario file . cannot be read: it is a folder'],
  },
  {
    why: 'no stages at all',
    file: 'name: mine\nstages: []\n',
    args: ['bench', './mine.yaml'],
    code: 104,
    says: [/mine\.yaml:2/, 'stages is empty; expected at least one stage'],
  },
  {
    why: 'a share without its unit',
    args: ['bench', '--threshold', 'errors < 0.01'],
    code: 2,
    says: ['"0.01" needs a unit: %, such as 1%'],
  },
  { why: 'an unknown topology', args: ['up', 'scald'], code: 104, says: ['scald', 'scaled'] },
  {
    why: 'a reporter that does not exist',
    args: ['bench', '--reporter', 'pretty'],
    code: 2,
    says: ['pretty', 'plain'],
  },
  { why: 'a report where no run is', args: ['report'], code: 104, says: ['run'] },
  { why: 'a verification where no run is', args: ['verify'], code: 104, says: ['run'] },
];

describe('bad input is refused before anything starts', () => {
  test.each(rows)('$why', async ({ file, args, code, says }) => {
    const home = newHome();
    if (file !== undefined) writeFileSync(join(home.dir, 'mine.yaml'), file);
    const ended = await home.run(...args);
    expect(ended.stderr).not.toContain('internal error');
    for (const part of says) expect(ended.stderr).toMatch(part);
    expect(ended.code).toBe(code);
    const runs = join(home.dir, '.rtops', 'runs');
    expect(existsSync(runs) ? readdirSync(runs) : [], 'run folders').toEqual([]);
  });

  test('a value that came from the environment is never printed', async () => {
    const home = newHome({ HIDDEN: 'swordfish' });
    writeFileSync(join(home.dir, 'mine.yaml'), scenario('drain: ${HIDDEN}'));
    const ended = await home.run('bench', './mine.yaml');
    expect(ended.code).toBe(104);
    expect(ended.stdout + ended.stderr).not.toContain('swordfish');
  });
});
