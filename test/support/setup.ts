import 'reflect-metadata';
// Listens for the end of the test run. It is a separate module, because Vitest evaluates this file for each test file of
// the worker, but an imported module only once.
import './orphaned-worker.js';
