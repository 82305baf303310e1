/** Which nginx a binary is. */
import { execa } from 'execa';

/** `1.22.1`, say; `undefined` when it would not tell. */
export async function nginxVersion(binary: string): Promise<string | undefined> {
  const said = await execa(binary, ['-v'], {
    reject: false,
    timeout: 5000,
    all: true,
    stdin: 'ignore',
  });
  return /nginx\/(\d+\.\d+\.\d+)/.exec(said.all ?? '')?.[1];
}
