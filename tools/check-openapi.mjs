/** Lints the published schemas, as the gateway would serve them. Needs no build, no server and no network. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { isMain, withModules } from './modules.mjs';

/** The module that `checkOpenapi` loads. */
export const GATEWAY_MODULE = 'apps/gateway/src/gateway.module.ts';

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
  const { GatewayModule } = await load(GATEWAY_MODULE);
  const config = await createConfig({ extends: ['recommended-strict'], rules: RULES });
  const problems = [];
  for (const view of ['2024.8', '2026.8', 'complete']) {
    const source = JSON.stringify(GatewayModule.document(view));
    for (const { ruleId, message, location } of await lintFromString({ source, absoluteRef: 'openapi.json', config }))
      problems.push(`${view}: ${ruleId}: ${message} (${location[0]?.pointer})`);
  }
  return problems;
}

if (isMain(import.meta.url)) {
  const problems = await withModules([GATEWAY_MODULE], checkOpenapi);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
