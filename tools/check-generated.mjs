/**
 * `docs:check`, `check:openapi` and `check:surface` in one process. Most of their CPU time is the loading of the code, which happens once
 * here.
 */
import { checkOpenapi, GATEWAY_MODULE } from './check-openapi.mjs';
import { checkDocs, DOCS_MODULES } from './docs.mjs';
import { withModules } from './modules.mjs';
import { checkStableSurface, SURFACE_MODULES } from './stable-surface.mjs';

const problems = await withModules([...DOCS_MODULES, GATEWAY_MODULE, ...SURFACE_MODULES], async (load) => [
  ...(await checkDocs(load)),
  ...(await checkOpenapi(load)),
  ...(await checkStableSurface(load)),
]);
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
