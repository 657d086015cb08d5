export * from './test-contracts.js';
