export * from './logger';
export * from './prometheus-metrics';
