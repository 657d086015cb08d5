/** Build program that writes a snapshot of Python's memory after all modules were imported. */
import { writeFileSync } from 'node:fs';
import { disableSuspension } from './import-guard.js';
import { MemoryImage } from './memory-image.js';
import { loadFresh, preloadModules, writeSources } from './python-loader.js';

const [packageFolder = '', sourceFolder = '', target = ''] = process.argv.slice(2);

disableSuspension();
const pyodide = await loadFresh(packageFolder);
writeSources(pyodide, sourceFolder);
preloadModules(pyodide);
writeFileSync(target, MemoryImage.of(pyodide.makeMemorySnapshot()).encode());
