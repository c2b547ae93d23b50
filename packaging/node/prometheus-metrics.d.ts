import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

/** A request as Express hands it on; any framework's that has Node's underneath. */
export type Next = (error?: unknown) => void;
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void;
export type ErrorMiddleware = (error: unknown, req: IncomingMessage, res: ServerResponse, next: Next) => void;
export type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

export interface MetricsOptions {
  /** Where the series are; one of its own by default. */
  registry?: Registry;
  /** Those of prom-client on the process (true). */
  defaultMetrics?: boolean;
  /** Upper bounds of http_request_duration_seconds, in seconds. */
  durationBuckets?: number[];
  /** Upper bounds of db_query_duration_seconds, in seconds. */
  queryBuckets?: number[];
  /** Most values of a label; all further ones are `other` (200). */
  maxLabelValues?: number;
}

export interface PoolState {
  used: number;
  max: number;
  waiting?: number;
}

export interface CheckResult {
  up: boolean;
  seconds: number;
  /** The code or the name of what it failed with. */
  error?: string;
}

export interface Metrics {
  registry: Registry;
  middleware(): Middleware;
  watchServer<S extends Server>(server: S): S;
  timeQuery<T>(operation: string, query: () => T | Promise<T>): Promise<T>;
  watchPool(read: () => PoolState): void;
  cacheHit(cache: string): void;
  cacheMiss(cache: string): void;
  watchCache(cache: string, size: () => number): void;
  timelineCreated(): void;
  timelineUpdated(): void;
  timelineDeleted(): void;
  classCreated(): void;
  classUpdated(): void;
  classDeleted(): void;
  eventScheduled(type: string): void;
  validationError(field: string): void;
  recordError(error: unknown, type?: string): void;
  errorHandler(): ErrorMiddleware;
  addCheck(name: string, check: () => unknown, options?: { timeoutSeconds?: number }): void;
  checkHealth(): Promise<Record<string, CheckResult>>;
  health(): Handler;
  handler(): Handler;
}

export function createMetrics(options?: MetricsOptions): Metrics;
/** The route of requests that no route took. */
export const UNMATCHED: '(unmatched)';
/** Stands for what a label has no room for. */
export const OTHER: 'other';
