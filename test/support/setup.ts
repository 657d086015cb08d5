import 'reflect-metadata';
// By itself, because this file is read anew for each test file, and what it imports is not.
import './orphaned-worker.js';
