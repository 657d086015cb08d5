export { BlueprintError } from './blueprint-error.js';
export * from './migrations/index.js';
export { formatReport, type Report } from './report.js';
export { applyBlueprints } from './typeorm-blueprints.js';
