/** Lints the published schema, as the gateway would serve it. Needs no build, no server and no network. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { runnerImport } from 'vite';

const RULES = {
  // Off, because the paths of the API end in a slash.
  'no-server-trailing-slash': 'off',
  'no-path-trailing-slash': 'off',
  // Off, because clients expect that `component`, the discriminator of a union, is optional.
  'no-illogical-composition-keywords': 'off',
  // Off, because an operation has a description of one sentence, so it needs no summary.
  'operation-summary': 'off',
};

const { module } = await runnerImport('./apps/gateway/src/gateway.module.ts', {
  resolve: { tsconfigPaths: true },
  logLevel: 'error',
});
const problems = await lintFromString({
  source: JSON.stringify(module.GatewayModule.document()),
  absoluteRef: 'openapi.json',
  config: await createConfig({ extends: ['recommended-strict'], rules: RULES }),
});
for (const { ruleId, message, location } of problems) console.log(`${ruleId}: ${message} (${location[0]?.pointer})`);
process.exitCode = problems.length > 0 ? 1 : 0;
