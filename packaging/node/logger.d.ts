import type { IncomingMessage, ServerResponse } from 'node:http';
import * as winston from 'winston';
import TransportStream = require('winston-transport'); // winston's own

export interface ShipperOptions {
  /** 127.0.0.1; createLogger takes LOGCHUTE_HOST first. */
  host?: string;
  /** 5000; createLogger takes LOGCHUTE_PORT first. */
  port?: number;
  /** Most bytes of lines that are kept (16 MiB); then the oldest go, and are counted. */
  maxBufferBytes?: number;
  /** Most bytes that are sent again after a connection broke (1 MiB). */
  resendBytes?: number;
  /** How far back that goes (10). */
  resendSeconds?: number;
  /** The first pause between two tries to connect (100), twice as long each time. */
  minBackoffMs?: number;
  /** The longest one (5000). */
  maxBackoffMs?: number;
  /** How long flush() and the end wait (5). */
  flushSeconds?: number;
  /** Is told once for each outage; writes to stderr by default. */
  onProblem?: (error: Error) => void;
}

export interface LoggerOptions extends ShipperOptions {
  /** service.name (timetable). */
  service?: string;
  /** LOG_LEVEL, or info. */
  level?: 'error' | 'warn' | 'info' | 'http' | 'verbose' | 'debug' | 'silly';
  /** Texts on standard output too; unless NODE_ENV is production. */
  console?: boolean;
  /** Logs and sends what nobody caught before the process ends (true). */
  handleCrashes?: boolean;
  /** Longest record (1 MiB); of a longer one only the start of its message is sent. */
  maxRecordBytes?: number;
}

export interface ShipperStats {
  sent: number;
  resent: number;
  dropped: number;
  connections: number;
  isConnected: boolean;
  waiting: number;
  bufferedBytes: number;
}

export class LogchuteTransport extends TransportStream {
  constructor(options?: ShipperOptions & TransportStream.TransportStreamOptions);
  stats(): ShipperStats;
  flush(seconds?: number): Promise<number>;
}

export interface TimetableLogger extends winston.Logger {
  logchute: LogchuteTransport;
  /** Sends what is left and ends the logger. */
  shutdown(): Promise<ShipperStats>;
}

export function createLogger(options?: LoggerOptions): TimetableLogger;
export function requestLogger(logger: winston.Logger):
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
