export * from './blueprint-harness.js';
