/** A file that somebody reads at any moment, and whose old text must be had again: in one step each. */
import { copyFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';

/** The file has the new text, or the old one, and never half of it. */
export function replaceFile(path: string, text: string): void {
  const beside = `${path}.new`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}

/**
 * Copies the file to `backup`, from where a `restore` of the journal moves it back. What is there
 * already is the good one, and is kept: over it would go what was made of it.
 */
export function backUp(path: string, backup: string): void {
  if (existsSync(backup)) return;
  const beside = `${backup}.new`;
  copyFileSync(path, beside);
  renameSync(beside, backup);
}
