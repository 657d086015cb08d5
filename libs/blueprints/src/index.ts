export { BlueprintError } from './blueprint-error.js';
export { exportFlow } from './export/typeorm-export.js';
export type { ExternalStages } from './external-stage-collection.js';
export { type BlueprintFile, type BlueprintLibrary, type FolderFile, findBlueprint, isAutoApplied } from './library.js';
export { checkBlueprints } from './lint/check-blueprints.js';
export { formatFindings } from './lint/finding.js';
export * from './migrations/index.js';
export type { PythonSyntaxChecker } from './python-collection.js';
export { formatReport, type Report } from './report.js';

export { applyBlueprints } from './typeorm-blueprints.js';
