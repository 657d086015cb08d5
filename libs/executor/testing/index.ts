export * from './executor-harness.js';
export * from './fake-policy-client.js';
export * from './fake-stage-client.js';
export * from './in-memory-brand-store.js';
export * from './in-memory-session-binding-store.js';
export * from './in-memory-stores.js';
export * from './test-contract-registry.js';
export * from './test-flow.js';
