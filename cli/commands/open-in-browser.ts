/** Shows a page to the person at the desktop. */
import { spawn } from 'node:child_process';

import type { World } from '../world.ts';

/** A file or an address. `false` where there is no desktop, or its opener cannot be started. */
export async function openInBrowser(world: World, place: string): Promise<boolean> {
  const isMac = process.platform === 'darwin';
  const hasDesktop =
    isMac || Boolean(world.env['DISPLAY']) || Boolean(world.env['WAYLAND_DISPLAY']);
  if (!hasDesktop) return false;
  return new Promise((done) => {
    const child = spawn(isMac ? 'open' : 'xdg-open', [place], {
      detached: true,
      stdio: 'ignore',
      env: { ...world.env },
    });
    child.once('error', () => done(false));
    child.once('spawn', () => {
      // The browser outlives this command.
      child.unref();
      done(true);
    });
  });
}
