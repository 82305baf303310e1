/** `node server/main.ts`: one node of the reference server, set up by its environment. */
import { ConfigError, parseConfig, type Config } from './config.ts';
import { createLogger } from './logger.ts';
import { startServer } from './server.ts';

const exitBadConfig = 2;

function configOrExit(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`rtops server: ${error.message}\n`);
    process.exit(exitBadConfig);
  }
}

const config = configOrExit();
const logger = createLogger(config);
// The latest cause of death is worth a line before Node ends the process.
process.on('uncaughtExceptionMonitor', (error) => logger.fatal({ err: error }, 'uncaught'));

try {
  const server = await startServer(config, logger);
  const { role, host } = config;
  logger.info({ role, host, port: server.port, metricsPort: server.metricsPort }, 'listening');
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'draining');
    server.drain().then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  logger.fatal({ err: error }, 'could not start');
  process.exitCode = 1;
  process.exit();
}
