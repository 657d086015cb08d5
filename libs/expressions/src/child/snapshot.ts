/** The program that writes down, at build time, what Python has in memory once it has read all that it needs. */
import { writeFileSync } from 'node:fs';
import { forbidSuspension } from './boundary.js';
import { giveSources, loadUntaught, teach } from './python-loader.js';

const [packageFolder = '', sourceFolder = '', target = ''] = process.argv.slice(2);

forbidSuspension();
const pyodide = await loadUntaught(packageFolder);
giveSources(pyodide, sourceFolder);
teach(pyodide);
writeFileSync(target, pyodide.makeMemorySnapshot());
