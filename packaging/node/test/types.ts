// Is compiled by types.test.js, and never run: what is offered has the types that it says.
import { createServer } from 'node:http';
import { createLogger, createMetrics, LogchuteTransport, requestLogger } from 'logchute-timetable';
import type { ShipperStats } from 'logchute-timetable/logger';
import { OTHER, UNMATCHED } from 'logchute-timetable/prometheus-metrics';
import * as winston from 'winston';

const metrics = createMetrics({ defaultMetrics: false, durationBuckets: [0.1, 1], maxLabelValues: 10 });
const logger = createLogger({ service: 'timetable', level: 'debug', console: false, port: 5000 });
const server = metrics.watchServer(createServer((req, res) => {
  metrics.middleware()(req, res, () => requestLogger(logger)(req, res, () => { void metrics.handler()(req, res); }));
}));
const rows: Promise<number[]> = metrics.timeQuery('select', async () => [1]);
metrics.watchPool(() => ({ used: 1, max: 10 }));
metrics.addCheck('database', () => true, { timeoutSeconds: 1 });
metrics.errorHandler()(new Error('x'), {} as never, {} as never, () => {});
const names: string[] = [UNMATCHED, OTHER];
const stats: Promise<ShipperStats> = logger.shutdown();
const other = winston.createLogger({ transports: [new LogchuteTransport({ port: 5000, level: 'info' })] });
logger.logchute.flush(1).then((left: number) => other.info('left', { left }));
// @ts-expect-error: there is no such option
createLogger({ prot: 5000 });
// @ts-expect-error: max is missing
metrics.watchPool(() => ({ used: 1 }));
export { server, rows, names, stats };
