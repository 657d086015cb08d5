export * from './login-harness.js';
