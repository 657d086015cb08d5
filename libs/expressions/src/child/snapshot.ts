/** The program that writes down, at build time, what Python has in memory once it has read all that it needs. */
import { writeFileSync } from 'node:fs';
import { disableSuspension } from './import-guard.js';
import { loadFresh, preloadModules, writeSources } from './python-loader.js';

const [packageFolder = '', sourceFolder = '', target = ''] = process.argv.slice(2);

disableSuspension();
const pyodide = await loadFresh(packageFolder);
writeSources(pyodide, sourceFolder);
preloadModules(pyodide);
writeFileSync(target, pyodide.makeMemorySnapshot());
