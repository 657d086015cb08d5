/** Lints the published schema, as the gateway would serve it. Needs no build, no server and no network. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { isMain, withModules } from './modules.mjs';

const RULES = {
  // Off, because the paths of the API end in a slash.
  'no-server-trailing-slash': 'off',
  'no-path-trailing-slash': 'off',
  // Off, because clients expect that `component`, the discriminator of a union, is optional.
  'no-illogical-composition-keywords': 'off',
  // Off, because an operation has a description of one sentence, so it needs no summary.
  'operation-summary': 'off',
};

/** Returns what the linter finds, a line for each problem. */
export async function checkOpenapi(load) {
  const { GatewayModule } = await load('apps/gateway/src/gateway.module.ts');
  const problems = await lintFromString({
    source: JSON.stringify(GatewayModule.document()),
    absoluteRef: 'openapi.json',
    config: await createConfig({ extends: ['recommended-strict'], rules: RULES }),
  });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`);
}

if (isMain(import.meta.url)) {
  const problems = await withModules(checkOpenapi);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
