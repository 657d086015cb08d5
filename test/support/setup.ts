import 'reflect-metadata';
// A module of its own: this file is evaluated again for each test file, an imported module is not.
import './orphaned-worker.js';
