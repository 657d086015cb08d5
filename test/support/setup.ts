import 'reflect-metadata';
// In a separate module, because Vitest evaluates this file for each test file, but an imported module only once.
import './orphaned-worker.js';
