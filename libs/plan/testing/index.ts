export * from './flow-version.js';
