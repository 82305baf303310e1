/** The exporter's process: `node exporter-main.ts <config file>`. Runs until SIGTERM. */
import { readFileSync } from 'node:fs';

import type { ExporterConfig } from '../topology/exporter-config.ts';
import { openExporter } from './exporter.ts';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('give the file with what is to be exported');

// Written by the plan of this very version, for its owner only.
const config = JSON.parse(readFileSync(file, 'utf8')) as ExporterConfig;
const exporter = await openExporter(config);

process.once('SIGTERM', () => {
  void exporter.close().then(() => process.exit(0));
});
